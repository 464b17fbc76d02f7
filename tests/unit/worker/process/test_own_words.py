"""What the customer wrote decides, wherever in the mail it stands: below a header, in a signature, in the subject."""

from __future__ import annotations

import pytest

from tests.fakes.worker_world import World

QUESTION = "Hello, where is my package? Order #1001 should have been here by now."
WROTE = "On Mon, Nov 23, 2026 at 3:00 PM Example Shop <help@shop.example> wrote:\n"
SENT = "From: Shop <help@shop.example>\nSent: Monday, November 23, 2026 3:00 PM\nTo: Ana\nSubject: Order\n\n"
THREAT = "If I get no answer I file a chargeback."
SHOPS_WORDS = "We may answer a chargeback with legal action, dear customer."


@pytest.fixture
def world() -> World:
    """One customer and one open ticket, c1."""
    return World()


def asks(world: World, text: str, **contents: object) -> None:
    """Let the customer write and the worker handle it."""
    message_id = world.helpdesk.customer_writes("c1", text, **({"channel": "livechat"} | contents))
    world.deliver(world.event("c1", message_id))


def is_left_to_people(world: World) -> bool:
    """No reply, no lookup, and the team of such messages."""
    tags = world.tags("c1")
    silent = not world.helpdesk.replies("c1") and not world.enrichment.requests
    return silent and "mw-escalated" in tags and "route-chargebacks-disputes" in tags


OWN_WORDS = {
    "above a quotation": f"{QUESTION}\n\nOn Friday I file a chargeback with my bank.\n\n{WROTE}> Thank you.",
    "below a quotation": f"Hi,\n{WROTE}> Thank you.\n\n{QUESTION} {THREAT}",
    "below a line": f"{QUESTION}\n______________________\n{THREAT}",
    "below dashes": f"{QUESTION}\n--\n{THREAT}",
    "below headers": f"{QUESTION}\n\n{SENT}Thank you.\n\n{THREAT}",
    "below an unmarked introduction": f"{QUESTION}\n\n{WROTE}Thank you.\n\n{THREAT}",
    "in a signature": f"{QUESTION}\n-- \nAna Diaz\nchargeback follows",
    "in a quote's class": f'<div>{QUESTION}</div><div class="gmail_quote"><div>{THREAT}</div></div>',
}


@pytest.mark.parametrize("text", OWN_WORDS.values(), ids=OWN_WORDS.keys())
def test_a_tier_0_word_of_the_customers_is_seen_wherever_it_stands(world: World, text: str) -> None:
    """No reply and no lookup, whether cleaning kept the words or not."""
    asks(world, text)
    assert is_left_to_people(world)


def test_a_tier_0_word_in_the_subject_counts(world: World) -> None:
    """The subject is the customer's text too."""
    asks(world, QUESTION, channel="email", subject="CHARGEBACK FILED - order 1001")
    assert is_left_to_people(world)


NOT_OWN_WORDS = {
    "marked": f"{QUESTION}\n\n{WROTE}> {SHOPS_WORDS}",
    "in an HTML quotation": f'<p>{QUESTION}</p><blockquote type="cite">{SHOPS_WORDS}</blockquote>',
    "in a notice": f"{QUESTION}\n\nThis message is confidential. If you received it in error take no legal action.",
    "in a title": f"{QUESTION}\n\nBest,\nAna Diaz\nAttorney at Law",
    "hidden": f"<div style='display:none'>{THREAT}</div><p>{QUESTION}</p>",
}


@pytest.mark.parametrize("text", NOT_OWN_WORDS.values(), ids=NOT_OWN_WORDS.keys())
def test_words_that_are_not_the_customers_do_not_escalate(world: World, text: str) -> None:
    """The order is looked up as if they were not there."""
    asks(world, text)
    (request,) = world.enrichment.requests.values()
    assert request.lookup_value == "1001"


def test_a_repeated_comment_of_an_agent_does_not_escalate(world: World) -> None:
    """Outlook quotes without a mark; what an agent wrote in the ticket is told from the customer's words."""
    asks(world, "hello")
    world.helpdesk.agent_writes("c1", f"Hello Ana,\n{SHOPS_WORDS}\nYour team")
    world.clock.advance(100 * 3600)
    asks(world, f"{QUESTION}\n\n{SENT}Hello Ana,\n\n{SHOPS_WORDS}\nYour team")
    assert "mw-escalated" not in world.tags("c1")


def test_a_number_in_the_subject_is_the_customers_number(world: World) -> None:
    """It is looked up where the message gives none, and not where it gives another."""
    asks(world, "Hello, where is my package? It is late.", channel="email", subject="Order #1001 not delivered")
    (request,) = world.enrichment.requests.values()
    assert (request.lookup_kind, request.lookup_value) == ("order_name", "1001")


def test_the_messages_own_number_comes_before_the_subjects(world: World) -> None:
    """A ticket's subject may be of an older order."""
    asks(world, "Hello, where is my package #1002? It is late.", channel="email", subject="Order #1001 not delivered")
    (request,) = world.enrichment.requests.values()
    assert request.lookup_value == "1002"
