"""Tells which lines of a mail repeat what the shop wrote in the ticket: those are not the customer's words."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORD = re.compile(r"[^\W_]+")
_RUN = 4  # so many words in a row, all the shop's, are no chance
_MAX_AGENT_WORDS = 50_000


def without_repeated(text: str, agent_texts: Iterable[str]) -> str:
    """Return the lines of `text` that are not whole in one of the shop's own texts, compared word by word.

    A line of fewer than four words is the shop's only where the shop wrote just that line.
    """
    lines = text.split("\n")
    if not any(line.strip() for line in lines):
        return ""
    whole, runs = _known(agent_texts)
    kept = [line for line in lines if not _is_repeated(_words(line), whole, runs)]
    return "\n".join(kept).strip()


def _known(texts: Iterable[str]) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
    whole: set[tuple[str, ...]] = set()
    runs: set[tuple[str, ...]] = set()
    left = _MAX_AGENT_WORDS
    for text in texts:
        if left <= 0:
            break
        words = _words(text)[:left]
        left -= len(words)
        runs.update(_runs(words))
        whole.update(tuple(_words(line)) for line in text.split("\n"))
    return whole, runs


def _is_repeated(words: list[str], whole: set[tuple[str, ...]], runs: set[tuple[str, ...]]) -> bool:
    if len(words) < _RUN:
        return tuple(words) in whole
    return all(run in runs for run in _runs(words))


def _runs(words: list[str]) -> Iterable[tuple[str, ...]]:
    return (tuple(words[start : start + _RUN]) for start in range(len(words) - _RUN + 1))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
