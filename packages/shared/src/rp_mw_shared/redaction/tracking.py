"""Tracking numbers that satisfy a carrier's own rule; the one recogniser redaction and entities share.

The formats are data (tracking_formats.json); the rules of their check digits are below, one function each.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from rp_mw_shared.redaction.context_words import ContextWords

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MIN_CHARS, _MAX_CHARS = 10, 42
_TELLING_CHARS = 12  # shorter ones may as well be a phone number
_MAX_WINDOWS = 4000  # a text of thousands of short codes is an attack; `number` still masks them
_PIECE = re.compile(r"[A-Za-z0-9]+")
_JOINTS = frozenset({" ", "-", "  ", " - "})
_RIVALS = frozenset({"order", "invoice", "phone", "card", "id", "bank"})
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
# Codes no country has: user-assigned and unassigned ranges. Source: ISO 3166-1 alpha-2.
_NO_COUNTRY = re.compile(r"XX|AA|ZZ|Q[M-Z]|X[A-JL-Z]|O[A-LN-Z]")


@dataclass(frozen=True, slots=True)
class Format:
    """One carrier's format: the number's pattern, the rule of its check digit, whether it needs a context word.

    `is_guess`: there is no check digit, so blanks inside make it just words and numbers.
    """

    carrier: str
    lengths: range
    pattern: re.Pattern[str]
    check: Callable[[str, str], bool]
    needs_cue: bool
    is_guess: bool


@cache
def load_formats() -> tuple[Format, ...]:
    """Return the formats of tracking_formats.json, read once."""
    stored = json.loads((Path(__file__).parent / "tracking_formats.json").read_text("utf-8"))
    return tuple(_to_format(entry, stored["weightings"]) for entry in stored["formats"])


@cache
def _formats_of_length(length: int) -> tuple[Format, ...]:
    return tuple(found for found in load_formats() if length in found.lengths)


def find_tracking(plain: str, context: ContextWords) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, "tracking_number") in a folded text, longest first at each place."""
    taken = -1
    windows = (window for pieces in _runs(plain) for window in _windows(pieces))
    for start, end, compact in islice(windows, _MAX_WINDOWS):
        if start < taken:
            continue
        if _is_believable(plain, start, end, compact, context):
            taken = end
            yield start, end, "tracking_number"


def matching_formats(compact: str) -> tuple[Format, ...]:
    """Return the formats whose pattern and check digit `compact` (upper case, no blanks) satisfies."""
    return tuple(found for found in _formats_of_length(len(compact)) if _satisfies(found, compact))


def _is_believable(plain: str, start: int, end: int, compact: str, context: ContextWords) -> bool:
    found = matching_formats(compact)
    if not found or context.inside(start, end):
        return False
    before = context.before(start)
    if before == "tracking" or (not plain[:start].strip() and not plain[end:].strip()):
        return True
    if before in _RIVALS or (compact.isdigit() and plain[start - 1 : start] in {"#", "+"}):
        return False
    if all(fmt.is_guess for fmt in found) and not plain[start:end].isalnum():  # "SIN 046 454 286"
        return False
    if not all(fmt.needs_cue for fmt in found):
        return True
    following = context.after(end)
    return following == "tracking" or (len(compact) >= _TELLING_CHARS and before is None and following is None)


def _runs(plain: str) -> Iterator[list[re.Match[str]]]:
    """Yield runs of code-like pieces (with a digit, or short and in capitals) parted by single blanks or dashes."""
    run: list[re.Match[str]] = []
    for piece in _PIECE.finditer(plain):
        if run and plain[run[-1].end() : piece.start()] not in _JOINTS:
            yield run
            run = []
        if _is_code_like(piece.group()):
            run.append(piece)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _is_code_like(piece: str) -> bool:
    return any(char.isdigit() for char in piece) or (len(piece) <= 4 and piece.isupper())


def _windows(pieces: list[re.Match[str]]) -> Iterator[tuple[int, int, str]]:
    """Yield every group of neighbouring pieces that has a tracking number's length, longest first at each start.

    A group of digits only is left out where it is just the middle of a longer one.
    """
    numeric = [False, *(piece.group().isdigit() for piece in pieces), False]
    if not any(char.isdigit() for piece in pieces for char in piece.group()):
        return
    middles = _middles(pieces, numeric)
    for first, piece in enumerate(pieces):
        if middles[first]:
            continue
        compact, digits_only, found = "", True, []
        for last, following in enumerate(pieces[first : first + _MAX_CHARS], first):
            compact += following.group().upper()
            digits_only = digits_only and numeric[last + 1]
            if len(compact) > _MAX_CHARS:
                break
            is_middle = digits_only and first < last and (numeric[first] or numeric[last + 2])
            if len(compact) >= _MIN_CHARS and not is_middle:
                found.append((piece.start(), following.end(), compact))
        yield from reversed(found)


def _middles(pieces: list[re.Match[str]], numeric: list[bool]) -> list[bool]:
    """Return for each piece whether every group that begins with it is just the middle of a longer one of digits."""
    found, digits = [False] * len(pieces), 0
    for place in range(len(pieces) - 1, -1, -1):
        chars = len(pieces[place].group())
        digits = digits + chars if numeric[place + 1] else 0
        found[place] = digits > _MAX_CHARS and numeric[place] and chars < _MIN_CHARS
    return found


def _satisfies(fmt: Format, compact: str) -> bool:
    match = fmt.pattern.fullmatch(compact)
    if match is None or len(set(compact)) == 1:  # 000000000000 satisfies every sum
        return False
    groups = match.groupdict()
    if "country" in groups and _NO_COUNTRY.fullmatch(groups["country"]):
        return False
    return fmt.check(groups.get("serial", ""), groups.get("check", ""))


def _to_format(entry: dict[str, Any], weightings: dict[str, list[int]]) -> Format:
    return Format(
        carrier=str(entry["carrier"]),
        lengths=range(entry["length"][0], entry["length"][1] + 1),
        pattern=re.compile(str(entry["pattern"])),
        check=_to_check(entry, weightings),
        needs_cue=bool(entry.get("needs_cue")),
        is_guess="rule" not in entry,
    )


def _to_check(entry: dict[str, Any], weightings: dict[str, list[int]]) -> Callable[[str, str], bool]:
    rule = entry.get("rule")
    if rule == "mod10":
        even, odd = int(str(entry["even"])), int(str(entry["odd"]))
        before, reverse = str(entry.get("prepend", "")), bool(entry.get("reverse"))
        return lambda serial, check: _mod10(before + serial, even, odd, reverse) == int(check)
    if rule == "weighted":
        weights = weightings[str(entry["weightings"])]
        return lambda serial, check: _weighted(serial, weights) == int(check)
    checks = {"luhn": _is_luhn, "mod7": _is_mod7, "mod37_36": _is_mod37_36, "s10": _is_s10}
    return checks[str(rule)] if rule else lambda serial, check: True


def _mod10(serial: str, even: int, odd: int, reverse: bool) -> int:
    """Sum with alternating factors; a letter counts as its code minus three, as UPS does."""
    values = [int(char) if char.isdigit() else (ord(char) - 3) % 10 for char in serial]
    if reverse:
        values.reverse()
    total = sum(values[0::2]) * even + sum(values[1::2]) * odd
    return -total % 10


def _weighted(serial: str, weights: list[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(serial, weights, strict=True)) % 11 % 10


def _is_mod7(serial: str, check: str) -> bool:
    return int(serial) % 7 == int(check)


def _is_luhn(serial: str, check: str) -> bool:
    from stdnum import luhn

    return bool(luhn.is_valid(serial + check))


def _is_mod37_36(serial: str, check: str) -> bool:
    """Source: ISO 7064 hybrid system MOD 37,36."""
    from stdnum.iso7064 import mod_37_36

    return bool(mod_37_36.is_valid(serial + check))


def _is_s10(serial: str, check: str) -> bool:
    """Source: Universal Postal Union standard S10."""
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(serial, _S10_WEIGHTS, strict=True)) % 11
    return int(check) == {10: 0, 11: 5}.get(rest, rest)
