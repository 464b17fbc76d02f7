"""`rp-mw stats`: what a period's events came to, with small plots, or as JSON."""

from __future__ import annotations

import argparse

from rp_mw_ops.environment import add_environment_argument, announce, open_environment, with_where
from rp_mw_ops.errors import UsageError
from rp_mw_ops.figures.period import find_day
from rp_mw_ops.figures.report import load_period, to_json, to_lines
from rp_mw_ops.printing import write_json, write_lines
from rp_mw_shared.clock import SystemClock
from rp_mw_worker.day_sums import KEPT_DAYS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the period and --json."""
    add_environment_argument(parser)
    parser.add_argument("--days", type=int, default=7, metavar="N", help=f"so many days, 1 to {KEPT_DAYS} (default 7)")
    parser.add_argument("--until", metavar="DAY", help="the last day: today (default), yesterday or 2026-11-29 (UTC)")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(args: argparse.Namespace) -> int:
    """Tells the period's figures; 0 also when nothing happened in it."""
    now = SystemClock().now_epoch_ms()
    if not 1 <= args.days <= KEPT_DAYS:
        raise UsageError(f"--days {args.days} is not between 1 and {KEPT_DAYS}: rows are kept for {KEPT_DAYS} days")
    last, environment = find_day(args.until or "today", now), open_environment(args.env)
    announce(environment, args)
    period = load_period(environment, args.days, now, last)
    if args.json:
        write_json(with_where(environment, to_json(period)))
    else:
        write_lines(*to_lines(period))
    return 0
