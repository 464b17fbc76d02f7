"""Slips of the keyboard are counted as a person makes them."""

from __future__ import annotations

import pytest

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
