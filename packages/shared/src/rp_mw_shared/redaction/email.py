"""E-mail addresses, also url-encoded (`%40`), bracketed (`(at)`), spelled out and quoted.

The at sign is found first and the address read to both sides of it, each character once: no pattern can blow up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_AT = re.compile(r"@|%40|&#0?64;|\s?[\[({<]\s?at\s?[\])}>]\s?", re.IGNORECASE)
_LABEL = r"[\w][\w-]{0,80}"
_DOT = r"(?:\.{1,2}|%2e|\s?[\[({<]\s?dot\s?[\])}>]\s?)"
_DOMAIN = re.compile(
    rf"\[[^\]\n]{{1,90}}\]?|-?{_LABEL}(?:{_DOT}{_LABEL}){{0,130}}"
    rf"|(?:\([^()\n@]{{0,60}}\)?|[ \t\r\n\x00-\x1f\x7f\u2400-\u241f]{{1,4}}){_LABEL}(?:\s?\.{_LABEL}){{1,8}}",
    re.IGNORECASE,
)
_LOCAL = re.compile(r"[\w.+\-!#$*^~{}'%\\&`|/?=\x7f\u2400-\u241f]")
_COMMON_LOCAL = re.compile(r"[\w.+\-!#$*^~'\\\x7f]")
_SPELLED = re.compile(
    r"(?<![\w.+-])(?:[\w+-]{1,40}\s(?:dot|underscore|dash|hyphen)\s){0,3}[\w.+-]{2,64}(?<!\bis)(?<!\bus)(?<!\bme)\s{1,2}at\s{1,2}"
    r"[\w-]{2,40}(?:\s{1,2}dot\s{1,2}[\w-]{2,20}){1,3}(?!\w)",
    re.IGNORECASE,
)
# "jane @ example.com" and "jane_at_example_dot_com"
_SPACED = re.compile(r"(?<![\w.+-])[\w.+-]{2,64}\s{1,2}@\s{1,2}[\w-]{2,40}(?:\.[a-z]{2,12}){1,3}(?![\w@])")
_JOINED = re.compile(
    r"(?<![A-Za-z0-9.+-])[A-Za-z0-9.+-]{2,64}_at_[A-Za-z0-9-]{2,40}(?:_dot_[A-Za-z]{2,12}){1,3}(?!\w)", re.IGNORECASE
)
# A slip of the finger that leaves the address readable.
_COMMA_ENDING = re.compile(r",(?:com|net|org|co|de|fr|uk|in|it|es)\b")
_MAX_LOCAL_CHARS = 128


def find_emails(plain: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, "email") for every address in a folded text."""
    for at in _AT.finditer(plain):
        domain = _DOMAIN.match(plain, at.end())
        if domain is None:
            continue
        start = _local_start(plain, at.start())
        if start < at.start():
            end = _trimmed_end(plain, domain.end())
            slip = None if "." in plain[at.end() : end] else _COMMA_ENDING.match(plain, end)
            yield start, slip.end() if slip else end, "email"
    yield from _written_out(plain)


def _written_out(plain: str) -> Iterator[tuple[int, int, str]]:
    lowered = plain.lower()
    for sign, pattern in ((" dot ", _SPELLED), ("@ ", _SPACED), ("_dot_", _JOINED)):
        if sign in lowered:
            for match in pattern.finditer(plain):
                yield match.start(), match.end(), "email"


def _local_start(plain: str, at: int) -> int:
    """Return where the local part that ends at `at` begins; `at` itself when there is none."""
    if plain[at - 1 : at] in {'"', "'"} and (opening := plain.rfind(plain[at - 1], max(0, at - 80), at - 1)) >= 0:
        return opening
    start = _walk_back(plain, at, _COMMON_LOCAL)
    if start == at:  # odd but legal characters right before the sign: read as much as may belong
        start = _walk_back(plain, at, _LOCAL)
    while start < at and plain[start] in ".'-":
        start += 1
    return start


def _walk_back(plain: str, at: int, allowed: re.Pattern[str]) -> int:
    start, lowest = at, max(0, at - _MAX_LOCAL_CHARS)
    while start > lowest and allowed.match(plain[start - 1]):
        start -= 1
    return start


def _trimmed_end(plain: str, end: int) -> int:
    while plain[end - 1] in "-_.":
        end -= 1
    return end
