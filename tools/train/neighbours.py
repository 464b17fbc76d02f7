"""Says a message again in nearby words: `my parcel is late` -> `my package is delayed`; so synonyms are learnt."""

from __future__ import annotations

import random
import re
from functools import cache
from pathlib import Path

NEIGHBOURS_FILE = Path(__file__).parent / "neighbours.txt"
_PARTS = re.compile(r"\w+|\W+")


@cache
def load_neighbours() -> dict[str, tuple[str, ...]]:
    """Return each word's neighbours, nearest first. How the list was made: make_neighbours.py."""
    lines = (line.split() for line in NEIGHBOURS_FILE.read_text(encoding="utf-8").splitlines())
    return {word: tuple(near) for word, *near in lines}


def reworded(text: str, share: float, rng: random.Random) -> str:
    """Return `text` with about `share` of the words that have neighbours replaced, nearer ones more often."""
    neighbours = load_neighbours()
    parts = []
    for part in _PARTS.findall(text):
        near = neighbours.get(part.lower(), ())
        replace = near and rng.random() < share
        parts.append(rng.choices(near, range(len(near), 0, -1))[0] if replace else part)
    return "".join(parts)
