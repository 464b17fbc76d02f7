"""Sums of the days that are over, so that nobody reads their decisions again. The sweep keeps them.

today: not summed ── over for an hour: summed ── once a day again, for late ends ── after five days: left for good

A sum is computed from the day's rows each time, never added to: a sweep that dies or runs twice changes no figure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rp_mw_shared.times import MS_PER_DAY, MS_PER_HOUR, parse_iso_ms, to_utc_text
from rp_mw_worker.domain.figures import add_up, from_json
from rp_mw_worker.ports import DecisionDays

KEPT_DAYS = 60  # as long as rows of the audit trail are kept
_SETTLED_DAYS = 5  # the queue keeps a message for four
_RESERVE_MS = 15_000
COMPUTED_AT = "computed_at"


def refresh_sums(days: DecisionDays, now: int, remaining_ms: Callable[[], int]) -> int:
    """Sum every closed day whose sum is missing or may have changed, while time allows; return how many were.

    `now` is epoch milliseconds. Raises TransientError or PermanentError of the tables.
    """
    closed, summed = closed_days(now), 0
    kept = days.load_sums(closed)
    for day in closed:
        if not is_due(kept.get(day), day, now):
            continue
        if remaining_ms() < _RESERVE_MS:
            break
        days.save_sum(day, add_up(days.load_rows(day)).to_json() | {COMPUTED_AT: now})
        summed += 1
    return summed


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
