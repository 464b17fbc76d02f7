"""Undoes what hides a word from a plain comparison: look-alike letters, digits for letters, dots and blanks inside.

Nothing here is shown to anybody: it is only for comparing with words of screen.yaml.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import product

# Letters of other alphabets that look like a Latin one. NFKC has already dealt with full-width, mathematical,
# circled and similar forms, and accents are taken off before. Source: Unicode TR39 confusables, the letters seen in
# spam; the full table is 9,000 entries, most of them for scripts no keyword can be typed with.
_LOOK_ALIKES = str.maketrans(
    "авсԁеғɡһіӏјкмнопрԛгѕтуѵԝхүзьԍαβεηικνορτυχωγμıłøđɑɩʟᴀʙᴄᴅᴇꜰɢʜɪᴊᴋᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ",
    "abcdefghiljkmhonpqrstyvwxyzbgabenikvoptuxwyuilodailabcdefghijkmnoprstuvwyz",
)
_LEET = str.maketrans({"0": "o", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g"})
_LEET_MARKS = str.maketrans({"@": "a", "$": "s", "€": "e", "£": "l", "!": "i", "|": "l", "+": "t", "(": "c"})
_ONE = ("i", "l")
_REPEATED = re.compile(r"(.)\1{2,}")
_PIECE = re.compile(r"[a-z0-9]+")
_MARKS_INSIDE = re.compile(r"(?<=[a-z0-9@$!|+(€£*])[^a-z0-9\s]+(?=[a-z0-9@$!|+(€£])|[@$€£|+(]")
_EDGE = ".,;:!?\"'“”‘’()[]{}<>«»-–—_*~`"
_MIN_RUN = 3
_MAX_ALTERNATIVES = 8

Alternatives = tuple[str, ...]


def to_plain(text: str) -> str:
    """Return `text` in lower case Latin letters as far as it can be seen as such, without invisible characters."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", text).casefold()
    letters = (
        char for char in unicodedata.normalize("NFD", folded) if unicodedata.category(char) not in {"Mn", "Cf", "Me"}
    )
    return "".join(letters).translate(_LOOK_ALIKES)


def token_streams(plain: str) -> tuple[list[Alternatives], ...]:
    """Return the words of `plain`, once split at every mark and once with the marks inside words taken out.

    Each word is a tuple of the ways to read it; the second stream is left out where it equals the first.
    """
    split = [_readings(piece) for piece in _PIECE.findall(plain)]
    if not _MARKS_INSIDE.search(plain):
        return (split,)
    joined = [_readings(word) for word in map(_without_marks, plain.split()) if word]
    return split, joined


def spelled_out(plain: str) -> list[str]:
    """Return what runs of single characters (`l a w y e r`, `s.u.e`) spell."""
    runs: list[str] = []
    run = ""
    for piece in [*_PIECE.findall(plain), "  "]:
        if len(piece) == 1:
            run += piece
            continue
        if len(run) >= _MIN_RUN:
            runs.extend(_readings(run))
        run = ""
    return runs


def _without_marks(chunk: str) -> str:
    return "".join(_PIECE.findall(chunk.strip(_EDGE).translate(_LEET_MARKS)))


def _readings(word: str) -> Alternatives:
    """Return the word and, where it mixes digits into letters or draws letters out, what it may stand for."""
    readings = [word]
    if not word.isalpha() and not word.isdigit():
        readings.extend(_unleeted(word))
    if _REPEATED.search(word):
        readings.extend([_REPEATED.sub(r"\1", word), _REPEATED.sub(r"\1\1", word)])
    return tuple(dict.fromkeys(readings))


def _unleeted(word: str) -> list[str]:
    base = word.translate(_LEET)
    parts = base.split("1")
    choices = product(_ONE, repeat=min(len(parts) - 1, 3))
    found = []
    for choice in choices:
        letters = [*choice, *(["i"] * (len(parts) - 1 - len(choice)))]
        found.append(parts[0] + "".join(letter + part for letter, part in zip(letters, parts[1:], strict=True)))
    return found[:_MAX_ALTERNATIVES]
