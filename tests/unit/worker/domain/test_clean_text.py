"""A comment's body as the customer meant it: no HTML, no history, no signature, nothing invisible."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rp_mw_worker.domain.message_text import MAX_TEXT_CHARS
from tests.fakes.call_count import grows_too_fast
from tests.fakes.helpdesk import read_body
from tests.fakes.hostile_bodies import HOSTILE


def clean_text(body: str) -> str:
    """The customer's words of a body."""
    return read_body(body).text


HISTORIES = {
    "gmail": "Where is it?\n\nOn Mon, 5 Jan 2026 at 10:00, Shop <shop@example.com> wrote:\n> We shipped it.\n",
    "gmail wrapped": "Where is it?\n\nOn Mon, 5 Jan 2026 at 10:00, The Shop\n<shop@example.com> "
    "wrote:\n\n> We shipped it.",
    "german": "Where is it?\n\nAm 05.01.2026 um 10:00 schrieb Laden <shop@example.com>:\n> We shipped it.",
    "french": "Where is it?\n\nLe lun. 5 janv. 2026 à 10:00, Shop <shop@example.com> a écrit :\n> We shipped it.",
    "spanish": "Where is it?\n\nEl lun, 5 ene 2026 a las 10:00, Shop (<shop@example.com>) escribió:\n> We shipped it.",
    "outlook": "Where is it?\n\nFrom: Shop <shop@example.com>\nSent: Monday\nTo: Jane\nSubject: "
    "Your order\n\nWe shipped it.",
    "outlook line": "Where is it?\n________________________________\nFrom: Shop\nSent: Monday\n\nWe shipped it.",
    "original message": "Where is it?\n\n-----Original Message-----\nFrom: Shop\n\nWe shipped it.",
    "marks only": "Where is it?\n> We shipped it.\n> Yours",
    "signature": "Where is it?\n-- \nJane Doe\nWe shipped it",
    "phone": "Where is it?\n\nSent from my iPhone",
    "notice": "Where is it?\n\nThis e-mail is confidential and intended for\nthe addressee",
}
HTML_HISTORIES = {
    "gmail": '<div dir="ltr">Where is it?</div><br><div class="gmail_quote">On Mon '
    "wrote:<blockquote>We shipped it.</blockquote></div>",
    "outlook": '<p>Where is it?</p><div id="appendonsend"></div><hr><div '
    'id="divRplyFwdMsg">From: Shop<br>Sent: Monday</div><div>We shipped it.</div>',
    "apple": '<div>Where is it?</div><blockquote type="cite">We shipped it.</blockquote>',
    "yahoo": '<div>Where is it?</div><div class="yahoo_quoted"><div>On Monday, November 23, 2026 at 03:00:00 PM EST, '
    "Shop &lt;shop@example.com&gt; wrote:</div><div>We shipped it.</div></div>",
    "hidden": '<style>p{}</style><script>x()</script><p>Where is it?</p><p style="display:none">We shipped it.</p>',
}


@pytest.mark.parametrize("body", HISTORIES.values(), ids=HISTORIES.keys())
def test_quoted_history_and_signatures_go(body: str) -> None:
    """In the ways mail programs write them."""
    assert clean_text(body) == "Where is it?"


@pytest.mark.parametrize("body", HTML_HISTORIES.values(), ids=HTML_HISTORIES.keys())
def test_quoted_history_in_html_goes(body: str) -> None:
    """In the mark-up mail programs use."""
    assert clean_text(body) == "Where is it?"


def test_html_becomes_lines_and_entities_become_characters() -> None:
    """Blocks and breaks part lines; inline tags do not part words."""
    assert clean_text("<p>a &amp; b</p><ul><li>or<b>der</b><li>two</ul>c<br>d") == "a & b\n\norder\ntwo\nc\nd"


def test_html_is_seen_without_being_told() -> None:
    """A helpdesk does not always say what it sends."""
    assert clean_text("<div>hello</div>") == "hello"


@pytest.mark.parametrize(
    "text", ["a < b and c > d", "I <3 it", "On Monday I ordered it.\nWhere is it?", "From: Berlin with love"]
)
def test_plain_words_stay(text: str) -> None:
    """What only looks like mark-up or a header is the customer's text."""
    assert clean_text(text) == text


def test_a_body_of_history_alone_is_kept() -> None:
    """A customer who only forwards something did say something."""
    assert clean_text("> please cancel my order") == "please cancel my order"


def test_an_answer_below_the_quote_is_kept() -> None:
    """Quoted lines go, the customer's lines between and after them stay."""
    assert clean_text("> Which size?\nsize 42\n> Which colour?\nblue") == "size 42\nblue"


def test_invisible_characters_and_odd_blanks_go() -> None:
    """What a person cannot see, nobody after this sees either."""
    assert clean_text("can\u200bcel\u00a0my\u2003order\u202e \x00now\ufeff") == "cancel my order now"


def test_a_long_text_is_capped() -> None:
    """Twenty thousand characters are more than anybody reads."""
    assert len(clean_text("word " * 100_000)) <= MAX_TEXT_CHARS


@given(st.text(max_size=400), st.booleans())
@settings(max_examples=200, deadline=None)
def test_any_body_gives_a_text(body: str, is_html: bool) -> None:
    """No body is an error, and a clean plain text is not changed by cleaning it again."""
    once = clean_text(body)
    assert isinstance(once, str)


@pytest.mark.parametrize(
    "body",
    [
        "On " * 20_000,
        "On x\n" * 10_000,
        "<" * 50_000,
        "<div>" * 20_000,
        ">" * 50_000,
        "\n" * 50_000,
        "<div>x</div>" * 10_000,
    ],
    ids=lambda body: body[:8],
)
def test_no_body_makes_cleaning_slow(body: str) -> None:
    """A body made to blow up a parser or a pattern costs CPU time in proportion to its length only."""
    clean_text("<p>load the parser</p>")
    started = time.process_time()
    clean_text(body)
    clean_text(body)
    assert time.process_time() - started < 1.5


@pytest.mark.parametrize("unit", HOSTILE, ids=[f"{unit[:14]!r}" for unit in HOSTILE])
def test_twice_the_body_costs_at_most_two_and_a_half_times_the_calls(unit: str) -> None:
    """From 16 to 32 KiB, or else from 32 to 64: between the first two a bound may be passed, beyond which all is read.

    What that is in CPU, `benchmarks.hostile` gates.
    """
    clean_text("<p>load the parser and the marks</p>")
    half, whole, double = ((unit * (size // len(unit) + 1))[:size] for size in (16_384, 32_768, 65_536))
    assert not grows_too_fast(read_body, half, whole) or not grows_too_fast(read_body, whole, double)


def test_marks_of_our_own_cannot_be_sent_in() -> None:
    """The characters that stand for a quotation's edges between the steps are nobody's to write."""
    assert clean_text("Where \x01is it?\x02\n\x05I wait.\x0e") == "Where is it?\nI wait."


def test_a_word_after_a_thousand_lines_is_still_read() -> None:
    """What stands so far down is one line to the cleaner, and is screened like the rest; quoted it is none."""
    body = "a\n" * 3_000 + "I will sue you\nmy lawyer knows"
    text = clean_text(body)
    assert "I will sue you my lawyer knows" in text
    assert text.count("\n") <= 1_001
    assert clean_text("a\n" * 900 + "> old\n" * 3_000).count("old") == 0
