"""The customer's own name, address, e-mail and phone, masked by value wherever and however they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from rp_mw_shared.redaction.lookalikes import fold
from rp_mw_shared.redaction.word_lists import load_word_set

_MAX_VALUES, _MAX_VALUE_CHARS = 64, 400
_MIN_PART_CHARS = 3
_MIN_PHONE_DIGITS = 7
_PIECE = re.compile(r"\w+")
_GLUE = r"[\W_]{0,3}"


def find_known_values(plain: str, known_values: tuple[str, ...]) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, type) for every known value, or telling part of one, in a folded text."""
    for kind, pattern in _patterns(known_values):
        for match in pattern.finditer(plain):
            yield match.start(), match.end(), kind


@lru_cache(maxsize=8)
def _patterns(known_values: tuple[str, ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    found: list[tuple[str, re.Pattern[str]]] = []
    for value in known_values[:_MAX_VALUES]:
        plain = fold(value[:_MAX_VALUE_CHARS].strip()).plain
        if len(_PIECE.findall(plain)) and len(plain) >= _MIN_PART_CHARS:
            found.extend(_patterns_of(plain))
    return tuple(found)


def _patterns_of(plain: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    digits = re.sub(r"\D", "", plain)
    if "@" in plain:
        yield "email", re.compile(re.escape(plain), re.IGNORECASE)
        local = plain.partition("@")[0]
        if len(local) >= 5 and local.lower() not in load_word_set("names_that_are_words"):
            yield "email", _whole(re.escape(local), re.IGNORECASE)
    elif len(digits) >= _MIN_PHONE_DIGITS and not re.search(r"[A-Za-z]", plain):
        national = digits[-10:] if len(digits) > 10 else digits.lstrip("0") or digits
        yield "phone", re.compile(r"(?<!\d)\+?\d{0,4}[\W_]{0,3}" + _GLUE.join(national) + r"(?!\d)")
    elif digits:
        yield from _address_patterns(plain)
    else:
        yield from _name_patterns(plain)


def _name_patterns(plain: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    pieces = _PIECE.findall(plain)
    if len(pieces) > 1:
        yield "person_name", _whole(_GLUE.join(map(re.escape, pieces)), re.IGNORECASE)
        yield "person_name", _whole(_GLUE.join(map(re.escape, reversed(pieces))), re.IGNORECASE)
    for piece in pieces:
        if len(piece) < _MIN_PART_CHARS and piece.isascii():
            continue
        if piece.lower() in load_word_set("names_that_are_words"):
            yield "person_name", _whole(f"(?:{piece.capitalize()}|{piece.upper()})", re.NOFLAG)
        else:
            yield "person_name", _whole(re.escape(piece), re.IGNORECASE)


def _address_patterns(plain: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    """The whole address, then its lines: the line with the house number, the postcode, the town."""
    yield "street_address", _whole(_GLUE.join(map(re.escape, _PIECE.findall(plain))), re.IGNORECASE)
    for line in re.split(r"[,;\n]+", plain):
        pieces = _PIECE.findall(line)
        text = "".join(pieces)
        if len(text) >= 4 and text.lower() not in load_word_set("common_address_words"):
            yield "street_address", _whole(_GLUE.join(map(re.escape, pieces)), re.IGNORECASE)
            telling = [
                piece
                for piece in pieces
                if len(piece) >= 5 and piece.lower() not in load_word_set("common_address_words")
            ]
            for piece in telling:
                yield "street_address", _whole(re.escape(piece), re.IGNORECASE)


def _whole(pattern: str, flags: int | re.RegexFlag) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_]){pattern}(?:(?='s)|(?![^\W_]))", flags)
