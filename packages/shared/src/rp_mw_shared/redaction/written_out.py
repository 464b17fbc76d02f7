"""Values written as words: digits spelled out, e-mail addresses read aloud or without their sign, dates of birth.

"six one seven five five five" · "ana arroba example punto com" · "anadiaz gmail.com" · "nací el 3 de mayo de 1987"
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

Found = tuple[int, int, str]

_MIN_SPELLED_DIGITS = 6
_AFTER_SECRET = 3
_AT = r"(?:at|arroba|chiocciola|arobase|apenstaartje|klammeraffe)"
_DOT = r"(?:dot|punto|punkt|point|punt|ponto)"
_ALOUD = re.compile(
    rf"(?<![\w.+-])[\w.+-]{{2,64}}(?: {_DOT} [\w+-]{{1,40}}){{0,3}} {_AT} "
    rf"[\w-]{{2,40}}(?: {_DOT} [\w-]{{2,20}}){{1,3}}(?!\w)",
    re.IGNORECASE,
)
_HOSTS = (
    r"(?:gmail|googlemail|hotmail|yahoo|ymail|outlook|icloud|proton(?:mail)?|gmx|web|live|msn|aol|libero|orange|wanadoo"
    r"|laposte|telefonica|ziggo|kpnmail|planet|sapo|uol|bol|terra|t-online|freenet|mail)"
)
_UNSIGNED = re.compile(
    rf"(?<![\w.@+-])[A-Za-z0-9][\w.+-]{{2,63}} {{1,2}}@?{_HOSTS}\.(?:com|net|org|de|fr|es|it|nl|pt|co\.uk|com\.br"
    rf"|br|at|ch|be)(?![\w.-]\w)",
    re.IGNORECASE,
)
_NO_LOCAL = re.compile(
    r"(?:my|on|at|to|via|from|the|with|use|uses|using|and|or|een|per|von|bei|mit|auf|sur|chez|par|por|con|in|em|op"
    r"|not|for|use|is)\b ",
    re.IGNORECASE,
)
_YEAR = r"(?:[ .,/'-]{1,3}(?:de |del )?(?:\d{4}|\d{2}))"
_NUMERIC_DATE = (
    r"\d{1,4}[./ -]{1,2}\d{1,2}[./ -]{1,2}\d{2,4}|(?<!\d)(?:\d{8}|\d{6})(?!\d)|(?<!\d)\d{1,2}[./]\d{1,2}\b\.?"
)
_BIRTH_CHARS = 26


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
    return re.compile(
        rf"{_NUMERIC_DATE}|{day}[ ./-]{{0,2}}(?:(?:of|de|di) )?{month}{_YEAR}?|{month} {{1,2}}{day}(?!\d){_YEAR}?"
        rf"|{month} {{1,2}}(?:de |del )?\d{{4}}|(?<!\d)(?:19|20)\d\d(?!\d)",
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


def find_unsigned_emails(plain: str) -> Iterator[Found]:
    """Yield e-mail addresses that are read aloud or lack their at sign."""
    for match in _ALOUD.finditer(plain):
        if not _NO_LOCAL.match(plain, match.start()):
            yield match.start(), match.end(), "email"
    for match in _UNSIGNED.finditer(plain) if "." in plain else ():
        if not _NO_LOCAL.match(plain, match.start()):
            yield match.start(), match.end(), "email"


def find_announced_birth_dates(plain: str) -> Iterator[Found]:
    """Yield the date, in words or digits, shortly after a word for being born, in seven languages."""
    for cue in _birth_cue().finditer(plain):
        match = _date().search(plain, cue.end(), min(len(plain), cue.end() + _BIRTH_CHARS + 24))
        if match and match.start() - cue.end() <= _BIRTH_CHARS and "\n\n" not in plain[cue.end() : match.start()]:
            yield match.start(), match.end(), "date_of_birth"
