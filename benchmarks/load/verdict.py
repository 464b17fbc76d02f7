"""What the measured runs must reach, as a table: asked, measured, today's build beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.load.runs import FINISHED, REFUSED

Results = dict[str, Any]
_WRONG = ("dead_letters", "lost", "doubled", "out_of_order")
_TIMED_BURST = "100"
LONG_BURST = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One line: `sign` is <= or >=; None was not measured. `must` None is only shown."""

    what: str
    value: float | None
    today: float | None
    sign: str = "<="
    must: float | None = None
    reach: float | None = None

    @property
    def is_kept(self) -> bool:
        """Whether it is as it must be; what is only shown always is."""
        if self.must is None:
            return True
        return self.value is not None and _holds(self.value, self.sign, self.must)

    def to_json(self) -> Results:
        """Plain values."""
        return asdict(self) | {"is_kept": self.is_kept}


def judge(measured: Results, today: Results | None, clock_scale: float = 1.0) -> list[Row]:
    """The rows of what was measured.

    With a scaled clock a call's way to the vendor is as much longer, and two calls 30 s apart may arrive a bit closer:
    the count by window is held against 50 at true time only, and no call may be refused at any scale.
    """
    before = today or {}
    return [
        *_burst_rows(measured["bursts"], before.get("bursts", {}), 50 if clock_scale == 1.0 else None),
        *_steady_rows(measured.get("steady"), before.get("steady")),
        *_alone_rows(measured.get("alone"), before.get("alone")),
    ]


def _burst_rows(bursts: Results, today: Results, most_calls: int | None) -> Iterator[Row]:
    for count, one in bursts.items():
        old = today.get(count, {})
        for name in _WRONG:
            yield Row(f"burst of {count}: {name.replace('_', ' ')}", one[name], old.get(name), must=0)
        yield Row(f"burst of {count}: order questions never answered", one["unanswered"], old.get("unanswered"), must=0)
        refused, refused_before = one["calls_refused_with_429"], old.get("calls_refused_with_429")
        yield Row(f"burst of {count}: calls refused with 429", refused, refused_before, must=0)
        most, most_before = one["most_calls_in_30_s"], old.get("most_calls_in_30_s")
        yield Row(f"burst of {count}: most calls in 30 s", most, most_before, must=most_calls)
        limits = (1.3, 1.1) if count == _TIMED_BURST else (None, None)
        taken, taken_before = _times(one), _times(old) if old else None
        yield Row(f"burst of {count}: time, x what its calls need", taken, taken_before, "<=", *limits)
    if bursts:
        largest = max(bursts, key=int)
        yield from _rate_rows(largest, bursts[largest], today.get(largest))


def _rate_rows(count: str, one: Results, old: Results | None) -> Iterator[Row]:
    """The rate is held against a long burst only: a short one is over within the first windows."""
    limits = (0.90, 0.97) if int(count) >= LONG_BURST else (None, None)
    rate, before = _share_of_budget(one), _share_of_budget(old) if old else None
    yield Row("sustained events a minute, x (100 / calls an event)", rate, before, ">=", *limits)
    if old and old["events_a_minute"]:
        yield Row("sustained events a minute, x today's", one["events_a_minute"] / old["events_a_minute"], 1.0)
    calls, before = one["calls_an_event"], old["calls_an_event"] if old else None
    bounds = (2.8, 2.5) if int(count) >= LONG_BURST else (None, None)
    yield Row("Richpanel calls an event, mix of the demo", calls, before, "<=", *bounds)


def _steady_rows(one: Results | None, old: Results | None) -> Iterator[Row]:
    if one is None:
        return
    earlier = old or {}
    name = "860 an hour in bursts of three"
    yield Row(f"{name}: queue age p95, s", one["queue_age_p95"], earlier.get("queue_age_p95"), "<=", 30, 10)
    yield Row(f"{name}: webhook to final p95, s", one["final_seconds_p95"], earlier.get("final_seconds_p95"))
    yield Row(f"{name}: dead letters", one["dead_letters"], earlier.get("dead_letters"), must=0)


def _alone_rows(one: Results | None, old: Results | None) -> Iterator[Row]:
    """A concurrency that is refused at start is not accepted, so it need not finish anything."""
    if one is None:
        return
    earlier = old or {}
    what = "one message alone: accepted concurrencies that do not finish it"
    yield Row(what, _unfinished(one), _unfinished(earlier) if earlier else None, must=0)
    yield Row(
        "one message alone: concurrencies refused at start", _refused(one), _refused(earlier) if earlier else None
    )


def _unfinished(alone: Results) -> int:
    return sum(ended not in (FINISHED, REFUSED) for ended in alone.values())


def _refused(alone: Results) -> int:
    return sum(ended == REFUSED for ended in alone.values())


def _times(burst: Results) -> float:
    return math.inf if burst["times_needed"] is None else float(burst["times_needed"])


def _share_of_budget(burst: Results) -> float:
    return float(burst["events_a_minute"] * burst["calls_an_event"] / 100)


def _holds(value: float, sign: str, bound: float) -> bool:
    return value <= bound if sign == "<=" else value >= bound


def to_table(rows: Sequence[Row], names: Sequence[str]) -> str:
    """The rows for people; `names` are the builds."""
    today = names[1] if len(names) > 1 else ""
    lines = [f"{'':4} {'measured':>9} {'must':>8} {'reach':>8} {today:>9}"]
    for row in rows:
        mark = "" if row.must is None else "ok" if row.is_kept else "FAIL"
        bounds = [f"{row.sign} {bound:g}" if bound is not None else "" for bound in (row.must, row.reach)]
        lines.append(f"{mark:4} {_shown(row.value)} {bounds[0]:>8} {bounds[1]:>8} {_shown(row.today)}  {row.what}")
    return "\n".join(lines)


def _shown(value: float | None) -> str:
    return f"{'':9}" if value is None else f"{'never':>9}" if math.isinf(value) else f"{value:9.4g}"
