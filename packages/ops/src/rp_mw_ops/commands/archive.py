"""`rp-mw archive`: export the audit trail for longer keeping, and read an export back.

rp-mw archive export --env prod
rp-mw archive rows --env prod | rp-mw replay - --policy DIR
"""

from __future__ import annotations

import argparse
import json
import sys

from rp_mw_ops.archive import load_rows, start_export
from rp_mw_ops.environment import add_environment_argument, open_environment
from rp_mw_ops.printing import to_plain, write_lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what to do and where."""
    add_environment_argument(parser)
    parser.add_argument(
        "action",
        choices=("export", "rows"),
        help="export: ask DynamoDB for one; rows: print the newest one's rows as JSONL, for rp-mw replay -",
    )


def run(args: argparse.Namespace) -> int:
    """0 when asked or printed; raises NotFoundError where nothing was exported."""
    environment = open_environment(args.env)
    if args.action == "export":
        write_lines(f"asked for: {start_export(environment)} (rp-mw archive rows reads it in some minutes)")
        return 0
    for row in load_rows(environment):
        sys.stdout.write(json.dumps(row, sort_keys=True, default=to_plain) + "\n")
    return 0
