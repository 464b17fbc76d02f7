"""Runs of digits that are neither order nor tracking numbers: cards, ids, phones, accounts, dates of birth, the rest.

one run of digits + the nearest context word -> exactly one type, or none (short numbers, dates, amounts)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from rp_mw_shared.redaction import national_ids, phones
from rp_mw_shared.redaction.context_words import ContextWords

# Digits with up to three separators between: every step takes a digit, so the whole is linear.
_RUN = re.compile(r"(?<![\w@])(?:\+\s?|00(?=[1-9]))?\(?\+?\d(?:[ \t.\-/()*\u00b7]{0,3}\d)*")
_SEPARATORS = re.compile(r"[^\d]")
_MONTH_NUMBER, _DAY_NUMBER = r"(?:1[0-2]|0?[1-9])", r"(?:3[01]|[12]\d|0?[1-9])"
_DATE = re.compile(
    rf"(?:(?:19|20)\d\d(?P<a>[-/.]){_MONTH_NUMBER}(?P=a){_DAY_NUMBER}"
    rf"|{_DAY_NUMBER}(?P<b>[-/.]){_DAY_NUMBER}(?P=b)(?:(?:19|20)\d\d|\d\d))(?: \d{{1,2}}(?=:))?"
)
_AMOUNT = re.compile(r"\d{1,3}(?:[ .]\d{3})+|\d+\.\d{1,2}")
_MONTH_DATE = re.compile(
    r"(?:\d{1,2}(?:st|nd|rd|th)?[ .\-/]{0,2}(?:of )?)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
    r"[ .,\-/]{1,3}\d{1,4}(?:st|nd|rd|th)?(?:[ ,\-/]{1,3}\d{4})?",
    re.IGNORECASE,
)
_CARD_LENGTHS = range(12, 20)
_MIN_UNEXPLAINED_DIGITS = 7
_DATE_RANGE = re.compile(
    rf"{_DAY_NUMBER}\.{_MONTH_NUMBER}\.?\s?-\s?{_DAY_NUMBER}\.{_MONTH_NUMBER}\.(?:(?:19|20)?\d\d)?"
)
_LONG_CODE = re.compile(r"(?<![\w-])[A-Za-z0-9]{1,40}(?:-[A-Za-z0-9]{1,20}){0,6}(?![\w-])")
_TIMESTAMP = re.compile(r"\d{4}-?\d\d-?\d\dT[\dZz-]+")
_MONEY_BEFORE = re.compile(r"[$€£₹¥]\s?$|\b(?:usd|eur|gbp|inr|rs)\.?\s?$", re.IGNORECASE)
_MONEY_AFTER = re.compile(r"\s?(?:[$€£₹¥]|usd\b|eur\b|gbp\b|inr\b|dollars|euros|pounds|rupees|bucks)", re.IGNORECASE)


def find_numbers(
    plain: str, context: ContextWords, is_free: Callable[[int, int], bool]
) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, type) for the runs of digits that may identify a person; `is_free`: no span holds it yet."""
    doubtful = phones.Doubtful()
    for run in _RUN.finditer(plain):
        if is_free(run.start(), run.end()):
            yield from _classified(plain, run.start(), run.end(), context, doubtful)


def find_long_codes(plain: str) -> Iterator[tuple[int, int, str]]:
    """Yield codes of letters and digits with seven digits or more, such as the numbers of carriers without a rule."""
    for match in _LONG_CODE.finditer(plain):
        value = match.group()
        digits = sum(char.isdigit() for char in value)
        has_letter = any(char.isalpha() for char in value)
        if digits >= _MIN_UNEXPLAINED_DIGITS and has_letter and not _TIMESTAMP.fullmatch(value):
            yield match.start(), match.end(), "number"


def find_birth_dates(plain: str, context: ContextWords) -> Iterator[tuple[int, int, str]]:
    """Yield dates that a context word calls a date of birth."""
    if "dob" not in context.kinds:
        return
    for pattern in (_DATE, _MONTH_DATE):
        for match in pattern.finditer(plain):
            if context.before(match.start(), 24) == "dob":
                yield match.start(), match.end(), "date_of_birth"


def _classified(
    plain: str, start: int, end: int, context: ContextWords, doubtful: phones.Doubtful
) -> Iterator[tuple[int, int, str]]:
    """Yield the run as a whole, or its blank-separated parts where the whole is nothing."""
    found = _type_of(plain, start, end, context, doubtful)
    if found:
        yield start, phones.end_with_extension(plain, end) if found == "phone" else end, found
        return
    parts = list(re.finditer(r"\S+", plain[start:end]))
    for first in range(len(parts) if 1 < len(parts) <= 12 else 0):
        for last in range(len(parts) - 1, first - 1, -1):
            left, right = start + parts[first].start(), start + parts[last].end()
            kind = _type_of(plain, left, right, context, doubtful)
            if kind:
                yield left, right, kind
                if last + 1 < len(parts):
                    yield from _classified(plain, start + parts[last + 1].start(), end, context, doubtful)
                return


def _type_of(plain: str, start: int, end: int, context: ContextWords, doubtful: phones.Doubtful) -> str | None:
    value = plain[start:end]
    digits = _SEPARATORS.sub("", value)
    if len(digits) < 3 or _is_harmless(plain, start, end, value):
        return None
    before = context.before(start)
    if _is_card(value, digits, before):
        return "card"
    if before == "secret" and len(digits) <= 12 and context.before(start, 16) == "secret":
        return "secret"
    if national_ids.is_national_id(value, digits, before):
        return "national_id"
    if before == "bank" and len(digits) >= 6:
        return "bank_account"
    if phones.is_phone(value, digits, before, context.after(end), doubtful):
        return "phone"
    return "number" if len(digits) >= _MIN_UNEXPLAINED_DIGITS else None


def _is_harmless(plain: str, start: int, end: int, value: str) -> bool:
    """Whether the run is a date, a time or an amount of money."""
    if (date := _DATE.match(plain, start)) and date.end() >= end:
        return True
    if _DATE_RANGE.fullmatch(value.strip()):
        return True
    if _MONEY_BEFORE.search(plain, max(0, start - 6), start) or _MONEY_AFTER.match(plain, end):
        return len(_SEPARATORS.sub("", value)) < 10
    return bool(_AMOUNT.fullmatch(value)) and len(value) < 8


def _is_card(value: str, digits: str, before: str | None) -> bool:
    if len(digits) not in _CARD_LENGTHS or value.startswith("+") or "(" in value:
        return False
    if before == "card":
        return True
    if before in {"order", "invoice", "tracking", "phone"} or len(digits) == 12:
        return False
    return digits[0] in "23456" and _is_luhn(digits)


def _is_luhn(digits: str) -> bool:
    from stdnum import luhn

    return bool(luhn.is_valid(digits))
