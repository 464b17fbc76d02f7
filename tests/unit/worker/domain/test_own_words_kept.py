"""The customer's own lines around a quotation are never cut, whatever they begin with or look like."""

from __future__ import annotations

from itertools import product

import pytest

from rp_mw_worker.domain.message_text import BodyText
from tests.fakes.helpdesk import read_body

# The first words of mail programs' introductions and headers, in the languages shops write in.
FIRST_WORDS = (
    *(
        "On",
        "Am",
        "Le",
        "El",
        "Il",
        "Em",
        "Op",
        "Den",
        "Man",
        "At",
        "W dniu",
        "Dnia",
        "Dne",
        "Ke",
        "Pa",
        "Pe",
        "Ti",
        "Tir",
    ),
    *("From", "Von", "De", "Da", "Van", "Från", "Fra", "Od", "Sent", "Gesendet", "Envoyé", "Enviado", "Inviato", "To"),
    *("An", "À", "Para", "Aan", "Subject", "Betreff", "Objet", "Asunto", "Oggetto", "Onderwerp", "Date", "Datum"),
    *(
        "Sent with",
        "Sent from my",
        "Sent via",
        "Get",
        "Gesendet von",
        "Envoyé de mon",
        "Enviado desde mi",
        "This e-mail",
    ),
    *("This message contains", "Disclaimer:", "Original message", "Forwarded message", "Il giorno", "12.11."),
)
# What a line ends or is framed with that has a meaning to mail programs.
MARKS = (
    "{}",
    "{}:",
    "{} wrote:",
    "-- {}",
    "--\n{}",
    "__\n{}",
    "______________________\n{}",
    "====================\n{}",
)
MARKS += ("*{}*", "- {}", "From: {}", "{}\n--", "{}\n____________________")
SENT = "From: Shop <a@b.example>\nSent: Monday 3:00 PM\nTo: Ana\nSubject: Order\n\n"
WROTE = "On Mon, Nov 23, 2026 at 3:00 PM Shop <a@b.example> wrote:\n"
OWN = ("Friday I file a chargeback with my bank", "this point I call my lawyer", "is the lamp I want my money back for")
QUOTATIONS = (
    "On Mon, Nov 23, 2026 at 3:00 PM Example Shop <help@shop.example> wrote:\n> Thank you for writing.",
    "Am Mo., 23. Nov. 2026 um 15:00 Uhr schrieb Example Shop <\nhelp@shop.example>:\n\n> Danke.\n> Gruß",
    "Le 23/11/2026 à 15:00, Example Shop a écrit :\n> Merci",
    "2026年11月23日(月) 15:00 Example Shop <help@shop.example>:\n\n> ..",
)
HEADERS = (
    "From: Example Shop <help@shop.example>\nSent: Monday, November 23, 2026 3:00 PM\nTo: Ana\nSubject: Order\n\n"
    "Thanks.",
    "-----Original Message-----\nFrom: Example Shop\nDate: 23/11/2026\n\nThanks.",
)


def _own_lines() -> list[str]:
    return [mark.format(f"{first} {own}") for first, mark, own in product(FIRST_WORDS, MARKS, OWN)]


def _missing(own: str, text: str) -> list[str]:
    """The words of `own` that are gone; a rule of marks alone is no word."""
    kept = " ".join(text.split())
    return [line for line in own.split("\n") if line.strip("-_=* ") and " ".join(line.split()) not in kept]


@pytest.mark.parametrize("quotation", QUOTATIONS, ids=("en", "de", "fr", "ja"))
def test_own_lines_stay_before_and_after_a_quotation(quotation: str) -> None:
    """Every first word, every mark: above the quotation with and without a blank line, and below it."""
    for own in _own_lines():
        for body in (f"Hello,\n{own}\n{quotation}\n", f"{own}\n\n{quotation}\n", f"Hi,\n{quotation}\n\n{own}\n"):
            read = read_body(body).text
            assert not _missing(own, read), body
            assert "help@shop.example" not in read, body


@pytest.mark.parametrize("headers", HEADERS, ids=("outlook", "original message"))
def test_own_lines_stay_above_a_block_of_headers(headers: str) -> None:
    """What comes before the headers is the customer's, whatever it begins with."""
    for own in _own_lines():
        read = read_body(f"Hello,\n{own}\n\n{headers}\n").text
        assert not _missing(own, read), own
        assert "Thanks." not in read, own


def test_own_lines_stay_without_any_quotation() -> None:
    """As the last line, as the first and alone."""
    for own in _own_lines():
        for body in (f"Where is it?\n{own}", f"{own}\nThanks", own):
            assert not _missing(own, read_body(body).text), body


def test_answers_between_quoted_lines_stay() -> None:
    """Each quoted line goes, each answer stays."""
    body = f"See below.\n\n{WROTE}> Which?\nThe blue one.\n> Refund?\nYes."
    assert read_body(body).text == "See below.\n\nThe blue one.\nYes."


OWN_HTML = {
    "in a quote's class": '<div>Where is it?</div><div class="gmail_quote"><div>I file a chargeback.</div></div>',
    "in a signature": '<div>Where is it?</div><div class="gmail_signature">Ana<br>PS: I file a chargeback.</div>',
    "indented": "<p>Where is it?</p><blockquote>I file a chargeback.</blockquote>",
    "after the quotation": '<div class="gmail_quote"><div class="gmail_attr">On Mon, Nov 23, 2026 at 3:00 PM Shop '
    '&lt;a@b.example&gt; wrote:<br></div><blockquote class="gmail_quote">Which?</blockquote></div>'
    "<div>Where is it? I file a chargeback.</div>",
    "beside a hidden part": "<p>Where is it?</p><p style='display:none'>x</p><p>I file a chargeback.</p>",
    "below Outlook's mark": '<p>Where is it?</p><div id="appendonsend"></div><p>I file a chargeback.</p>',
    "an address in brackets": "Where is it? Ana <a.diaz@mail.example>\nI file a chargeback.",
    "words in brackets": "Where is it? I ordered <b but got L>\nSize <i think> M. I file a chargeback.",
}


@pytest.mark.parametrize("body", OWN_HTML.values(), ids=OWN_HTML.keys())
def test_own_words_in_html_stay(body: str) -> None:
    """A class, a mark or a bracket says nothing about who wrote the words."""
    text = read_body(body).text
    assert "Where is it?" in text
    assert "I file a chargeback." in text


CUT_ON_WEAK_EVIDENCE = {
    "below headers": f"Where is it?\n\n{SENT}I call my lawyer.",
    "below an unmarked introduction": f"Where is it?\n\n{WROTE}I call my lawyer.",
    "in a signature": "Where is it?\n-- \nAna Diaz\nlawyer called",
}


@pytest.mark.parametrize("body", CUT_ON_WEAK_EVIDENCE.values(), ids=CUT_ON_WEAK_EVIDENCE.keys())
def test_what_is_cut_without_a_quotations_mark_is_kept_for_the_screen(body: str) -> None:
    """The model does not see it; the screen does."""
    read = read_body(body)
    assert read.text == "Where is it?"
    assert "lawyer" in read.doubtful


NOBODYS_WORDS = {
    "a marked quotation": f"Where is it?\n\n{WROTE}> We call a lawyer.",
    "an HTML quotation": '<p>Where is it?</p><blockquote type="cite">We call a lawyer.</blockquote>',
    "a notice": "Where is it?\n\nThis message is confidential. Unauthorised use is prohibited, says the lawyer.",
    "a wrapped notice": "Where is it?\n\nThis e-mail is intended solely for Ana\nand is legally privileged (lawyer).",
    "a title": "Where is it?\n\nAna Diaz\nAttorney at Law, Diaz Lawyer LLP",
    "a banner": "CAUTION: This email originated from outside the organization. Treat links with care.\n\nWhere is it?",
    "a hidden part": "<div style='display:none'>We call a lawyer.</div><p>Where is it?</p>",
    "a small part": "<span style='font-size:0px'>lawyer</span><div>Where is it?</div>",
    "an Outlook part": "<div style='mso-hide:all;visibility:hidden'>lawyer</div><p>Where is it?</p>",
    "a comment": "<!--[if mso]><p>lawyer</p><![endif]--><p>Where is it?</p>",
}


@pytest.mark.parametrize("body", NOBODYS_WORDS.values(), ids=NOBODYS_WORDS.keys())
def test_nobodys_words_are_neither_the_customers_nor_the_screens(body: str) -> None:
    """Quotations, notices, titles, banners and hidden parts are not what the customer says."""
    read = read_body(body)
    assert "Where is it?" in read.text
    everything = f"{read.text} {read.doubtful}".lower()
    assert "lawyer" not in everything
    assert "organization" not in everything


@pytest.mark.parametrize(
    "last",
    [
        "This message contains my last warning: refund or legal action.",
        "Sent with UPS you said. This is fraud.",
        "Confidential or not, you will hear from my lawyer.",
        "Our agreement was registered in court and my lawyer knows.",
    ],
)
def test_a_last_line_in_the_first_person_is_no_notice(last: str) -> None:
    """One who speaks of himself is the customer."""
    assert last in read_body(f"Where is it?\n\n{last}").text


def test_a_body_is_its_own_words_where_nothing_is_cut() -> None:
    """Then there is nothing in doubt."""
    assert read_body("Where is it?\nThanks") == BodyText("Where is it?\nThanks")
