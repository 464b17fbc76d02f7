"""Reads the waits vendors ask for in their answers' headers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_MAX_SANE_SECONDS = 3_600.0


def find_retry_after_seconds(headers: Mapping[str, str], now_epoch_ms: int) -> float | None:
    """Return the wait of a Retry-After header (seconds, also fractional, or an HTTP date), or None.

    `retry-after-ms` wins where present. None also for what is malformed, negative or over an hour: then the caller's
    own backoff is the better guess. A date in the past is a wait of zero. Names in `headers` must be lower-case.
    Source: RFC 9110 section 10.2.3; OpenAI and Shopify send fractions.
    """
    milliseconds = _find_number(headers.get("retry-after-ms"))
    seconds = milliseconds / 1000 if milliseconds is not None else None
    if seconds is None:
        seconds = _find_wait(headers.get("retry-after"), now_epoch_ms)
    return seconds if seconds is not None and 0 <= seconds <= _MAX_SANE_SECONDS else None


def _find_wait(text: str | None, now_epoch_ms: int) -> float | None:
    number = _find_number(text)
    if number is not None or not text:
        return number
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    now = datetime.fromtimestamp(now_epoch_ms / 1000, UTC)
    return max(0.0, (aware - now).total_seconds())


def _find_number(text: str | None) -> float | None:
    try:
        number = float(text) if text else None
    except ValueError:
        return None
    return number if number is not None and math.isfinite(number) else None
