"""`rp-mw report`: what was done in a day or a week, with each figure's definition; as text, page, JSON or CSV.

It adds the rows up anew: what was read back a minute ago is in it. Exit codes: 0 told, also when nothing happened.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from rp_mw_ops.audit_trail import note_if_off
from rp_mw_ops.environment import (
    Environment,
    add_confirm_argument,
    add_environment_argument,
    announce,
    open_environment,
    require_confirmation,
    with_where,
)
from rp_mw_ops.errors import UsageError
from rp_mw_ops.figures.measures import load_measures
from rp_mw_ops.figures.period import days_until, find_day, load_days
from rp_mw_ops.finding import open_days
from rp_mw_ops.printing import write_json, write_lines
from rp_mw_ops.progress import still_at_it
from rp_mw_ops.report.formats import to_csv, to_html, to_json, to_text
from rp_mw_ops.report.lines import Line, to_report_lines
from rp_mw_ops.report.topic import publish
from rp_mw_shared.clock import SystemClock
from rp_mw_shared.times import MS_PER_DAY, parse_iso_ms
from rp_mw_worker.policy.loader import load_policy

DAYS = {"day": 1, "week": 7}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the period and where the report goes."""
    add_environment_argument(parser)
    add_confirm_argument(parser)
    parser.add_argument("period", nargs="?", choices=tuple(DAYS), default="day", help="a day (default) or seven days")
    parser.add_argument(
        "--until",
        metavar="DAY",
        default="yesterday",
        help="the last day: yesterday (default), today or 2026-11-29 (UTC)",
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page that loads nothing")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write every figure as CSV")
    parser.add_argument("--publish", action="store_true", help="send the text to the environment's alarm topic")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(args: argparse.Namespace) -> int:
    """Tells the report in each form that is asked for."""
    now = SystemClock().now_epoch_ms()
    last, environment = find_day(args.until, now), open_environment(args.env)
    announce(environment, args)
    if args.publish:
        require_confirmation(environment, args, "publishing a report")
    note_if_off(environment, args)
    names = days_until(last, DAYS[args.period])
    with still_at_it("adding up"):
        lines = load_lines(environment, names, now)
    title = to_title(environment, names)
    _write(args.html, to_html(title, lines))
    _write(args.csv, to_csv(lines))
    if args.publish:
        publish(environment, f"rp-mw {environment.name}: {args.period} to {last}", "\n".join(to_text(title, lines)))
    if args.json:
        write_json(with_where(environment, to_json(names[0], names[-1], lines)))
    else:
        write_lines(*to_text(title, lines))
    return 0


def load_lines(environment: Environment, names: list[str], now: int) -> list[Line]:
    """Return the report's lines of the UTC days `names`; `now` is epoch milliseconds. Raises TransientError."""
    until = min(now, parse_iso_ms(names[-1]) + MS_PER_DAY)
    days = load_days(open_days(environment, for_many=True), names, now, from_rows=True)
    rules = load_policy().template_rules
    acknowledgements = {name for name, rule in rules.items() if rule.acknowledgement}
    return to_report_lines(days, load_measures(environment, parse_iso_ms(names[0]), until), now, acknowledgements)


def to_title(environment: Environment, names: list[str]) -> str:
    """Return what the report is of."""
    period = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
    return f"{environment.name}, {period} (UTC)"


def _write(path: Path | None, text: str) -> None:
    if path is None:
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror})") from None
