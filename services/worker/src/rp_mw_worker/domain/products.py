"""Product words: what a shop sells, by the common nouns of retail. A closed list; a shop's own titles are not in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path


def find_products(plain: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, "product") for every product word, singular or plural."""
    for match in _pattern().finditer(plain):
        yield match.start(), match.end(), "product"


@cache
def _pattern() -> re.Pattern[str]:
    stored = json.loads((Path(__file__).parents[1] / "policy" / "product_words.json").read_text("utf-8"))
    words = sorted(set(stored["words"].split()), key=lambda word: (-len(word), word))
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, words))})(?:e?s)?(?![\w-])", re.IGNORECASE)
