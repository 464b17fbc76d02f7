"""Bursts and a steady load through the real zips, several worker processes and the documented 50 calls in 30 s.

    python -m benchmarks.burst            this build and main b91bf19 beside it, clocks 6 times true time
    python -m benchmarks.burst --short    a burst of 25 at true time, this build only: for CI, about two minutes
    python -m benchmarks.burst --bursts 25,100 --baseline "" --clock-scale 1

A clock scale makes everything but the processors faster by the same factor: the vendor's window, the limiter, queues,
leases, waits. Figures are in the run's seconds. Exit code 1 when this build misses what it must reach.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.load.builds import Build, build_of, checked_out, this_build
from benchmarks.load.runs import BUDGET, PATIENCE_SECONDS, WORKERS, Bench, Steady, running
from benchmarks.load.tally import Tally
from benchmarks.load.verdict import Row, judge, to_table
from rp_mw_local.errors import LocalError
from rp_mw_local.functions.run_clock import RunClock
from tools.zips.layout import BuildError

BASELINE = "b91bf19"
FULL_SCALE = 6.0
# the second load at which benchmarks/capacity.py is held against the real zips
HEAVY = Steady(events_per_hour=2_700, minutes=5)
# a burst of 25 needs 42 s at 2.8 calls an event: CI does not wait for one that takes three times that
SHORT_PATIENCE = 50.0
BURSTS = (25, 100, 400)
CONCURRENCIES = (1, 2, 3, 4, 5, 8, 12, 13, 25, 50)
RESULTS = Path(__file__).resolve().parent / "results" / "burst.json"
Results = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, write the results of a whole run."""
    chosen = _parse(arguments)
    scale = 1.0 if chosen.short else chosen.clock_scale
    _say(f"burst: {WORKERS} worker processes, {BUDGET} calls in 30 s, {RunClock(scale)}")
    try:
        measured = {}
        with _builds(chosen) as builds:
            for build in builds:
                with running(build, scale, _say, SHORT_PATIENCE if chosen.short else PATIENCE_SECONDS) as bench:
                    measured[build.name] = _measure(bench, chosen)
    except (LocalError, BuildError) as error:
        _say(f"burst: {error}")
        return 2
    names = list(measured)
    rows = judge(measured[names[0]], measured[names[1]] if len(names) > 1 else None, scale)
    print(to_table(rows, names))
    if chosen.write:
        _write(scale, measured, rows)
    return 0 if all(row.is_kept for row in rows) else 1


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="burst", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--short", action="store_true", help="a burst of 25 at true time, this build only")
    parser.add_argument("--bursts", help="webhooks of each burst (default 25,100,400)")
    parser.add_argument("--revision", help="measure this revision instead of the checkout")
    parser.add_argument("--baseline", help=f"the revision to measure beside it, empty for none (default {BASELINE})")
    parser.add_argument("--clock-scale", type=float, default=FULL_SCALE, help="default %(default)g; 1 is true time")
    parser.add_argument("--minutes", type=float, help="of the steady load, 0 for none (default 10)")
    parser.add_argument("--concurrencies", help="for the message alone, empty for none")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}, which is kept")
    chosen = parser.parse_args(arguments)
    default_bursts = "25" if chosen.short else ",".join(map(str, BURSTS))
    chosen.bursts = _numbers(chosen.bursts if chosen.bursts is not None else default_bursts)
    if chosen.baseline is None:
        chosen.baseline = "" if chosen.short else BASELINE
    if chosen.minutes is None:
        chosen.minutes = 0.0 if chosen.short else 10.0
    default_alone = "" if chosen.short else ",".join(map(str, CONCURRENCIES))
    chosen.concurrencies = _numbers(chosen.concurrencies if chosen.concurrencies is not None else default_alone)
    return chosen


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part]


@contextlib.contextmanager
def _builds(chosen: argparse.Namespace) -> Iterator[list[Build]]:
    with contextlib.ExitStack() as stack:
        _say("burst: builds the zips")
        builds = [stack.enter_context(build_of(chosen.revision)) if chosen.revision else this_build()]
        if chosen.baseline:
            builds.append(stack.enter_context(build_of(chosen.baseline)))
        yield builds


def _measure(bench: Bench, chosen: argparse.Namespace) -> Results:
    bursts = {count: _told(bench, f"burst of {count}", bench.burst(count)) for count in chosen.bursts}
    found: Results = {"bursts": {str(count): one.to_json() for count, one in bursts.items()}}
    if chosen.minutes:
        bench.forget_ages()
        steady = _told(bench, "steady load", bench.steady(Steady(minutes=chosen.minutes)))
        found["steady"] = steady.to_json() | {"queue_age_p95": bench.age_p95()}
        heavy = _told(bench, "more than the budget feeds", bench.steady(HEAVY))
        found["heavy"] = heavy.to_json() | {"per_hour": HEAVY.events_per_hour, "minutes": HEAVY.minutes}
    if chosen.concurrencies:
        found["alone"] = {str(one): _alone(bench, one) for one in chosen.concurrencies}
    return found


def _alone(bench: Bench, concurrency: int) -> str:
    ended = bench.alone(concurrency)
    _say(f"{bench.build.name}: one message, concurrency {concurrency}: {ended}")
    return ended


def _told(bench: Bench, what: str, one: Tally) -> Tally:
    _say(f"{bench.build.name}: {what}: {json.dumps(one.to_json())}")
    return one


def _write(scale: float, measured: Results, rows: Sequence[Row]) -> None:
    content = {
        "commit": checked_out(),
        "clock_scale": scale,
        "load_average": [round(one, 1) for one in os.getloadavg()],
        "measured_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "builds": measured,
        "table": [row.to_json() for row in rows],
    }
    RESULTS.write_text(json.dumps(content, indent=1) + "\n", "utf-8")


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    raise SystemExit(main())
