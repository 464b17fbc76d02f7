"""The screen for languages that are not served: beginnings of words that mean a person has to read this.

Nobody is answered there, so a false alarm costs a colleague a minute, and no reply; a miss costs a threat its haste.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass

MAX_CHARS = 20_000
GAP = " .. "
_WITHOUT_BLANKS = frozenset({"ja", "zh", "ko"})
_OTHER_LETTERS = _WITHOUT_BLANKS | {"ru", "uk"}
_ALIKE = (_OTHER_LETTERS, frozenset({"da", "no"}))
_MAX_GAP_CHARS = 40


@dataclass(frozen=True, slots=True)
class FurtherWords:
    """For each language, ISO 639-1, and category of the screen one pattern."""

    patterns: Mapping[str, Mapping[str, re.Pattern[str]]]


def to_further_words(lists: Mapping[str, Mapping[str, tuple[str, ...]]]) -> FurtherWords:
    """Return the words ready for the search; `..` in one stands for up to 40 characters of the same sentence."""
    return FurtherWords(
        {
            language: {category: _to_pattern(words, language) for category, words in categories.items()}
            for language, categories in lists.items()
        }
    )


def find_further(text: str, words: FurtherWords, language: str | None) -> frozenset[str]:
    """Return the categories that `text` has words of, also in what its language is taken for in short texts.

    Without a list of its language those in other letters than Latin ones count.
    """
    near: Collection[str | None] = next((group for group in _ALIKE if language in group), (language,))
    chosen = _lists(words, near) or _lists(words, _OTHER_LETTERS)
    plain = _folded(text[:MAX_CHARS])
    return frozenset(category for patterns in chosen for category, found in patterns.items() if found.search(plain))


def _lists(words: FurtherWords, languages: Collection[str | None]) -> list[Mapping[str, re.Pattern[str]]]:
    return [patterns for code, patterns in words.patterns.items() if code in languages]


def _to_pattern(words: tuple[str, ...], language: str) -> re.Pattern[str]:
    gap = rf"[^.!?。！？\n]{{0,{_MAX_GAP_CHARS}}}?"
    parts = (gap.join(re.escape(part) for part in _folded(word).split(GAP)) for word in words)
    start = "" if language in _WITHOUT_BLANKS else r"(?<![^\W\d_])"
    return re.compile(f"{start}(?:{'|'.join(parts)})")


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold().replace("ё", "е").replace("’", "'")
