"""The figures of days: closed ones as the sweep has summed them, today and what is not summed yet from the index."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from rp_mw_ops.errors import UsageError
from rp_mw_shared.times import MS_PER_DAY, parse_iso_ms, to_utc_text
from rp_mw_worker.day_sums import DayAdder
from rp_mw_worker.domain.figures import Figures, from_json

Days = dict[str, Figures]
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


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


def load_days(days: ReadableDays, wanted: Iterable[str], now: int, *, from_rows: bool = False) -> Days:
    """Return the figures of each day in order; `now` is epoch milliseconds. Raises TransientError.

    `from_rows`: no kept sum is used, so that what was read back since is in the figures.
    """
    names = list(wanted)
    today = utc_day(now)
    kept = {} if from_rows else days.load_sums([day for day in names if day < today])
    adder = DayAdder(days.load_rows, now)
    found = {day: _find_sum(kept.get(day)) or adder.add_up(day) for day in reversed(names)}
    return {day: found[day] for day in names}


def total(days: Mapping[str, Figures]) -> Figures:
    """Return all days together."""
    whole = Figures()
    for figures in days.values():
        whole = whole.plus(figures)
    return whole


def _find_sum(values: Mapping[str, Any] | None) -> Figures | None:
    return from_json(values) if values is not None else None


def find_day(text: str, now: int) -> str:
    """Return the UTC day a person means; raises UsageError for no day, or one that has not begun."""
    today = utc_day(now)
    if text in ("today", "yesterday"):
        return today if text == "today" else utc_day(now - MS_PER_DAY)
    try:
        if not _DAY.fullmatch(text):
            raise ValueError
        parse_iso_ms(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no day: say today, yesterday or a day as {today}") from error
    if text > today:
        raise UsageError(f"{text} has not begun in UTC: today is {today}")
    return text
