"""Settles overlaps: every character belongs to one span at most, the one that was added first."""

from __future__ import annotations

from collections.abc import Iterator


class UniqueSpans:
    """The spans found in one text, none over another. Of what is partly taken the rest is added."""

    def __init__(self, plain: str) -> None:
        self._plain = plain
        self._taken = bytearray(len(plain))
        self.spans: list[tuple[int, int, str]] = []

    def is_free(self, start: int, end: int) -> bool:
        """Tell whether any character of the range is still free."""
        return self._taken.find(0, start, end) >= 0

    def block(self, start: int, end: int) -> None:
        """Let nobody have the range."""
        self._taken[start:end] = b"\1" * (end - start)

    def add(self, start: int, end: int, kind: str) -> None:
        """Give what is free of the range, without blanks and punctuation at its edges, to `kind`."""
        for left, right in list(self._free(start, end)):
            first, last = self._trimmed(left, right)
            if first < last:
                self.block(first, last)
                self.spans.append((first, last, kind))

    def _free(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        while start < end:
            left = self._taken.find(0, start, end)
            if left < 0:
                return
            right = self._taken.find(1, left, end)
            right = end if right < 0 else right
            yield left, right
            start = right

    def _trimmed(self, left: int, right: int) -> tuple[int, int]:
        while left < right and not _is_telling(self._plain[left]):
            left += 1
        while right > left and not _is_telling(self._plain[right - 1]):
            right -= 1
        return left, right


def _is_telling(char: str) -> bool:
    return char.isalnum() or char in "+(\"'!#$%&*/=?^`{|}~_)]@"
