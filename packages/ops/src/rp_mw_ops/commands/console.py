"""`rp-mw console`: a place of work in the browser, on this machine alone."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import threading
from pathlib import Path

from rp_mw_ops.environment import add_environment_argument
from rp_mw_ops.printing import write_lines

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
    from rp_mw_ops.console.serving import served
    from rp_mw_ops.console.sources import environment_source

    options = {"is_read_only": args.read_only, "ticket_url": args.ticket_url, "reports": args.reports}
    with served(args.env, environment_source(args.env), args.port, **options) as console:
        write_lines(f"{args.env} at {console.entrance}", "for this machine only; Ctrl-C ends it")
        sys.stdout.flush()  # whoever reads it through a pipe waits for the address
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
    return 0
