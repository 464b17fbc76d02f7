"""Sums of the days that are over, so that nobody reads their decisions again. The sweep keeps them.

today: not summed ── over for an hour: summed ── once a day again, for late ends ── after 16 days: left for good
                                              └── at once where tickets of the day were read back

A sum is computed from the day's rows each time, never added to: a sweep that dies or runs twice changes no figure.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from rp_mw_shared.times import MS_PER_DAY, MS_PER_HOUR, parse_iso_ms, to_utc_text
from rp_mw_worker.domain.figures import RETURN_DAYS, Figures, Row, add_up, from_json, is_decision
from rp_mw_worker.sweep_ports import DecisionDays

KEPT_DAYS = 60  # as long as rows of the audit trail are kept
_SETTLED_DAYS = 16  # the queue keeps a message for four, and most tickets are closed and read back by then
_RESERVE_MS = 15_000
COMPUTED_AT = "computed_at"


def refresh_sums(days: DecisionDays, now: int, remaining_ms: Callable[[], int], changed: Collection[str] = ()) -> int:
    """Sum every closed day whose sum is missing or may have changed, while time allows; return how many were.

    `changed` are days whose tickets were just read back; they come first. `now` is epoch milliseconds. Raises
    TransientError or PermanentError of the tables.
    """
    closed, summed = closed_days(now), 0
    kept, adder = days.load_sums(closed), DayAdder(days.load_rows, now)
    for day in sorted(closed, key=lambda day: day not in changed):
        if day not in changed and not is_due(kept.get(day), day, now):
            continue
        if remaining_ms() < _RESERVE_MS:
            break
        days.save_sum(day, adder.add_up(day).to_json() | {COMPUTED_AT: now})
        summed += 1
    return summed


class DayAdder:
    """Adds up days, and tells each which conversations were decided on in the days after it.

    Of those days it keeps conversation and time alone. Asked for the newest day first, it reads none twice.
    """

    def __init__(self, load_rows: Callable[[str], Iterable[Row]], now: int) -> None:
        """`load_rows` returns a day's rows; no day after that of `now` (epoch milliseconds) is read."""
        self._load_rows, self._today = load_rows, to_utc_text(now)[:10]
        self._decided: dict[str, list[Row]] = {}

    def add_up(self, day: str) -> Figures:
        """Return the day's figures. Raises what `load_rows` does."""
        noted = self._decided[day] = list[Row]()
        return add_up(self._noting(day, noted), self._after(day))

    def _noting(self, day: str, noted: list[Row]) -> Iterator[Row]:
        for row in self._load_rows(day):
            if is_decision(row):
                noted.append({name: row.get(name) for name in ("conversation_id", "ts_action_id")})
            yield row

    def _after(self, day: str) -> Iterator[Row]:
        start = parse_iso_ms(day)
        for after in (to_utc_text(start + step * MS_PER_DAY)[:10] for step in range(1, RETURN_DAYS + 1)):
            if after not in self._decided and after <= self._today:
                noted = self._decided[after] = list[Row]()
                for _ in self._noting(after, noted):
                    pass
            yield from self._decided.get(after, ())


def closed_days(now: int, number: int = KEPT_DAYS) -> list[str]:
    """Return the last `number` UTC days that have been over for an hour, newest first, as `2026-11-29`."""
    newest = now - MS_PER_HOUR - MS_PER_DAY
    return [to_utc_text(newest - back * MS_PER_DAY)[:10] for back in range(number)]


def is_due(sums: Mapping[str, Any] | None, day: str, now: int) -> bool:
    """Tell whether a closed day has to be summed: never was, or was a day ago while ends could still come late."""
    if sums is None or from_json(sums) is None:
        return True
    computed_at, over_at = int(sums[COMPUTED_AT]), parse_iso_ms(day) + MS_PER_DAY
    return computed_at < over_at + _SETTLED_DAYS * MS_PER_DAY and now - computed_at >= MS_PER_DAY
