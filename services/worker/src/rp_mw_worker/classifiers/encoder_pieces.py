"""Cuts a text into the pieces of a kept vocabulary: the way through it whose pieces are likeliest together.

Source: Kudo, "Subword Regularization", ACL 2018 (the unigram model; its best way, by Viterbi). Blanks are a mark before
each word, characters are in Unicode's form NFKC, and a character that no piece has is the unknown piece.
"""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import normalize

UNKNOWN, START, END = 0, 1, 2
_BLANK = "\u2581"
_UNKNOWN_COST = 10.0
_NEVER = float("-inf")


class Pieces:
    """The vocabulary: `pieces` and their `scores` (natural logarithms); the first three are unknown, start and end."""

    def __init__(self, pieces: Sequence[str], scores: Sequence[float]) -> None:
        known = enumerate(zip(pieces, scores, strict=True))
        self._found = {piece: (place, score) for place, (piece, score) in known if place > END}
        self._longest = max(map(len, self._found))
        self._unknown = min(scores) - _UNKNOWN_COST

    def split(self, text: str) -> list[int]:
        """Return the places of the pieces of `text`, start and end included."""
        marked = "".join(_BLANK + word for word in normalize("NFKC", text).split())
        return [START, *(self._best_way(marked) or [UNKNOWN]), END]

    def _best_way(self, marked: str) -> list[int]:
        found, longest = self._found, self._longest
        best = [0.0] + [_NEVER] * len(marked)
        came: list[tuple[int, int]] = [(0, UNKNOWN)] * (len(marked) + 1)
        for start in range(len(marked)):
            base = best[start]
            if base + self._unknown > best[start + 1]:
                best[start + 1], came[start + 1] = base + self._unknown, (start, UNKNOWN)
            for end in range(start + 1, min(start + longest, len(marked)) + 1):
                piece = found.get(marked[start:end])
                if piece is not None and base + piece[1] > best[end]:
                    best[end], came[end] = base + piece[1], (start, piece[0])
        way, end = [], len(marked)
        while end > 0:
            end, place = came[end]
            way.append(place)
        return way[::-1]
