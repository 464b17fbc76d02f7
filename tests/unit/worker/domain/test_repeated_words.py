"""What the shop wrote is not the customer's, wherever a mail program leaves it."""

from __future__ import annotations

import pytest

from rp_mw_worker.domain.comments import without_repeated

AGENT = "Hello Ana,\nwe may take legal action against fraud.\nKind regards"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("we may take legal action against fraud.", ""),
        ("We may take LEGAL action - against fraud", ""),
        ("take legal action against fraud", ""),
        ("Kind regards", ""),
        ("I take legal action against fraud", "I take legal action against fraud"),
        ("legal action", "legal action"),
        ("we may take legal action against fraud.\nI call my lawyer", "I call my lawyer"),
    ],
)
def test_only_lines_the_shop_wrote_go(text: str, left: str) -> None:
    """Word for word, without case and marks; of a short line only the whole."""
    assert without_repeated(text, [AGENT]) == left


def test_nothing_goes_where_the_shop_wrote_nothing() -> None:
    """A first mail repeats nobody."""
    assert without_repeated("I call my lawyer", []) == "I call my lawyer"
