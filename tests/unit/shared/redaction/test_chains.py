"""A chain of values, each of which shows the next, is not read forever, and nothing of it is passed on."""

from __future__ import annotations

from itertools import pairwise

import pytest

from rp_mw_shared.redaction import redact
from rp_mw_shared.redaction.redactor import find_spans

CHAIN = "#\t000"


@pytest.mark.parametrize("chars", [60, 900, 8_000, 40_000])
def test_what_does_not_settle_keeps_no_digit(chars: int) -> None:
    """Short or long: redacting the result again changes nothing."""
    text = (CHAIN * chars)[:chars]
    redacted = redact(text).text
    assert not any(char.isdigit() for char in redacted)
    assert redact(redacted).text == redacted


def test_spans_of_a_chain_do_not_overlap() -> None:
    """They are offsets of the original, in order."""
    text = (CHAIN * 2_000)[:8_000]
    spans = find_spans(text)
    assert all(before.end <= after.start for before, after in pairwise(spans))
    assert {text[span.start : span.end] for span in spans} == {"000"}
