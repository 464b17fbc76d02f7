"""Text to hashed features for the embedded classifier; the training script uses these very functions.

    text -> normalise -> words -> {word, word pair, character n-gram} -> crc32 -> bucket

Standard library only: the worker's cold start pays for every import.
"""

from __future__ import annotations

import re
import unicodedata
from zlib import crc32

Buckets = tuple[list[int], list[int]]
MAX_CHARACTERS = 2000
MAX_WORDS = 220

# Numbered placeholders of the redactor, such as [EMAIL_1] or <ORDER_NUMBER_2>.
_PLACEHOLDER = re.compile(r"[\[<{(]{1,2}([A-Za-z][A-Za-z_ ]{1,30}?)[_ ]?\d*[\]>})]{1,2}")
# What is left of a number in plain text does not tell its kind, so every kind of reference is one word.
_PLACEHOLDER_WORDS = {
    **dict.fromkeys(("order", "number", "invoice", "tracking", "account"), "xorder"),
    "amount": "xmoney",
    "birthdate": "xnum",
}
_URL = re.compile(r"(?:https?://|www\.)\S+")
# A run of non-spaces is tried from its start alone, so the work grows with the length of the text and no faster.
_EMAIL = re.compile(r"(?<!\S)\S[^\s@]*@\S+\.\w+")
_MONEY = re.compile(
    r"(?:[$€£₹]|\b(?:rs|inr|usd|eur|gbp)\b\.?)\s?\d[\d,.]*|\b\d[\d,.]*\s?(?:[$€£₹]|(?:dollars?|bucks|rs|rupees|inr|usd|eur|euros?|gbp|pounds|quid)\b)"
)
_LONG_NUMBER = re.compile(r"#?\s?\b(?=[a-z0-9-]{0,100}\d{3})(?>[a-z0-9]*\d[a-z0-9]*)(?:-[a-z0-9]++)*\b")
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|[?!]+")
_REPEATED = re.compile(r"(.)\1{2,}")


def _placeholder_word(match: re.Match[str]) -> str:
    kind = match.group(1).lower().replace(" ", "_").partition("_")[0]
    return " " + _PLACEHOLDER_WORDS.get(kind, "x" + kind) + " " if match.group(1).isupper() else match.group(0)


def normalise(text: str) -> str:
    """Return `text` lower-cased with addresses, links, amounts and numbers replaced by one word for each kind."""
    text = unicodedata.normalize("NFKC", text[:MAX_CHARACTERS])
    text = _PLACEHOLDER.sub(_placeholder_word, text)
    text = text.lower().replace("’", "'").replace("`", "'").replace("´", "'")
    text = _URL.sub(" xurl ", text)
    text = _EMAIL.sub(" xemail ", text)
    text = _MONEY.sub(" xmoney ", text)
    text = _LONG_NUMBER.sub(" xorder ", text)
    text = _NUMBER.sub(" xnum ", text)
    return _REPEATED.sub(r"\1\1", text)


def to_words(text: str) -> list[str]:
    """Return the normalised words of `text`, at most MAX_WORDS; runs of ? and ! count as one word each."""
    words = [word.replace("'", "") for word in _WORD.findall(normalise(text))]
    return [word[:1] if word[0] in "?!" else word[:24] for word in words[:MAX_WORDS]]


def is_read_whole(text: str) -> bool:
    """Tell whether no end of `text` is beyond what is read."""
    return len(text) < MAX_WORDS or (len(text) <= MAX_CHARACTERS and len(to_words(text)) < MAX_WORDS)


def to_buckets(text: str, word_bits: int, piece_bits: int) -> Buckets:
    """Return the buckets of the words and word pairs of `text`, and those of the pieces of its words."""
    words = to_words(text)
    return word_buckets(words, word_bits), character_buckets(words, piece_bits)


def word_buckets(words: list[str], bits: int) -> list[int]:
    """Return the distinct buckets of the words and word pairs, in ascending order; empty for no words."""
    if not words:
        return []
    grams = set(words)
    grams.update(map(" ".join, zip(["^", *words], [*words, "$"], strict=True)))
    shift = 32 - bits
    return sorted({crc32(gram.encode()) >> shift for gram in grams})


def character_buckets(words: list[str], bits: int) -> list[int]:
    """Return the distinct buckets of the 3 to 5 character pieces inside each padded word, in ascending order."""
    pieces: set[str] = set()
    for word in set(words):
        padded = f"<{word}>"
        for size in (3, 4, 5):
            pieces.update(padded[start : start + size] for start in range(len(padded) - size + 1))
    shift = 32 - bits
    return sorted({crc32(piece.encode(), 1) >> shift for piece in pieces})
