"""Slips of the keyboard are counted as a person makes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rp_mw_shared.edit_distance import is_within


@pytest.mark.parametrize(
    ("left", "right", "slips"),
    [
        ("order", "order", 0),
        ("ordr", "order", 1),
        ("oorder", "order", 1),
        ("arder", "order", 1),
        ("odrer", "order", 1),
        ("lawer", "lawyer", 1),
        ("purhcaes", "purchase", 2),
        ("invoice", "voices", 3),
    ],
)
def test_the_slips_between_two_words(left: str, right: str, slips: int) -> None:
    """Added, left out, changed, swapped: one each; the same both ways."""
    assert is_within(left, right, slips) and is_within(right, left, slips)
    assert slips == 0 or not (is_within(left, right, slips - 1) or is_within(right, left, slips - 1))


@given(left=st.text("abcd", max_size=9), right=st.text("abcd", max_size=9), limit=st.integers(0, 3))
def test_the_short_cuts_agree_with_the_whole_table(left: str, right: str, limit: int) -> None:
    """What words share at their ends, and characters that one of them lacks, decide nothing the table would not."""
    assert is_within(left, right, limit) == (_distance(left, right) <= limit)


def _distance(left: str, right: str) -> int:
    """The slips between two words, from the definition, without any short cut."""
    rows = [list(range(len(right) + 1))]
    for i, mine in enumerate(left, 1):
        row = [i]
        for j, other in enumerate(right, 1):
            ways = [rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (mine != other)]
            if i > 1 and j > 1 and (mine, left[i - 2]) == (right[j - 2], other):
                ways.append(rows[i - 2][j - 2] + 1)
            row.append(min(ways))
        rows.append(row)
    return rows[-1][-1]
