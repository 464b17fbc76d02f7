"""Dates as customers write them: found, not interpreted (03/04 means two things), so no date library is needed."""

from __future__ import annotations

import re
from collections.abc import Iterator

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_DAY = r"(?:3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?"
_DATES = re.compile(
    rf"\b(?:(?:19|20)\d\d-(?:1[0-2]|0?[1-9])-(?:3[01]|[12]\d|0?[1-9])\b"
    rf"|(?:3[01]|[12]\d|0?[1-9])(?P<sep>[/.\-])(?:3[01]|[12]\d|0?[1-9])(?P=sep)(?:(?:19|20)\d\d|\d\d)\b"
    rf"|{_DAY}(?: of)? {_MONTH}\b\.?(?:,? (?:19|20)\d\d\b)?"
    rf"|{_MONTH}\.? {_DAY}\b(?:,? (?:19|20)\d\d\b)?"
    r"|(?:last|next|this|on) (?:mon|tues?|wednes|thurs?|fri|satur|sun)day\b"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day\b"
    r"|(?:yesterday|today|tomorrow|tonight)\b"
    r"|(?:\d{1,2}|a|one|two|three|four|five|six|seven|ten|few) (?:days?|weeks?|months?) ago\b)",
    re.IGNORECASE,
)


def find_dates(plain: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, "date") for calendar dates, weekdays and expressions such as "3 days ago"."""
    for match in _DATES.finditer(plain):
        yield match.start(), match.end(), "date"
