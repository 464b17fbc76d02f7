"""`rp-mw console`: a page in the browser that shows what the other commands tell, and changes nothing."""

from __future__ import annotations

import argparse

from rp_mw_ops.console.page import load_page
from rp_mw_ops.console.reader import Reader, environment_source
from rp_mw_ops.console.server import ConsoleServer
from rp_mw_ops.environment import add_environment_argument
from rp_mw_ops.printing import write_lines
from rp_mw_shared.clock import SystemClock

DEFAULT_PORT = 8642


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds --env and --port."""
    add_environment_argument(parser)
    parser.add_argument(
        "--port",
        type=int,
        default=DEFAULT_PORT,
        help=f"port on this machine (default {DEFAULT_PORT}, 0 for a free one)",
    )


def run(args: argparse.Namespace) -> int:
    """Serves until interrupted; the environment need not run yet."""
    reader = Reader(environment_source(args.env), SystemClock())
    with ConsoleServer(args.port, load_page(), reader) as server:
        write_lines(f"{args.env} at {server.url} (read-only, this machine only; Ctrl-C ends it)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            write_lines("")
    return 0
