"""Each reason of a dead letter says in a sentence what to do about it, and the same in the console and the command."""

from __future__ import annotations

import re

import pytest

from rp_mw_ops.dead_letters.describing import describe_fully, in_sentences
from rp_mw_ops.dead_letters.next_step import _STEPS, _UNKNOWN, find_next_step
from rp_mw_ops.dead_letters.port import DeadLetter
from rp_mw_ops.dead_letters.redrive import UNREADABLE
from rp_mw_shared.reasons import REASONS

# the codes that the services and SQS give a dead letter: PermanentError's
REASONS_OF_DEAD_LETTERS = [
    "moved_by_sqs",
    "process_died",
    "retries_exhausted",
    "schema_invalid",
    "schema_version_unknown",
    "message_type_unknown",
    "message_type_unexpected",
    "dynamodb_refused",
    "outcome_unknown",
    "vendor_answer_unreadable",
    "vendor_answer_too_deep",
    "vendor_answer_too_large",
    "cpu_budget_spent",
    "list_forbidden",
    "tag_unknown",
    "ticket_not_found",
    "ticket_too_many_comments",
    "new_messages_too_long",
    "vendor_status_404",
    "vendor_status_409",
    "sqs_refused",
    "permanent",
]


@pytest.mark.parametrize("code", REASONS_OF_DEAD_LETTERS)
def test_every_reason_of_a_dead_letter_has_its_next_step(code: str) -> None:
    """In one sentence that says what to do, and whether to send the message back."""
    told = find_next_step(code)
    assert told != _UNKNOWN
    assert re.fullmatch(r"[A-Z][^.!?]+\.", told)
    assert "send" in told or "leave" in told


def test_no_step_is_for_a_code_that_does_not_exist() -> None:
    """A code that was dropped takes its step along; the statuses of vendors are a family."""
    assert sorted(code for code in _STEPS if code not in REASONS and not code.startswith("vendor_status_")) == []


def test_what_nobody_could_read_is_not_to_be_sent_back_as_it_is() -> None:
    """Neither command nor console does, with all the others."""
    assert {find_next_step(code) for code in UNREADABLE} == {find_next_step("schema_invalid")}
    assert "only dies again" in find_next_step("schema_invalid")


def test_show_tells_the_reason_and_the_step_and_a_strangers_reason_only_that_it_is_none() -> None:
    """A reason that does not look like one is not shown."""
    told = describe_fully(DeadLetter("i", "events", "", "g", "r", attributes={"reason": "retries_exhausted"}), None)
    assert (told["sentence"], told["next_step"]) == (
        REASONS["retries_exhausted"].sentence,
        find_next_step("retries_exhausted"),
    )
    hostile = in_sentences(DeadLetter("i", "events", "", "g", "r", attributes={"reason": "Ana Smith"}))
    assert hostile["sentence"] == "It does not say why it could not be handled."
    assert hostile["next_step"] == _UNKNOWN
