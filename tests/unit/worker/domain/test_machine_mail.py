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
    MachineRules,
    find_body_marks,
    find_sender_marks,
    find_verdicts,
    form_message,
    persons_own_sentences,
    score,
)
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


@pytest.mark.parametrize(
    "text",
    [
        "In allegato trova la fattura di maggio.",
        "The statement for May is overdue, says the notice.",
        "Closed for the holidays, back on Monday.",
    ],
)
def test_one_sign_doubts_and_silences_nobody(text: str) -> None:
    """However heavy: what says the same twice is one sign. A second sign of another kind is enough."""
    person = f"{text} I hope that is fine"
    assert WRITTEN_BY_MACHINE not in verdicts(person, address="ana@mail.example")
    assert WRITTEN_BY_MACHINE in verdicts(text, address="noreply@jugs.example", name="Jugs")


def test_an_absence_without_a_promise_to_answer_is_a_persons_to_look_at() -> None:
    """Away and back is what a customer says too; an answer to us that says so, and nothing of a person, is none."""
    away = "On annual leave until 9 June, back on Monday."
    assert verdicts(away, address="ana@mail.example", subject="Holiday") == {DOUBTFUL}
    assert verdicts(away, address="ana@mail.example", subject="Re: Your jug") == {WRITTEN_BY_MACHINE}
    promise = f"{away} I will answer when I return."
    assert verdicts(promise, address="ana@mail.example", subject="Holiday") == {WRITTEN_BY_MACHINE}


@pytest.mark.parametrize("sender", ["noreply@jugs.example", "ana@dhl.example"])
def test_a_robots_address_needs_a_voice(sender: str) -> None:
    """Words that are nobody's are left to a person, however few; a question or a wish is a customer's."""
    assert DOUBTFUL in verdicts("Jug 7 cracked", address=sender)
    assert verdicts("Jug 7 is broken, can I swap it?", address=sender) == set()


def test_a_name_that_is_the_domains_own_is_a_small_sign() -> None:
    """It makes a text in which nobody speaks doubtful, and nothing else."""
    notice = "The next delivery window of the week has been moved to Thursday."
    assert DOUBTFUL in verdicts(notice, address="ana@bluejugs.example", name="Blue Jugs")
    assert verdicts(notice, address="ana@bluejugs.example", name="Ana Diaz") == set()
    assert verdicts(PERSON, address="ana@bluejugs.example", name="Blue Jugs") == set()


@pytest.mark.parametrize(("number", "verdict"), [("7788", {WRITTEN_BY_MACHINE}), ("+15550177", set())])
def test_a_short_number_is_no_persons(number: str, verdict: set[str]) -> None:
    """Nobody has a telephone number of three to six digits."""
    assert verdicts("Your table is booked for seven", address=number) == verdict


def test_what_stands_below_the_head_of_a_forwarded_mail_does_not_count() -> None:
    """A customer's line above it is theirs; with nobody's words above, the mail is the machine's."""
    forwarded = "From: Parcels\nSubject: Delivered\nYour parcel was delivered. Track your parcel. Do not reply."
    assert verdicts(f"Not at my door!\n\n{forwarded}", address="ana@mail.example") == set()
    assert WRITTEN_BY_MACHINE in verdicts(forwarded, address="ana@mail.example")


def test_marks_weigh_otherwise_beside_each_other() -> None:
    """The sum changes only where all of a pair's marks are there."""
    words = RULES.words
    pair = words.together["answers_a_notice"]
    alone = score(frozenset({"subject_notice"}), frozenset(), RULES)
    beside = words.marks["subject_answer"].weight + pair.weight
    assert score(frozenset(pair.marks), frozenset(), RULES) == alone + beside
    assert set(pair.marks) == {"subject_answer", "subject_notice"}
    assert pair.weight < 0


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
    "heads": "from:a\n", "tags": "<a ", "accents": "é", "phrases": "your package is ", "lines": "\n> ", "blanks": " ",
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
