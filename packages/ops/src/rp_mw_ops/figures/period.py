"""The figures of days: closed ones as the sweep has summed them, today and what is not summed yet from the index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from rp_mw_shared.times import MS_PER_DAY, parse_iso_ms, to_utc_text
from rp_mw_worker.domain.figures import Figures, add_up, from_json

Days = dict[str, Figures]


class ReadableDays(Protocol):
    """Where decisions and sums are read from; the worker's `DecisionDays`, without its writes."""

    def load_rows(self, day: str) -> Iterable[Mapping[str, Any]]:
        """Return the day's rows of the audit trail, oldest first."""

    def load_sums(self, days: Iterable[str]) -> Mapping[str, Mapping[str, Any]]:
        """Return the sums that are kept, by day."""


def utc_day(epoch_ms: int) -> str:
    """Return the UTC day of a moment, as `2026-11-29`."""
    return to_utc_text(epoch_ms)[:10]


def days_until(last: str, number: int) -> list[str]:
    """Return `number` days that end with `last`, oldest first."""
    end = parse_iso_ms(last)
    return [utc_day(end - back * MS_PER_DAY) for back in reversed(range(number))]


def load_days(days: ReadableDays, wanted: Iterable[str], now: int) -> Days:
    """Return the figures of each day in order; `now` is epoch milliseconds. Raises TransientError."""
    names = list(wanted)
    today = utc_day(now)
    kept = days.load_sums([day for day in names if day < today])
    return {day: _find_sum(kept.get(day)) or add_up(days.load_rows(day)) for day in names}


def total(days: Mapping[str, Figures]) -> Figures:
    """Return all days together."""
    whole = Figures()
    for figures in days.values():
        whole = whole.plus(figures)
    return whole


def _find_sum(values: Mapping[str, Any] | None) -> Figures | None:
    return from_json(values) if values is not None else None
