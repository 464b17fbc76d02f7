"""Simulates the worker's queue: arrivals, groups, batches, deliveries, the vendor's budget and the waits for it.

    python -m benchmarks.capacity                    the cases of docs/capacity.md
    python -m benchmarks.capacity --times 50 --budget 500 --concurrency 20
    python -m benchmarks.capacity --check            beside the real zips at two loads (benchmarks/results/burst.json)

The model of one message is `benchmarks/load/model.py`. Seconds are simulated; figures are one seeded run each.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from benchmarks.load import crowd
from benchmarks.load.model import Arrival, Load, Outcome, System, arrivals, simulate

TODAY_PER_HOUR = 430
MOST_DIFFERENCE = 0.20
WAIT_OF_ONE_CALL = 10.0  # up to b91bf19 a call ended after so many seconds, whatever time the function had
KEPT = Path(__file__).resolve().parent / "results"
RESULTS, MEASURED = KEPT / "capacity.json", KEPT / "burst.json"
# what the real zips were held against: a burst by its number of webhooks, and the steady load
CHECKED_BURST = "100"
# between two calls of one event on this machine: DynamoDB, classifier and the simulated vendor's answer
LOCAL_SECONDS_A_CALL = 0.03
Results = dict[str, Any]


def scenarios() -> list[tuple[str, Load, System]]:
    """Return the cases of docs/capacity.md."""
    today = Load(TODAY_PER_HOUR, conversations=250)
    twice = replace(today, events_per_hour=TODAY_PER_HOUR * 2, conversations=500)
    ten = replace(today, events_per_hour=TODAY_PER_HOUR * 10, conversations=2500)
    thousand = replace(today, events_per_hour=TODAY_PER_HOUR * 1000, conversations=250_000, hours=0.25)
    base = System()
    more = replace(base, vendor_budget=700)
    shares = replace(base, has_shares=True, are_waits_failures=True, most_wait_seconds=WAIT_OF_ONE_CALL, batch_size=10)
    return [
        ("today's peak", today, base),
        ("today's peak, every message in five conversations", replace(today, conversations=5, skew=0.0), base),
        ("2 times", twice, base),
        ("2 times, with shares and waits that count, as up to b91bf19", twice, shares),
        ("4 times", replace(today, events_per_hour=TODAY_PER_HOUR * 4, conversations=1000), base),
        ("10 times, vendor budget as it is", ten, base),
        ("10 times, vendor budget 700 in 30 s", ten, more),
        ("10 times, that budget, 10 workers", ten, replace(more, concurrency=10)),
        (
            "1,000 times, 1,000 accounts each with its own budget, 400 workers",
            thousand,
            replace(base, vendor_budget=50_000, concurrency=400),
        ),
    ]


def burst(count: int) -> list[Arrival]:
    """The arrivals of a burst as `benchmarks.burst` posts it: the same kinds, all at the first second."""
    planned = crowd.plan(count, seed=count)
    return [Arrival(0.0, one.conversation, one.kind) for one in planned if one.kind != crowd.REPEAT]


def steady(per_hour: float, minutes: float, size: int = 3) -> list[Arrival]:
    """The arrivals of the steady load: bursts of `size` at even distances."""
    planned = crowd.plan(int(per_hour * minutes / 60), seed=860)
    gap = 3600 / per_hour * size
    return [
        Arrival(number // size * gap, one.conversation, one.kind)
        for number, one in enumerate(planned)
        if one.kind != crowd.REPEAT
    ]


def check(measured: Results, build: str = "this build") -> list[tuple[str, float, float]]:
    """What was measured with the real zips beside what the model says of the same arrivals: (what, measured, model)."""
    found, times_slower = measured["builds"][build], measured["clock_scale"]
    system = System(seconds_a_call=LOCAL_SECONDS_A_CALL * times_slower, lookup_seconds=2.0)
    loads = [(f"burst of {CHECKED_BURST}", found["bursts"][CHECKED_BURST], burst(int(CHECKED_BURST)))]
    if heavy := found.get("heavy"):
        name = f"{heavy['per_hour']:,.0f} an hour for {heavy['minutes']:g} minutes"
        loads.append((name, heavy, steady(heavy["per_hour"], heavy["minutes"])))
    rows = []
    for name, real, events in loads:
        modelled = simulate(events, replace(system, calls=real["calls_by_kind"]))
        rows.append((f"{name}: seconds to finish", real["seconds"], modelled.ended_at))
        rows.append((f"{name}: webhook to final p95, s", real["final_seconds_p95"], modelled.final_p95))
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the outcomes; write them when all cases ran. 1 when the model is further than 20 % from the real zips."""
    parser = argparse.ArgumentParser(prog="capacity", description="Simulate the worker's queue.")
    parser.add_argument("--times", type=float, help="one case: this many times today's peak")
    parser.add_argument("--budget", type=float, default=50, help="vendor calls in 30 s")
    parser.add_argument("--concurrency", type=int, default=4)
    parser.add_argument("--check", action="store_true", help="hold the model against the measured real zips")
    chosen = parser.parse_args(arguments)
    if chosen.check:
        return _print_check(json.loads(MEASURED.read_text("utf-8")))
    cases = scenarios()
    if chosen.times:
        load = Load(TODAY_PER_HOUR * chosen.times, conversations=int(250 * chosen.times) + 1)
        cases = [
            (f"{chosen.times:g} times", load, System(vendor_budget=int(chosen.budget), concurrency=chosen.concurrency))
        ]
    found = {name: asdict(_run(load, system)) for name, load, system in cases}
    for name, outcome in found.items():
        print(f"{name}\n    " + ", ".join(f"{key} {value}" for key, value in outcome.items()))
    if not chosen.times:
        RESULTS.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return 0


def _run(load: Load, system: System) -> Outcome:
    return simulate(arrivals(load), system, events_per_hour=load.events_per_hour)


def _print_check(measured: Results) -> int:
    differences = []
    for what, real, modelled in check(measured):
        differences.append(modelled / real - 1 if real else 0.0)
        print(f"{real:8.1f} measured {modelled:8.1f} model {differences[-1]:+7.1%}  {what}")
    return 0 if max(map(abs, differences)) <= MOST_DIFFERENCE else 1


if __name__ == "__main__":
    raise SystemExit(main())
