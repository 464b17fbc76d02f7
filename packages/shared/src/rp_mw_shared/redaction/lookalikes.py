"""Reads text the way a person sees it: look-alike letters, accents and wide forms folded, invisible characters gone.

    "аshley\u200b@ехаmple.com" (Cyrillic, zero-width) -> "ashley@example.com"

Every folded character comes from exactly one original one, so that what is found can be cut out of the original.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

# Letters of other alphabets that are drawn like a Latin one, and Latin ones drawn otherwise. Source: Unicode TR39
# confusables, single letters, those seen in spam; most of the full table of 9,000 is for scripts no word is typed in.
LOOK_ALIKES = dict(
    zip(
        "авсԁеғɡһіӏјкмнопрԛгѕтуѵԝхүзьԍАВСЕНІЈКМОРЅТУХҮЗαβεηικνορτυχωγμΑΒΕΖΗΙΚΜΝΟΡΤΥΧıłøđɑɩʟᴀʙᴄᴅᴇꜰɢʜɪᴊᴋᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢŁØĐ",
        "abcdefghiljkmhonpqrstyvwxyzbgABCEHIJKMOPSTYXYZabenikvoptuxwyuABEZHIKMNOPTYXilodailabcdefghijkmnoprstuvwyzLOD",
        strict=True,
    )
)
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_QUOTES = {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u00b4": "'"}
_COMBINING = range(0x300, 0x370)


@dataclass(frozen=True, slots=True)
class Folded:
    """`plain` is what recognisers read; `offsets[i]` is where its character i stands in the original, None: same."""

    plain: str
    offsets: list[int] | None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the original's characters for `plain[start:end]`; `end` must be greater than `start`."""
        if self.offsets is None:
            return start, end
        return self.offsets[start], self.offsets[end - 1] + 1


class _Table(dict[int, str | None]):
    """Maps a code point to the one character it is read as, or None for no character; fills itself."""

    def __missing__(self, code: int) -> str | None:
        self[code] = _fold_character(chr(code))
        return self[code]


_TABLE = _Table()


def fold(text: str) -> Folded:
    """Return `text` as it is read, with the way back to the original offsets."""
    if text.isascii():
        return Folded(text, None)
    plain = text.translate(_TABLE)
    if len(plain) == len(text):
        return Folded(plain, None)
    return Folded(plain, [index for index, char in enumerate(text) if _TABLE[ord(char)] is not None])


def _fold_character(char: str) -> str | None:
    if char.isascii():
        return char
    if unicodedata.category(char) == "Cf" or ord(char) in _COMBINING:
        return None
    if char in _DASHES:
        return "-"
    if found := _QUOTES.get(char) or LOOK_ALIKES.get(char):
        return found
    if char.isspace():
        return "\n" if char in "\u2028\u2029\x85" else " "
    simple = [part for part in unicodedata.normalize("NFKD", char) if ord(part) not in _COMBINING]
    return simple[0] if len(simple) == 1 else char
