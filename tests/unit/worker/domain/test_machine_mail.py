"""Mail of machines is told from people's by evidence of several kinds, in bounded time, and never by one word alone.

machine_mail.jsonl holds messages written for this project, under CC0-1.0: machines of many kinds, and people who look
like one. The public set beside the checkout is measured by `make eval-machines`.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rp_mw_worker.domain.machine_mail import (
    CONTACT_FORM,
    DOUBTFUL,
    FORM_OF_RECIPIENT,
    HANDS_OFF,
    MACHINE_AMONG,
    WRITTEN_BY_MACHINE,
    find_body_marks,
    find_sender_marks,
    find_verdicts,
    form_message,
    persons_own_sentences,
    score,
)
from rp_mw_worker.domain.machine_rules import MachineRules
from tests.fakes.policy import load_policy

RULES: MachineRules = load_policy().machine
ROWS = [json.loads(line) for line in Path(__file__).with_name("machine_mail.jsonl").read_text("utf-8").splitlines()]
VERDICTS = {"machine": {WRITTEN_BY_MACHINE}, "human": set(), "human_via_form": {CONTACT_FORM}}
PERSON = "Where is my order? I paid two weeks ago and it has not arrived. Can you please check?"
NO_REPLY = "noreply@ups.example"


def verdicts(text: str, **sender: str) -> set[str]:
    """What a ticket of one message is taken for."""
    known = {"address": "", "name": "", "subject": ""} | sender
    return set(find_verdicts(find_sender_marks(RULES, **known, texts=[text]), (), [text], RULES))


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_who_wrote_is_told(row: dict[str, Any]) -> None:
    """By sender, subject and words together."""
    found = verdicts(row["text"], address=row["sender"], name=row["sender_name"], subject=row["subject"])
    assert found == VERDICTS[row["expected"]]


@pytest.mark.parametrize(
    ("address", "name", "subject"),
    [
        (NO_REPLY, "UPS", ""),
        ("ana@mail.example", "", "Undeliverable"),
        ("alerts@club.example", "Storm Club", "Blanket order"),
        ("ana@mail.example", "Postmaster", "Your parcel is on its way"),
        ("newsletter@poets.example", "", "Newsletter"),
    ],
)
def test_a_persons_words_outweigh_one_sign_of_a_machine(address: str, name: str, subject: str) -> None:
    """A robot-like address, name or subject silences nobody who asks for something."""
    assert verdicts(PERSON, address=address, name=name, subject=subject) == set()


@pytest.mark.parametrize(
    "word", ["unsubscribe", "undeliverable", "automatic", "vacation", "receipt", "ticket", "newsletter", "Urlaub"]
)
def test_no_word_decides_alone(word: str) -> None:
    """Not as the message, not as the subject of an empty greeting."""
    assert WRITTEN_BY_MACHINE not in verdicts(word)
    assert WRITTEN_BY_MACHINE not in verdicts("Hello", subject=word)


def test_evidence_without_anybody_who_speaks_leaves_doubt() -> None:
    """A notice that no list knows by heart is not answered; the same evidence beside a person's words is nothing."""
    notice = "Heads up: the next delivery window of the week has been moved to Thursday."
    assert DOUBTFUL in verdicts(notice, address="orders@depot.example")
    assert verdicts(f"{notice} Why?", address="orders@depot.example") == set()
    assert verdicts(notice) == set()


def test_a_quoted_notice_does_not_count() -> None:
    """Whoever quotes a machine is none."""
    quoted = '"This is an automatic reply. Do not reply to this message." That is all that came back'
    assert verdicts(quoted) == set()
    assert verdicts("> Your package has been delivered. Track your parcel.\nnot true") == set()


def test_a_relay_of_a_marketplace_carries_people() -> None:
    """Its address holds no-reply, its mail is a buyer's."""
    assert verdicts("The lid does not fit", address="no-reply-buyer@marketplace.amazon.example") == set()


def test_of_several_messages_one_machines_is_named_as_such() -> None:
    """The person among them is not silenced."""
    out = "Automatic reply: I am out of the office until Monday. This mailbox is not monitored."
    assert find_verdicts(frozenset(), (), [PERSON, out], RULES) == {MACHINE_AMONG}
    assert find_verdicts(frozenset(), (), [out, out, " "], RULES) == {WRITTEN_BY_MACHINE}
    assert find_verdicts(frozenset(), (), [], RULES) == set()


def test_a_tag_keeps_hands_off_in_any_case_of_letters() -> None:
    """The helpdesk's tag may be written otherwise."""
    assert find_verdicts(frozenset(), ("MW-Hands-Off",), ["Hi"], RULES) == {HANDS_OFF}
    assert find_verdicts(frozenset(), ("mw-hands",), ["Hi"], RULES) == set()


FORM = "Contact form\nName: Ana\nEmail: ana@mail.example\nMessage: Where is my order #1001?\nThanks"


@pytest.mark.parametrize(
    ("recipient", "verdict"),
    [
        ("", CONTACT_FORM),
        ("mailer@shopify.com", CONTACT_FORM),
        ("other@mail.example", CONTACT_FORM),
        ("Ana@Mail.example", FORM_OF_RECIPIENT),
    ],
)
def test_a_form_is_of_the_recipient_only_by_its_very_address(recipient: str, verdict: str) -> None:
    """What the helpdesk would answer to has to stand in the form."""
    marks = find_sender_marks(
        RULES, address="mailer@shopify.com", name="", subject="", recipient=recipient, texts=[FORM]
    )
    assert find_verdicts(marks, (), [FORM], RULES) == ({verdict} if recipient else {CONTACT_FORM})


def test_a_forms_words_are_those_after_the_label() -> None:
    """Name, address and topic are not routed; a text without a label stays whole."""
    assert form_message(FORM, RULES) == "Where is my order #1001?\nThanks"
    assert form_message("Where is it", RULES) == "Where is it"


def test_a_list_that_a_customer_writes_is_no_form() -> None:
    """No address, no announcement."""
    assert verdicts("Order number: 1027\nItem: jug\nReason: leaks\nMessage: new one please") == set()


def test_only_sentences_of_somebody_who_speaks_are_read_for_threats() -> None:
    """A notice's words are nobody's."""
    text = "A chargeback was opened. My lawyer will write to you. Evidence is due."
    assert "lawyer" in persons_own_sentences(text, RULES)
    assert "chargeback" not in persons_own_sentences(text, RULES)


def test_marks_hold_nothing_of_an_address() -> None:
    """They are codes of the file and a few of our own."""
    marks = find_sender_marks(RULES, address="noreply@secret-name.example", name="Secret Name", subject="Secret 4711")
    assert marks <= {*RULES.words.marks, "form_announced", "form_address", "shared_domain"}


def test_what_a_shop_adds_counts() -> None:
    """A phrase of its own is evidence like any other."""
    assert "body_auto" not in find_body_marks("blip says the fridge", RULES)
    words = RULES.words
    mark = words.marks["body_auto"]
    changed = type(mark)(mark.reads, mark.weight, (*mark.phrases, "says the fridge"))
    own = MachineRules(replace(words, marks=words.marks | {"body_auto": changed}))
    assert score(frozenset(), find_body_marks("blip says the fridge", own), own) >= words.threshold


HOSTILE = {
    "quotes": '"', "openings": "“a", "addresses": "a@", "labels": "Message:\t \t", "emoji": "👍", "dots": "i am. ",
    "tags": "<a ", "accents": "é", "phrases": "your package is ", "lines": "\n> ", "blanks": " ",
}  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_text_makes_the_search_slow(piece: str) -> None:
    """32 KiB of anything stay under 200 ms of the processor, whatever place they stand in."""
    text = (piece * 32_768)[:32_768]
    _ = RULES.indexes, RULES.message_label
    began = time.process_time()
    marks = find_sender_marks(RULES, address=text, name=text, subject=text, recipient="a@b", texts=[text])
    find_verdicts(marks, (), [text], RULES)
    persons_own_sentences(text, RULES)
    form_message(text, RULES)
    assert time.process_time() - began < 0.2
