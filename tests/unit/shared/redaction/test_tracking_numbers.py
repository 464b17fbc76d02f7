"""A tracking number is one that its carrier's own rule accepts."""

from __future__ import annotations

import pytest

from rp_mw_shared.redaction.context_words import find_context_words
from rp_mw_shared.redaction.tracking import find_tracking, load_formats, matching_formats


def found(text: str) -> list[str]:
    """The tracking numbers in a text."""
    return [text[start:end] for start, end, _ in find_tracking(text, find_context_words(text))]


# The check digits of these were worked out by hand from the carriers' rules.
VALID = [
    ("1Z999AA10123456784", "ups"),
    ("RB123456785GB", "postal"),
    ("TBA123456789012", "amazon"),
    ("GFUS01234567890123", "gofo"),
    ("YT1234567890123456", "yunexpress"),
    ("JJD0001234567890123", "yodel"),
]


@pytest.mark.parametrize(("number", "carrier"), VALID)
def test_a_valid_number_is_recognised_with_its_carrier(number: str, carrier: str) -> None:
    """Alone, in a sentence, in lower case, and with blanks inside."""
    assert carrier in {fmt.carrier for fmt in matching_formats(number)}
    assert found(number) == [number]
    assert found(f"My tracking number is {number}, where is it?") == [number]
    assert found(f"tracking {number.lower()}") == [number.lower()]
    spaced = f"{number[:4]} {number[4:8]} {number[8:]}"
    assert found(f"tracking: {spaced}.") == [spaced]


@pytest.mark.parametrize("position", range(9, 17))
def test_one_wrong_digit_is_no_tracking_number(position: int) -> None:
    """The check digit is checked."""
    number = "1Z999AA10123456784"
    wrong = number[:position] + str((int(number[position]) + 1) % 10) + number[position + 1 :]
    assert found(f"tracking number {wrong}") == []


def test_a_postal_number_needs_a_country_that_exists() -> None:
    """XX is nobody's code."""
    assert found("tracking RB123456785XX") == []


def test_all_zeros_satisfy_no_format() -> None:
    """Every weighted sum of zeros is right, and means nothing."""
    assert found("tracking 000000000000") == []


@pytest.mark.parametrize("text", ["order 320606146993", "call 3821724944", "my card is 4111111111111111"])
def test_a_number_called_something_else_is_not_believed(text: str) -> None:
    """One number in ten satisfies some carrier's rule by accident."""
    assert found(text) == []


def test_every_format_has_the_lengths_its_pattern_allows() -> None:
    """The lengths only save time; a wrong one would hide a format."""
    for fmt in load_formats():
        assert min(fmt.lengths) >= 10
        assert max(fmt.lengths) <= 42
