"""Whatever the text is: no crash, consistent spans, nothing left for a second look, exact resolution."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rp_mw_shared.redaction import redact, redact_for_model, resolve

_PIECES = st.sampled_from(
    [
        "jane@example.com", "+1 201-555-0123", "06 12 34 56 78", "4111 1111 1111 1111", "order ",
        "#1001", "tracking ",
        "1Z999AA10123456784",
        "123-45-6789", "12 Main Street, ", "Springfield, IL 62704", "my name is ", "Jane Doe",
        "[EMAIL]", "[EMAIL_1]", "[", "]", "_1", "%40", " at ", " dot ", "\u200b", "\u202e", "\ud800",
        "\n", " ", ".", "-",
        "https://a.example/?t=1", "192.168.1.1", "password: ", "DE89370400440532013000", "\u0430", "7",
        "call ", "é",
    ]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=200), st.lists(_PIECES, max_size=14).map("".join))
NAUGHTY = [
    "", "\x00", "\ufeff", "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f",
    "\u202e\u202dtest\u202c", "<script>alert(0)</script>", "${jndi:ldap://x/a}", "%s%s%n", "{{7*7}}",
    "\u2028\u2029", "١٢٣٤٥٦٧٨٩٠",
    "１２３ ４５６ ７８９０", "ﬁ@ﬂ.com", "İstanbul @ ı.com", "ß" * 50, "\ud83d", "@@@@", "a@", "@a", "+", "++1",
    "((((((1",
]  # fmt: skip


@given(TEXTS)
@settings(max_examples=300, deadline=None)
@example("+1 201-555-0123[EMAIL_1]4111 1111 1111 1111")
def test_spans_are_in_order_apart_and_inside(text: str) -> None:
    """Each is at least one character of the text, and no two share one."""
    position = 0
    for span in redact(text).spans:
        assert position <= span.start < span.end <= len(text)
        position = span.end


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_redacting_the_result_changes_nothing(text: str) -> None:
    """What is logged twice is redacted twice."""
    once = redact(text).text
    assert redact(once).text == once


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_the_models_text_resolves_back_exactly(text: str) -> None:
    """Also where the customer types placeholders of their own."""
    assert resolve(*redact_for_model(text)) == text


@given(TEXTS, st.lists(st.text(max_size=30), max_size=4))
@settings(max_examples=200, deadline=None)
def test_any_known_value_is_taken_as_it_is(text: str, known: list[str]) -> None:
    """Known values are data, never patterns."""
    once = redact(text, known).text
    assert redact(once, known).text == once


@pytest.mark.parametrize("text", NAUGHTY)
def test_naughty_strings_do_no_harm(text: str) -> None:
    """Texts that broke other programs."""
    once = redact(text).text
    assert redact(once).text == once
    assert resolve(*redact_for_model(text)) == text


HOSTILE = [
 
    "a" * 10_000, "1" * 10_000, "1 " * 5_000, "12-" * 3_300, "@" * 10_000, "a@" * 5_000,
    "a@b." * 2_500, "(" * 10_000,
 
    "+1(" * 3_300, "A " * 5_000, "Aa " * 3_300, "12 Aa " * 1_700, "12 Main Street, " * 650,
    "\n" * 10_000, "order #1," * 1_200,
 
    "my name is A" * 800, "Dr. " * 2_500, "GB12 " * 2_000, ":" * 10_000, "1." * 5_000,
    "[EMAIL_" * 1_400, "Apt. 5 " * 1_400,
 
    "https://a/?" + "a" * 9_000, "eyJ" * 3_300, "-----BEGIN PRIVATE KEY-----" * 370,
    "a at b dot " * 900, "\u200b" * 10_000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12])
def test_no_text_makes_redaction_slow(text: str) -> None:
    """A message of 10 KB made to blow up a pattern costs CPU time in proportion to its length only."""
    redact("call 06 12 34 56 78 or +1 201-555-0123, order 1001")  # load what is loaded on first use
    started = time.process_time()
    redact(text)
    assert time.process_time() - started < 1.5
