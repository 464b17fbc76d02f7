"""`rp-mw archive`: export the audit trail for longer keeping, and read an export back.

rp-mw archive export --env prod --confirm prod
rp-mw archive rows --env prod | rp-mw replay - --policy DIR
"""

from __future__ import annotations

import argparse
import json
import sys

from rp_mw_ops.archive import load_rows, start_export
from rp_mw_ops.environment import (
    Environment,
    add_confirm_argument,
    add_environment_argument,
    announce,
    open_environment,
    require_confirmation,
    with_where,
)
from rp_mw_ops.exit_codes import DONE
from rp_mw_ops.printing import to_plain, write_json, write_lines

EXPORT, ROWS = "export", "rows"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what to do and where."""
    add_environment_argument(parser)
    add_confirm_argument(parser)
    parser.add_argument(
        "action",
        choices=(EXPORT, ROWS),
        help="export: ask DynamoDB for one; rows: print the newest one's rows as JSONL, for rp-mw replay -",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """0 when asked or printed; raises NotFoundError where nothing was exported."""
    environment = open_environment(args.env)
    # the rows go to a program, line by line
    announce(environment, args, is_aside=args.action == ROWS)
    return run_in(environment, args)


def run_in(environment: Environment, args: argparse.Namespace) -> int:
    """The same in an environment that is open already."""
    return (_export if args.action == EXPORT else _print_rows)(environment, args)


def _export(environment: Environment, args: argparse.Namespace) -> int:
    require_confirmation(environment, args, "exporting the audit trail")
    arn = start_export(environment)
    if args.json:
        write_json(with_where(environment, {"export": arn}))
    else:
        write_lines(f"asked for: {arn} (rp-mw archive rows reads it in some minutes)")
    return DONE


def _print_rows(environment: Environment, args: argparse.Namespace) -> int:
    if args.json:
        write_json(with_where(environment, {"rows": list(load_rows(environment))}))
        return DONE
    for row in load_rows(environment):
        sys.stdout.write(json.dumps(row, sort_keys=True, default=to_plain) + "\n")
    return DONE
