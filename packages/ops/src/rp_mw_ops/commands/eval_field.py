"""`rp-mw eval-field FILE`: holds what is decided on real customers' and mail programs' messages against what is right.

FILE is JSONL: {"id", "kind", "input", "expected", "note"?}; `expected` is in words, and field_eval/expectations.yaml
says which checks they become. Rows that become none are listed by id. Exit code 1: a gate is broken.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from rp_mw_ops.eval.progress import with_progress
from rp_mw_ops.exit_codes import FINDING
from rp_mw_ops.field_eval.measure import Report, measure
from rp_mw_ops.field_eval.situations import FieldRow, to_row
from rp_mw_ops.jsonl import load_lines, numbered, parse_object
from rp_mw_ops.limits import find_broken, load_limits
from rp_mw_ops.printing import write_json, write_lines
from rp_mw_shared.errors import ConfigurationError
from rp_mw_worker.policy.loader import load_policy


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the file, the gates and how much to say."""
    parser.add_argument("file", type=Path, help="the labelled rows")
    parser.add_argument("--policy", type=Path, metavar="DIR", help="a policy directory instead of the shipped one")
    parser.add_argument("--gates", type=Path, help="a YAML file of limits by figure, such as eval-field.yaml")
    parser.add_argument("--kind", metavar="WORDS", help="only rows whose kind has these words")
    parser.add_argument(
        "--show-wrong", action="store_true", help="name every row that is wrong, with what does not hold"
    )
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(args: argparse.Namespace) -> int:
    """0 when measured and no gate is broken, 3 when one is."""
    rows = [row for row in load_rows(args.file) if args.kind is None or args.kind in row.kind]
    report = measure(with_progress(rows, "messages"), load_policy(args.policy))
    broken = find_broken(report.figures(), load_limits(args.gates)) if args.gates else []
    if args.json:
        kinds = {kind: dict(count) for kind, count in report.kinds.items()}
        write_json(
            {"figures": report.figures(), "kinds": kinds, "wrong": report.wrong, "by_hand": report.by_hand}
            | {"broken": broken}
        )
    else:
        write_lines(*_lines(report, show_wrong=args.show_wrong), *(f"BROKEN {line}" for line in broken))
    return FINDING if broken else 0


def load_rows(path: Path) -> list[FieldRow]:
    """Return the rows of a file. Raises ConfigurationError naming a line that is no row."""
    rows = []
    for number, line in numbered(load_lines(path)):
        try:
            rows.append(to_row(parse_object(line, number)))
        except KeyError as error:
            raise ConfigurationError([f"line {number}: {error.args[0]} is missing"]) from None
    return rows


def _lines(report: Report, *, show_wrong: bool) -> list[str]:
    kinds = sorted(report.kinds.items(), key=lambda item: (item[1]["held"] - item[1]["total"], item[0]))
    figures = report.figures().items()
    return [
        *(f"{count['held']:5} of {count['total']:5}  {kind}" for kind, count in kinds),
        "",
        *(f"{name:28} {one['share']:.4f}  ({one['found']} of {one['total']})" for name, one in figures),
        "",
        *(f"wrong: {row_id}: {', '.join(checks)}" for row_id, checks in (report.wrong.items() if show_wrong else ())),
        f"for a person to judge ({len(report.by_hand)}): {' '.join(report.by_hand)}",
    ]
