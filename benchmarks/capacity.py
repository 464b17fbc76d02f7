"""Simulates the worker's queue: arrivals, groups, Lambda's concurrency, the vendor's budget; shows queue age and cost.

    python -m benchmarks.capacity                    today's peak, 10 times and 1,000 times that
    python -m benchmarks.capacity --times 50 --budget 500 --concurrency 20

One run steps from event to event. A conversation's messages run one after the other, as a FIFO group does; a worker
takes the oldest message whose group is free; a message holds its worker while it waits for the vendor's budget.
"""

from __future__ import annotations

import argparse
import heapq
import json
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

TODAY_PER_HOUR = 430
RESULTS = Path(__file__).resolve().parent / "results" / "capacity.json"


@dataclass(frozen=True, slots=True)
class Load:
    """What arrives: events an hour, how many conversations share them, and how unevenly (0 = evenly, 1 = Zipf)."""

    events_per_hour: float
    conversations: int
    skew: float = 0.8
    hours: float = 1.0
    burst_factor: float = 3.0  # the middle tenth of the time gets this many times the rate of the rest


@dataclass(frozen=True, slots=True)
class System:
    """What serves it. `vendor_calls` of one event share `vendor_budget` calls in `vendor_window_seconds`.

    Source of 50 in 30 s: Richpanel API reference, rate limits. Service seconds are waiting for vendors, mostly.
    """

    concurrency: int = 4
    vendor_budget: float = 50
    vendor_window_seconds: float = 30
    vendor_calls: int = 5
    service_seconds: float = 1.2
    memory_gb: float = 0.5
    usd_per_gb_second: float = 0.0000133334
    usd_per_event: float = 7.4e-6  # tables, queues, secrets: benchmarks/results/calls.json


@dataclass(frozen=True, slots=True)
class Outcome:
    """Queue age in seconds at the start of an event, how busy the workers and the budget were, dollars a month."""

    events: int
    age_p50: float
    age_p95: float
    age_max: float
    drained_after_seconds: float
    worker_use: float
    budget_use: float
    usd_per_month: float


def arrivals(load: Load, seed: int = 1) -> list[tuple[float, int]]:
    """Return (second, conversation) of each event, in order: a Poisson stream with one burst in the middle."""
    rng = random.Random(seed)
    weights = [1 / (rank + 1) ** load.skew for rank in range(load.conversations)]
    total_seconds = load.hours * 3600
    base = load.events_per_hour / 3600 / (0.9 + 0.1 * load.burst_factor)
    peak = base * max(1.0, load.burst_factor)
    times, now = [], 0.0
    while (now := now + rng.expovariate(peak)) < total_seconds:
        is_burst = 0.45 <= now / total_seconds < 0.55
        if rng.random() * peak <= (base * load.burst_factor if is_burst else base):
            times.append(now)
    chosen = rng.choices(range(load.conversations), weights, k=len(times))
    return list(zip(times, chosen, strict=True))


class Budget:
    """The vendor's calls: a bucket of `capacity` that refills evenly over the window."""

    def __init__(self, capacity: float, window_seconds: float) -> None:
        self._interval = window_seconds / capacity
        self._burst = capacity
        self._next_free = float("-inf")

    def take(self, now: float, calls: int) -> float:
        """Return the second at which the last of `calls` may be made, asked for at `now`."""
        floor = now - self._burst * self._interval
        self._next_free = max(self._next_free, floor) + calls * self._interval
        return max(now, self._next_free)


def simulate(load: Load, system: System, seed: int = 1) -> Outcome:
    """Return how the system fares under the load."""
    events = arrivals(load, seed)
    ages, busy_seconds, ended = _serve(events, system)
    if not ages:
        return Outcome(0, 0, 0, 0, 0, 0, 0, 0)
    ages.sort()
    last_arrival = events[-1][0]
    per_month = load.events_per_hour * 24 * 30
    lambda_usd = busy_seconds / len(ages) * system.memory_gb * system.usd_per_gb_second
    budget_per_second = system.vendor_budget / system.vendor_window_seconds
    return Outcome(
        events=len(ages),
        age_p50=round(ages[len(ages) // 2], 2),
        age_p95=round(ages[int(len(ages) * 0.95)], 2),
        age_max=round(ages[-1], 2),
        drained_after_seconds=round(max(0.0, ended - last_arrival), 1),
        worker_use=round(busy_seconds / (ended * system.concurrency), 3),
        budget_use=round(len(ages) * system.vendor_calls / (ended * budget_per_second), 3),
        usd_per_month=round(per_month * (system.usd_per_event + lambda_usd), 2),
    )


def _serve(events: Sequence[tuple[float, int]], system: System) -> tuple[list[float], float, float]:
    """Ages at start, seconds the workers were held, and when the last event ended."""
    budget = Budget(system.vendor_budget, system.vendor_window_seconds)
    waiting: dict[int, deque[float]] = {}
    ready: list[tuple[float, int]] = []  # groups with a message and nobody at work on them, oldest first
    running: list[tuple[float, int]] = []
    ages: list[float] = []
    busy, now, position = 0.0, 0.0, 0
    while position < len(events) or running:
        next_arrival = events[position][0] if position < len(events) else float("inf")
        next_end = running[0][0] if running else float("inf")
        now = min(next_arrival, next_end)
        if next_end <= next_arrival:
            _, group = heapq.heappop(running)
            queue = waiting[group]
            queue.popleft()
            if queue:
                heapq.heappush(ready, (queue[0], group))
            else:
                del waiting[group]
        else:
            _, group = events[position]
            position += 1
            queue = waiting.setdefault(group, deque())
            queue.append(now)
            if len(queue) == 1:
                heapq.heappush(ready, (now, group))
        while ready and len(running) < system.concurrency:
            arrived, group = heapq.heappop(ready)
            end = budget.take(now, system.vendor_calls) + system.service_seconds
            ages.append(now - arrived)
            busy += end - now
            heapq.heappush(running, (end, group))
    return ages, busy, now


def scenarios() -> list[tuple[str, Load, System]]:
    """Return the cases of docs/capacity.md."""
    today = Load(TODAY_PER_HOUR, conversations=250)
    ten = replace(today, events_per_hour=TODAY_PER_HOUR * 10, conversations=2500)
    thousand = replace(today, events_per_hour=TODAY_PER_HOUR * 1000, conversations=250_000, hours=0.25)
    base = System()
    more = replace(base, vendor_budget=700)
    return [
        ("today's peak", today, base),
        ("today's peak, every message in five conversations", replace(today, conversations=5, skew=0.0), base),
        ("2 times", replace(today, events_per_hour=TODAY_PER_HOUR * 2, conversations=500), base),
        ("10 times, vendor budget as it is", ten, base),
        ("10 times, vendor budget 700 in 30 s", ten, more),
        ("10 times, that budget, 10 workers", ten, replace(more, concurrency=10)),
        (
            "1,000 times, 1,000 accounts each with its own budget, 400 workers",
            thousand,
            replace(base, vendor_budget=50_000, concurrency=400),
        ),
    ]


def main() -> int:
    """Print and write the outcomes."""
    parser = argparse.ArgumentParser(prog="capacity", description="Simulate the worker's queue.")
    parser.add_argument("--times", type=float, help="one case: this many times today's peak")
    parser.add_argument("--budget", type=float, default=50, help="vendor calls in 30 s")
    parser.add_argument("--concurrency", type=int, default=4)
    chosen = parser.parse_args()
    cases = scenarios()
    if chosen.times:
        load = Load(TODAY_PER_HOUR * chosen.times, conversations=int(250 * chosen.times) + 1)
        system = replace(System(), vendor_budget=chosen.budget, concurrency=chosen.concurrency)
        cases = [(f"{chosen.times:g} times", load, system)]
    found = {name: asdict(simulate(load, system)) for name, load, system in cases}
    for name, outcome in found.items():
        print(f"{name}\n    " + ", ".join(f"{key} {value}" for key, value in outcome.items()))
    if not chosen.times:
        RESULTS.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
