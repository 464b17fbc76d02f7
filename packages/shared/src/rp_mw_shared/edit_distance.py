"""How far two words are apart, in slips of the keyboard.

Own code: the libraries for this are compiled wheels of megabytes, for a dozen short words this is fast enough.
"""

from __future__ import annotations


def is_within(left: str, right: str, limit: int) -> bool:
    """Whether at most `limit` letters were added, left out, changed, or swapped with their neighbour."""
    if abs(len(left) - len(right)) > limit:
        return False
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
