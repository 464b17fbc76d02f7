"""Times as exports write them: ISO 8601, epoch seconds or milliseconds, or a local date whose order is decided once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC

_LOCAL = re.compile(r"\s*(\d{1,2})[./-](\d{1,2})[./-]\d{2,4}")
_EPOCH = re.compile(r"\d{10}(?:\d{3})?")


def is_day_first(samples: Iterable[str]) -> bool | None:
    """Return which number of a local date is the day; None where no sample tells."""
    for sample in samples:
        if found := _LOCAL.match(sample):
            first, second = int(found[1]), int(found[2])
            if (first > 12) != (second > 12):
                return first > 12
    return None


def has_local_dates(samples: Iterable[str]) -> bool:
    """Return whether any sample is a date whose order must be known."""
    return any(_LOCAL.match(sample) for sample in samples)


def to_epoch_ms(value: object, *, day_first: bool) -> int | None:
    """Return epoch milliseconds, a time without a zone as UTC; None for what is no time."""
    from dateutil import parser

    text = str(value or "").strip()
    if _EPOCH.fullmatch(text):
        return int(text) * (1000 if len(text) == 10 else 1)
    if len(text) < 6:
        return None
    try:
        moment = parser.parse(text, dayfirst=day_first and bool(_LOCAL.match(text)))
    except (ValueError, OverflowError):
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
