"""How far two words are apart, in slips of the keyboard.

Own code: the libraries for this are compiled wheels of megabytes, for a dozen short words this is fast enough.
"""

from __future__ import annotations


def is_within(left: str, right: str, limit: int) -> bool:
    """Whether at most `limit` letters were added, left out, changed, or swapped with their neighbour.

    A screen asks this of every word it has not seen: what the words share at both ends costs nothing, and the table of
    distances is only made for what two slips or more may explain.
    """
    if abs(len(left) - len(right)) > limit:
        return False
    left, right = _without_shared_ends(left, right)
    longest = max(len(left), len(right))
    if longest <= limit:
        return True
    if limit == 1:
        return longest == 2 and left == right[::-1]
    return _has_most_letters(left, right, limit) and _has_short_way(left, right, limit)


def _without_shared_ends(left: str, right: str) -> tuple[str, str]:
    shortest = min(len(left), len(right))
    start = 0
    while start < shortest and left[start] == right[start]:
        start += 1
    end = 0
    while end < shortest - start and left[-1 - end] == right[-1 - end]:
        end += 1
    return left[start : len(left) - end], right[start : len(right) - end]


def _has_most_letters(left: str, right: str, limit: int) -> bool:
    """Whether all but `limit` characters of `left` are in `right`: a slip loses one at most."""
    for letter in right:
        left = left.replace(letter, "", 1)
    return len(left) <= limit


def _has_short_way(left: str, right: str, limit: int) -> bool:
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, letter in enumerate(left, 1):
        older, before, row = before, row, [i]
        for j, other in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == right[j - 2] and left[i - 2] == other:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return False
    return row[-1] <= limit
