"""The word lists of the recognisers (word_lists.json), read on first use."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path


@cache
def load_words(name: str) -> tuple[str, ...]:
    """Return the words of the list called `name`, in the file's order; raises KeyError for no such list."""
    stored = json.loads((Path(__file__).parent / "word_lists.json").read_text("utf-8"))
    return tuple(stored[name]["words"].split())


@cache
def load_word_set(name: str) -> frozenset[str]:
    """Return the list called `name` as a set."""
    return frozenset(load_words(name))
