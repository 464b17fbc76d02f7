"""Reads and writes points in time: epoch milliseconds inside, other forms outside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

MS_PER_HOUR = 3_600_000
MS_PER_DAY = 86_400_000
SECONDS_PER_DAY = 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# a bare number above this is milliseconds, below it seconds: the year 1973 in the one, 5138 in the other
_EPOCH_MS_FROM = 100_000_000_000


def parse_iso_ms(text: str) -> int:
    """Return ISO 8601 text as epoch milliseconds, as UTC where it names no zone. Raises ValueError for another text."""
    moment = datetime.fromisoformat(text)
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // timedelta(milliseconds=1)


def parse_epoch_ms(value: str | float) -> int:
    """Return ISO 8601 text or a number of epoch seconds or milliseconds as milliseconds.

    Digits alone are a number, also as text. Raises ValueError or OverflowError for what is neither.
    """
    if isinstance(value, str) and not value.isdecimal():
        return parse_iso_ms(value)
    number = int(value) if isinstance(value, str) else value
    return int(number if number > _EPOCH_MS_FROM else number * 1000)


def to_utc_text(epoch_ms: int) -> str:
    """Return ISO 8601 text in UTC with milliseconds: texts sort as their times do."""
    return f"{datetime.fromtimestamp(epoch_ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{epoch_ms % 1000:03d}Z"


def expires_at(now: int, ttl_days: int) -> int:
    """Return the TTL attribute: epoch SECONDS, the unit DynamoDB's TTL reads. `now` is epoch milliseconds."""
    return now // 1000 + ttl_days * SECONDS_PER_DAY
