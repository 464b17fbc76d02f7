"""`rp-mw console`: a place of work in the browser, on this machine alone."""

from __future__ import annotations

import argparse
import getpass
import os
import socket
import threading
from pathlib import Path
from urllib.parse import quote

from rp_mw_ops.environment import LOCAL, add_environment_argument
from rp_mw_ops.errors import UsageError
from rp_mw_ops.printing import write_lines
from rp_mw_shared.clock import SystemClock

DEFAULT_PORT = 8642
TICKET_VARIABLE = "RP_MW_TICKET_URL"
DEFAULT_REPORTS = Path("build/eval")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds --env, --port, --read-only and where tickets and reports are."""
    add_environment_argument(parser)
    port_help = f"port on this machine (default {DEFAULT_PORT}, 0 for a free one)"
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help=port_help)
    parser.add_argument("--read-only", action="store_true", help="nothing can be changed from it")
    ticket_help = f"the helpdesk's page of a ticket, with {{id}} (default: what {TICKET_VARIABLE} says)"
    parser.add_argument("--ticket-url", default=os.environ.get(TICKET_VARIABLE), metavar="URL", help=ticket_help)
    reports_help = f"folder with results of `rp-mw eval --json` (default {DEFAULT_REPORTS})"
    parser.add_argument("--reports", type=Path, default=DEFAULT_REPORTS, metavar="DIR", help=reports_help)


def run(args: argparse.Namespace) -> int:
    """Serves until interrupted; the environment need not run yet."""
    import uvicorn

    from rp_mw_ops.console.app import Console, build_app
    from rp_mw_ops.console.feed import Feed
    from rp_mw_ops.console.guard import Access
    from rp_mw_ops.console.sources import environment_source

    listener = listen(args.port)
    require, clock = environment_source(args.env), SystemClock()
    feed = Feed(require, clock, is_local=args.env == LOCAL)
    access = Access(listener.getsockname()[1])
    console = Console(
        environment=args.env,
        require_environment=require,
        feed=feed,
        access=access,
        clock=clock,
        who=getpass.getuser(),
        is_read_only=args.read_only,
        ticket_url=args.ticket_url,
        reports=args.reports,
    )
    config = uvicorn.Config(build_app(console), log_level="critical", access_log=False, timeout_graceful_shutdown=1)
    write_lines(f"{args.env} at {access.url}?key={quote(access.key)}", "for this machine only; Ctrl-C ends it")
    is_ended = threading.Event()
    reading = threading.Thread(target=feed.run, args=(is_ended,), daemon=True)
    reading.start()
    try:
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        is_ended.set()
    return 0


def listen(port: int) -> socket.socket:
    """Return a socket that listens on this machine's loopback; raises UsageError when the port cannot be had."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
    except (OSError, OverflowError) as error:
        listener.close()
        raise UsageError(f"port {port} cannot be used ({error}): choose another with --port") from error
    return listener
