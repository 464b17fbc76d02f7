"""What words announce or spell out, in seven languages: secrets, codes, logins, parts of cards, digits, dates of birth.

    "the gate code is 4821#" · "Passwort lautet MyDog2019" · "carte finissant par 4242, exp 04/28" · "CVV one two three"
    "six one seven five five five" · "nací el 3 de mayo de 1987"

The words are data (announcing_words.json). Each reads a bounded window behind itself, word by word, so that the whole
is linear in the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

Found = tuple[int, int, str]

_WINDOW_CHARS = 72
_MAX_FILLERS = 6
_MAX_PHRASE_WORDS = 6
_MIN_PASSWORD_CHARS = 3
_MAX_VALUE_CHARS = 200
_MAX_CODES = 6
_TOKEN = re.compile(r"[^\s]{1,200}")
_CLAUSE_END = re.compile(r"\s{0,2}(?:[,.;!?\n]|$|(?:and|but|und|et|y|ed?|en|mas|aber|mais|pero|ma|maar)\b)")
_SENTENCE_END = re.compile(r"(?<!\bnr)(?<!\bno)(?<!num)[.!?]\s|\n\n", re.IGNORECASE)
_CODE = re.compile(r"[#*]?[A-Za-z0-9](?:[A-Za-z0-9]|[-_/.](?=[A-Za-z0-9])){1,39}[#*]?")
_SIGNS = frozenset("!@#$%^&*+=?_~")
_NEXT_WORD = re.compile(r" (?P<word>[a-z]{2,20})(?![\w'])")
_NEXT_CODE = re.compile(r"\s{0,2}[,/]?\s{1,2}(?:(?:and|und|et|y|e|en)\s)?")
_TO_PART = re.compile(
    r"[\s:#.*xX\u2022]{0,8}(?:(?:digits?|numbers?|are|is|in|with|of|the|card|on|my|were|sind|sont|son|es|zijn|sao|sono|en|em|auf|par|op)\s{1,2}){0,4}"
)
_FINAL = ".,;:!?)]}\"'"
_EXPIRY = re.compile(r"(?<!\d)(?:0?[1-9]|1[0-2])\s?[/.-]\s?(?:20)?\d\d(?![\d/.-])")
_PART = re.compile(r"(?<![\d$])\d{2,8}(?![\d%]|[.,]\d)")
_CARD_NEAR = re.compile(
    r"card|visa|amex|master|maestro|kart|cart[ae]|tarjeta|kaart|cartao|credit|debit|\[(?:CARD|SECRET)\]", re.IGNORECASE
)
_MASKED = re.compile(  # runs are possessive: a long one that ends in no digit is given up at once
    r"(?<![\w*])(?:\d{1,8}[ -]?){0,2}(?:[*\u2022\u00b7]{2}|[xX]{3})[*xX\u2022\u00b7]{0,57}+"
    r"(?:[ -][*xX\u2022\u00b7]{2,40}+){0,5}+[ -]?\d{2,6}(?!\w)"
)
_SECURITY = re.compile(r"(?<![\d$.])\d{3,4}(?![\d%]|[.,]\d)")
_GROUPED = re.compile(r"(?<![\w-])(?=[A-Za-z0-9-]{0,40}\d)[A-Za-z0-9]{4,8}(?:-[A-Za-z0-9]{4,8}){2,6}(?![\w-])")
_HANDLE = re.compile(r"(?<![\w.@/+-])@(?P<name>[A-Za-z0-9_](?:[A-Za-z0-9_.-]{1,29}))")
_LOGIN_PAIR = re.compile(r"\s{1,2}/\s{1,2}(?P<value>[^\s]{4,64})")
_USER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,63}")


@cache
def _words() -> dict[str, Any]:
    stored = json.loads((Path(__file__).parent / "announcing_words.json").read_text("utf-8"))
    return {name: value if name == "cues" else frozenset(value) for name, value in stored.items()}


@cache
def _cues() -> re.Pattern[str]:
    """One alternative per kind, the longest wording first; words only, so that the whole is linear."""
    kinds = (f"(?P<{kind}>{'|'.join(_wording(cue) for cue in _longest_first(cues))})" for kind, cues in _kinds())
    first = "".join(sorted({cue[0] for _, cues in _kinds() for cue in cues}))
    return re.compile(rf"(?<![A-Za-z])(?=[{re.escape(first)}])(?:{'|'.join(kinds)})(?![A-Za-z])", re.IGNORECASE)


def _kinds() -> Iterator[tuple[str, list[str]]]:
    """Yield the kinds, those with the longer wordings first: "gate code" is no plain "code"."""
    order = ("security_code", "gate_code", "password", "expiry", "card_part", "login", "code")
    return ((kind, _words()["cues"][kind]) for kind in order)


def _longest_first(cues: list[str]) -> list[str]:
    return sorted(cues, key=len, reverse=True)


def _wording(cue: str) -> str:
    return r"[ -]{1,2}".join(map(re.escape, cue.split(" ")))


def find_announced(plain: str) -> Iterator[Found]:
    """Yield (start, end, type) in a folded text for what is announced as secret, login or part of a card."""
    for cue in _cues().finditer(plain):
        yield from _FINDERS[cue.lastgroup or ""](plain, cue)
    has_digit = any(char.isdigit() for char in plain)
    for match in _MASKED.finditer(plain) if has_digit else ():
        yield match.start(), match.end(), "card"
    for match in _GROUPED.finditer(plain) if has_digit and "-" in plain else ():
        if _is_mixed(match.group()):
            yield match.start(), match.end(), "secret"
    for match in _HANDLE.finditer(plain) if "@" in plain else ():
        yield match.start(), match.start("name") + len(match.group("name").rstrip(".-")), "username"


def _is_mixed(value: str) -> bool:
    """Whether a dashed code has letters and digits in most of its groups: no phone, no date, no hyphenated words."""
    groups = value.split("-")
    mixed = sum(any(char.isdigit() for char in group) for group in groups)
    return mixed * 2 > len(groups) and any(char.isalpha() for char in value)


def _tokens(plain: str, start: int) -> list[re.Match[str]]:
    return list(_TOKEN.finditer(plain, start, min(len(plain), start + _WINDOW_CHARS + _MAX_VALUE_CHARS)))


def _candidate(plain: str, start: int) -> tuple[int, int, bool, bool] | None:
    """Return start and end of the first word that is no filler and no link, and whether a mark or a verb led to it."""
    marked = plain[start : start + 1] in {":", "="}
    linked, fillers = False, 0
    for token in _tokens(plain, start):
        raw = token.group()
        word = raw.lower().strip("\"'(:,")
        if (
            raw in {",", ".", ";", "?", "!"}
            or token.start() - start > _WINDOW_CHARS
            or _SENTENCE_END.search(plain, start, token.start())
        ):
            return None
        if word in {"", "=", "-", "->"} or raw in {":", "="}:
            marked = True
        elif word in _words()["linking"]:
            linked, marked = True, marked or raw[-1] in ":="
        elif word in _words()["fillers"] and fillers < _MAX_FILLERS:
            fillers, marked = fillers + 1, marked or raw[-1] in ":="
        else:
            first = token.start() + len(raw) - len(raw.lstrip("\"'(:=-"))
            return first, token.start() + len(raw.rstrip(_FINAL)), marked or raw[0] in ":=\"'", linked
    return None


def _find_password(plain: str, cue: re.Match[str]) -> Iterator[Found]:
    candidate = _candidate(plain, cue.end())
    if candidate is None:
        return
    start, end, marked, linked = candidate
    value = plain[start:end]
    if marked and (phrase := _phrase_end(plain, end)) > end and value.islower():
        yield start, phrase, "secret"
        return
    if cue.group().lower() == "pass" and not marked:
        return
    if len(value) < _MIN_PASSWORD_CHARS or value.lower() in _words()["not_values"] or value.startswith("["):
        return
    if _is_telling(value) or marked or (linked and _CLAUSE_END.match(plain, end)):
        yield start, end, "secret"


def _is_telling(value: str) -> bool:
    """Whether a word is no word of a sentence: digits, signs or capitals inside."""
    return any(char.isdigit() or char in _SIGNS for char in value) or not (
        value.islower() or value.isupper() or value.istitle()
    )


def _phrase_end(plain: str, end: int) -> int:
    """Return where a pass phrase of plain words ends, `end` itself for one word and for a sentence."""
    position = end
    for _ in range(_MAX_PHRASE_WORDS):
        following = _NEXT_WORD.match(plain, position)
        if following is None:
            break
        if following.group("word") in _words()["fillers"] | _words()["linking"] | _words()["not_values"]:
            return end
        position = following.end()
    return position if _CLAUSE_END.match(plain, position) else end


def _find_code(plain: str, cue: re.Match[str]) -> Iterator[Found]:
    before = re.findall(r"[\w']{1,24}", plain[max(0, cue.start() - 26) : cue.start()])
    if before and before[-1].lower() in _words()["not_codes_before"]:
        return
    yield from _codes_after(plain, cue.end())


def _codes_after(plain: str, position: int) -> Iterator[Found]:
    candidate = _candidate(plain, position)
    if candidate is None:
        return
    position, found = candidate[0], 0
    while found < _MAX_CODES and (match := _CODE.match(plain, position)) is not None and _is_code(match.group()):
        yield match.start(), match.end(), "secret"
        gap = _NEXT_CODE.match(plain, match.end())
        if gap is None:
            return
        position, found = gap.end(), found + 1


def _is_code(value: str) -> bool:
    digits = sum(char.isdigit() for char in value)
    is_dashed_capitals = value.isupper() and value.count("-") >= 2 and len(value) >= 11
    return (digits >= 2 and len(value) >= 3) or (digits == 1 and len(value) >= 5) or is_dashed_capitals


def _find_security_code(plain: str, cue: re.Match[str]) -> Iterator[Found]:
    match = _SECURITY.search(plain, cue.end(), min(len(plain), cue.end() + 40))
    if match and not _SENTENCE_END.search(plain, cue.end(), match.start()):
        yield match.start(), match.end(), "card"


def _find_login(plain: str, cue: re.Match[str]) -> Iterator[Found]:
    candidate = _candidate(plain, cue.end())
    match = _USER.match(plain, candidate[0]) if candidate else None
    if match is None or candidate is None:
        return
    end = match.start() + len(match.group().rstrip("._-"))
    value = plain[match.start() : end]
    pair = _LOGIN_PAIR.match(plain, end)
    if pair:
        secret = pair.group("value").rstrip(_FINAL)
        yield match.start(), end, "username"
        yield pair.start("value"), pair.start("value") + len(secret), "secret"
    elif any(char.isdigit() or char in "._" for char in value) and any(char.isalpha() for char in value):
        yield match.start(), end, "username"


def _find_expiry(plain: str, cue: re.Match[str]) -> Iterator[Found]:
    match = _EXPIRY.search(plain, cue.end(), min(len(plain), cue.end() + 16))
    if match and _CARD_NEAR.search(plain, max(0, cue.start() - 120), match.end()):
        yield match.start(), match.end(), "card"


def _find_card_part(plain: str, cue: re.Match[str]) -> Iterator[Found]:
    """A part of a card's number, also one that only another part says is a card's: "starts with 411111"."""
    gap = _TO_PART.match(plain, cue.end())
    match = _PART.match(plain, gap.end() if gap else cue.end())
    if match is None:
        return
    if (
        len(match.group()) >= 6
        or _CARD_NEAR.search(plain, max(0, cue.start() - 120), min(len(plain), match.end() + 60))
        or (len(match.group()) == 4 and not re.match(r"(?:19|20)\d\d", match.group()))
    ):
        yield match.start(), match.end(), "card"


_FINDERS: dict[str, Callable[[str, re.Match[str]], Iterator[Found]]] = {
    "password": _find_password,
    "security_code": _find_security_code,
    "code": _find_code,
    "gate_code": _find_code,
    "login": _find_login,
    "expiry": _find_expiry,
    "card_part": _find_card_part,
}


_MIN_SPELLED_DIGITS = 6
_AFTER_SECRET = 3
_YEAR = r"(?:[ .,/'-]{1,3}(?:de |del )?(?:\d{4}|\d{2}))"
_NUMERIC_DATE = (
    r"\d{1,4}[./ -]{1,2}\d{1,2}[./ -]{1,2}\d{2,4}|(?<!\d)(?:\d{8}|\d{6})(?!\d)|(?<!\d)\d{1,2}[./]\d{1,2}\b\.?"
)
_BIRTH_CHARS = 26
_BORN = "geboren"


@cache
def _stored() -> dict[str, list[str]]:
    stored = json.loads((Path(__file__).parent / "announcing_words.json").read_text("utf-8"))
    return {"birth": stored["cues"]["birth"], "months": stored["months"], "digits": stored["digit_words"]}


def _any_of(words: list[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(set(words), key=len, reverse=True))


@cache
def _spelled() -> re.Pattern[str]:
    word = f"(?:(?:double|triple) )?(?:{_any_of(_stored()['digits'])})"
    return re.compile(rf"(?<![A-Za-z])(?=[^\W\d_]){word}(?:[ ,-]{{1,3}}{word}){{2,40}}(?![A-Za-z])", re.IGNORECASE)


@cache
def _birth_cue() -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z])(?=[^\W\d_])(?:{_any_of(_stored()['birth'])})(?![A-Za-z])", re.IGNORECASE)


@cache
def _date() -> re.Pattern[str]:
    month = rf"(?:{_any_of(_stored()['months'])})\.?(?![A-Za-z])"
    day = r"\d{1,2}(?:st|nd|rd|th|er|\.|[ºo°])?"
    named = rf"{day}[ ./-]{{0,2}}(?:(?:of|de|di) )?{month}{_YEAR}?"
    after_month = rf"(?:{day}(?!\d){_YEAR}?|(?:de |del )?\d{{4}})"
    # most characters begin none: told before all the months are tried
    first = "".join(sorted({re.escape(word[0]) for word in _stored()["months"]}))
    return re.compile(
        rf"(?=[\d{first}])(?:{_NUMERIC_DATE}|{named}|{month} {{1,2}}{after_month}|(?<!\d)(?:19|20)\d\d(?!\d))",
        re.IGNORECASE,
    )


def find_spelled_digits(plain: str) -> Iterator[Found]:
    """Yield six or more digits written as words, and three or more that follow a word for a secret."""
    lowered = plain.lower()
    for match in _spelled().finditer(plain):
        count = len(re.findall(r"[a-z]+", match.group(), re.IGNORECASE))
        before = lowered[max(0, match.start() - 48) : match.start()]
        is_secret = re.search(r"cv[vc]|code|codi|pin\b|prufz|prufn|crypto|back|card|kart|cart|otp|gate", before)
        if count >= _MIN_SPELLED_DIGITS or (count >= _AFTER_SECRET and is_secret):
            yield match.start(), match.end(), "secret" if is_secret else "number"


def find_announced_birth_dates(plain: str) -> Iterator[Found]:
    """Yield the date, in words or digits, shortly after a word for being born, in seven languages."""
    for cue in _birth_cue().finditer(plain):
        match = _date().search(plain, cue.end(), min(len(plain), cue.end() + _BIRTH_CHARS + 24))
        if match and match.start() - cue.end() <= _BIRTH_CHARS and "\n\n" not in plain[cue.end() : match.start()]:
            yield match.start(), match.end(), "date_of_birth"
        elif cue.group().lower() == _BORN:
            yield from _date_before(plain, cue.start())


def _date_before(plain: str, end: int) -> Iterator[Found]:
    """Yield the date of "am 3.5.1987 geboren": German and Dutch put the word last."""
    for match in _date().finditer(plain, max(0, end - _BIRTH_CHARS), end):
        if end - match.end() <= 1:
            yield match.start(), match.end(), "date_of_birth"
