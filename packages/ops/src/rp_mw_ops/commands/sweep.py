"""`rp-mw sweep`: have the worker look for open tickets it never processed, and say how far it came."""

from __future__ import annotations

import argparse
import json
from typing import Any

from rp_mw_ops.environment import (
    LOCAL,
    Environment,
    add_confirm_argument,
    add_environment_argument,
    announce,
    open_environment,
    require_confirmation,
    with_where,
)
from rp_mw_ops.errors import OpsError
from rp_mw_ops.exit_codes import DONE, INCOMPLETE
from rp_mw_ops.printing import write_json, write_lines

SOURCE = "rp-mw.sweep"
_MEANINGS = {
    "finished": "every open ticket was looked at",
    "list_forbidden": "this account may not list tickets: only the webhook finds them",
    "paced": "as many were queued as Richpanel's budget can handle until the next sweep: that one goes on",
    "out_of_time": "the function's time ran out: sweep again",
    "more_pages": "there are more pages than one sweep reads: sweep again",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds --env, --confirm, --dry-run and --json."""
    add_environment_argument(parser)
    add_confirm_argument(parser)
    parser.add_argument("--dry-run", action="store_true", help="count, and queue nothing")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(args: argparse.Namespace) -> int:
    """Sweeps once; 0 when every open ticket was looked at or the next sweep goes on by itself, 3 when not."""
    environment = open_environment(args.env)
    announce(environment, args)
    return run_in(environment, args)


def run_in(environment: Environment, args: argparse.Namespace) -> int:
    """The same in an environment that is open already."""
    if not args.dry_run:
        require_confirmation(environment, args, "sweep")
    summary = _invoke(environment, is_dry_run=args.dry_run)
    if args.json:
        write_json(with_where(environment, summary))
    else:
        outcome = str(summary["outcome"])
        counts = "{listed} open tickets, {unprocessed} without our tag, {known} of them known, {queued} queued"
        write_lines(counts.format(**summary), _MEANINGS.get(outcome, f"stopped: {outcome}"))
        if "reading" in summary:
            write_lines(f"{summary['read_back']} closed tickets read back ({summary['reading']})")
    return DONE if summary["outcome"] in ("finished", "paced") else INCOMPLETE


def _invoke(environment: Environment, *, is_dry_run: bool) -> dict[str, Any]:
    qualifier = {} if environment.name == LOCAL else {"Qualifier": "live"}
    answer = environment.client("lambda").invoke(
        FunctionName=environment.topology.functions["worker"].name,
        Payload=json.dumps({"source": SOURCE, "dry_run": is_dry_run}).encode(),
        **qualifier,
    )
    body = json.loads(answer["Payload"].read() or b"{}")
    if "FunctionError" in answer or "outcome" not in body:
        raise OpsError("the worker could not sweep: its log says why (saved query `errors`)")
    summary: dict[str, Any] = body
    return summary
