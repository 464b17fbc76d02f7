"""Of a conversation without a row it is said what waits, what failed, and whether a message of it is a dead letter."""

from __future__ import annotations

from rp_mw_ops.dead_letters.next_step import find_next_step
from rp_mw_ops.dead_letters.port import DeadLetter
from rp_mw_ops.undecided import Undecided, undecided_words


def test_what_is_still_tried_is_told_by_what_waits_and_fails() -> None:
    """No row holds the conversation's id before the first decision."""
    found = Undecided(waiting=2, dead=1, failed_calls={"Richpanel": 3, "Shopify": 0, "OpenAI": 1})
    assert undecided_words(found) == (
        "A message that is still being tried has no row yet (messages that wait or are in work: 2, "
        "calls that failed within the hour: 3 of Richpanel and 1 of OpenAI, dead letters: 1)."
    )
    assert "failed messages: 1" in undecided_words(found, "failed messages")


def test_what_could_not_be_read_is_left_out() -> None:
    """A person may lack the right to the queues or to the metrics."""
    assert undecided_words(Undecided()) == "A message that is still being tried has no row yet."
    assert "within the hour: 0)" in undecided_words(Undecided(failed_calls={"Richpanel": 0}))


def test_a_dead_letter_of_the_conversation_is_told_with_its_reason_and_what_to_do() -> None:
    """Nothing waits for it any more."""
    dead = DeadLetter("d1", "events", "{}", "g", "r", attributes={"reason": "ticket_not_found"})
    told = undecided_words(Undecided(waiting=2, own=[dead]))
    assert "(d1). The helpdesk has no such ticket." in told
    assert told.endswith(find_next_step("ticket_not_found"))
