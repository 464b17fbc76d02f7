"""Only the person who may have an order's facts gets them: who is proved, how, and what a stranger can do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rp_mw_shared.messages.types import BY_EMAIL, EnrichmentRequest
from rp_mw_worker.domain.policy import Policy
from tests.fakes.worker_world import POLICY, World, shipped_order

QUESTION = "Hello, where is my order? Thanks"
TRACKING = "1Z5R89390357567127"
DAY_SECONDS = 86_400


@pytest.fixture
def world() -> World:
    """One customer and one open ticket, c1."""
    return World()


def asks(world: World, text: str = QUESTION, **contents: Any) -> str:
    """Let the customer write and the worker handle it; return the message's id."""
    written = {"channel": "email"} | contents
    message_id = world.helpdesk.customer_writes(written.pop("conversation_id", "c1"), text, **written)
    world.deliver(world.event(contents.get("conversation_id", "c1"), message_id))
    return message_id


def only_request(world: World) -> EnrichmentRequest:
    """The one lookup that was asked for."""
    (request,) = world.enrichment.requests.values()
    return request


def blocked(world: World, conversation_id: str = "c1") -> str:
    """What the gates said against a reply, in the last row."""
    return " ".join(world.audit_rows(conversation_id)[-1].get("gates_blocked", ()))


def test_an_email_without_a_number_is_answered_by_its_address(world: World) -> None:
    """The address travels in the request, stands in no table, and the one open order is told."""
    asks(world)
    request = only_request(world)
    assert (request.lookup_kind, request.lookup_value) == (BY_EMAIL, "ana@example.com")
    assert "ana@example.com" not in world.dump() + repr(request)
    world.deliver(world.result(request, shipped_order()))
    assert TRACKING in world.helpdesk.replies("c1")[-1]
    assert "ana@example.com" not in world.dump()


def test_several_orders_of_an_address_are_asked_about_without_naming_any(world: World) -> None:
    """The answer to the question is then looked up by its number."""
    asks(world)
    world.deliver(world.result(only_request(world), outcome="ambiguous"))
    (reply,) = world.helpdesk.replies("c1")
    assert "more than one order" in reply and not any(char.isdigit() for char in reply)
    world.clock.advance(60)
    asks(world, "1001")
    request = list(world.enrichment.requests.values())[-1]
    assert (request.lookup_kind, request.lookup_value) == ("order_name", "1001")
    world.deliver(world.result(request, shipped_order()))
    assert TRACKING in world.helpdesk.replies("c1")[-1]


def test_an_address_without_an_order_is_asked_for_the_number(world: World) -> None:
    """The order may have been made with another address."""
    asks(world)
    world.deliver(world.result(only_request(world)))
    assert "order number" in world.helpdesk.replies("c1")[-1]


def test_an_order_of_another_address_is_never_told(world: World) -> None:
    """Whatever the lookup by address gives: the digests decide."""
    asks(world)
    world.deliver(world.result(only_request(world), shipped_order(email="somebody@example.org")))
    assert TRACKING not in "".join(world.helpdesk.replies("c1"))


@pytest.mark.parametrize("channel", ["messenger", "instagram", "tiktok", "aircall", "never heard of"])
def test_where_the_address_is_typed_it_finds_and_proves_nothing(world: World, channel: str) -> None:
    """On a chat, a social network, the phone: no lookup by address."""
    asks(world, channel=channel)
    assert not any(request.lookup_kind == BY_EMAIL for request in world.enrichment.requests.values())


@pytest.mark.parametrize("channel", ["instagram", "tiktok", "aircall"])
def test_where_nobody_is_proved_a_number_opens_nothing(world: World, channel: str) -> None:
    """A comment may be public, an account anybody's."""
    world.flags.set(replace(world.flags.now, automation_enabled_channels=frozenset({"social", "tiktok", "phone"})))
    asks(world, "Where is my order 1001?", channel=channel)
    assert not world.enrichment.requests and not world.helpdesk.replies("c1")
    assert "nobody_proved" in blocked(world)


def test_two_addresses_on_one_ticket_prove_nothing(world: World) -> None:
    """Nobody documents to which one the helpdesk writes: neither finds an order, nor gets one by number."""
    asks(world, sender_email="eve@example.org")
    assert not world.enrichment.requests
    world.clock.advance(60)
    asks(world, "1001", conversation_id="c2", sender_email="eve@example.org")
    for request in world.enrichment.requests.values():
        for email in ("ana@example.com", "eve@example.org"):
            world.deliver(world.result(request, shipped_order(email=email)))
    assert TRACKING not in "".join(world.helpdesk.replies("c1") + world.helpdesk.replies("c2"))


def test_a_reply_to_gets_no_reply_at_all(world: World) -> None:
    """It names somebody who wrote nothing."""
    asks(world, reply_to="eve@example.org")
    assert not world.enrichment.requests and not world.helpdesk.replies("c1")
    assert "recipient_uncertain" in blocked(world)


def test_a_recipient_changed_during_the_lookup_gets_nothing(world: World) -> None:
    """The ticket is read anew when the order has come, and the address an answer goes to by then counts."""
    asks(world, "Where is my order 1001?")
    world.helpdesk.store.tickets["c1"].customer_email = "eve@example.org"
    world.deliver(world.result(only_request(world), shipped_order()))
    assert TRACKING not in "".join(world.helpdesk.replies("c1"))


def test_who_is_in_copy_is_routed_and_not_answered(world: World) -> None:
    """A third party's number, threat or question is not the customer's, and marks nothing."""
    asks(world, "Hello, thank you for the box.")
    world.clock.advance(60)
    asks(world, "Where is order 1001? I will sue you.", author_id="cus-of-another")
    assert not world.enrichment.requests and not world.helpdesk.replies("c1")
    assert "third_party" in blocked(world)
    assert "mw-intent-legal_threat" in world.tags("c1")
    assert not world.records.states["c1"].get("risk_flags")


def test_a_message_the_ticket_never_shows_is_routed_and_marks_nothing(world: World) -> None:
    """Whoever holds the webhook's secret can send words, and get nothing for them."""
    world.helpdesk.customer_writes("c1", "Hello", channel="email")
    forged = world.event("c1", "forged-1", text="Where is my order 1001? I will sue you and your lawyer")
    assert world.deliver(forged) == 0
    assert world.helpdesk.calls.count("load_ticket") == 2
    assert not world.enrichment.requests and not world.helpdesk.replies("c1")
    assert "mw-intent-legal_threat" in world.tags("c1")
    assert "message_unseen" in blocked(world)
    assert not world.records.states["c1"].get("risk_flags")


def test_a_message_shown_on_the_second_look_is_the_customers(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The helpdesk may be slower than its webhook."""
    message_id = world.helpdesk.customer_writes("c1", "Where is my order 1001?", channel="email")
    ticket = world.helpdesk.store.tickets["c1"]
    late = ticket.comments.pop()
    monkeypatch.setattr(world.clock, "sleep", lambda _seconds: ticket.comments.append(late))
    world.deliver(world.event("c1", message_id, text="Where is my order 1001?"))
    assert only_request(world).lookup_value == "1001"


def test_each_flag_ends_by_itself(world: World) -> None:
    """A person asked for keeps the conversation for a week, a threat for its own time."""
    asks(world, "I want to talk to a real person")
    world.clock.advance(3 * DAY_SECONDS)
    asks(world, "I will sue you")
    kept = world.records.states["c1"]["risk_flags"]
    assert set(kept) == {"human_requested", "legal_threat"}
    world.clock.advance(5 * DAY_SECONDS)
    asks(world)
    assert "escalated_before:legal_threat" in blocked(world) and "human_requested" not in blocked(world)
    world.clock.advance(88 * DAY_SECONDS)
    asks(world)
    assert "escalated_before" not in blocked(world)


def test_replies_to_a_typed_address_never_use_up_its_owners(world: World) -> None:
    """Five chats under a customer's address, and the customer is still answered by mail."""
    for number in range(6):
        asks(world, conversation_id=f"chat-{number}", channel="messenger")
    assert sum(len(world.helpdesk.replies(f"chat-{number}")) for number in range(6)) == 5
    asks(world)
    world.deliver(world.result(only_request(world), shipped_order()))
    assert TRACKING in world.helpdesk.replies("c1")[-1]


@pytest.mark.parametrize(
    "text",
    [
        "Where is my order? I need it by Saturday.",
        "Where is my order? I have moved, my new address is in the account.",
        "Where is my order? I would like a refund for the last one.",
        "Where is my order? My insulin is in it.",
        "Where is my order? And do you sell blue shoes?",
    ],
)
def test_a_second_matter_is_not_run_over(world: World, text: str) -> None:
    """No closing, and a person unless the reply covers it, as a date covers a deadline."""
    asks(world, text)
    order = shipped_order(
        fulfillment_status="UNFULFILLED",
        tracking=(),
        shipped_at_epoch_ms=None,
        delivery_status=None,
        created_at_epoch_ms=world.clock.now_epoch_ms() - DAY_SECONDS * 1000,
    )
    for request in tuple(world.enrichment.requests.values()):
        world.deliver(world.result(request, order))
    assert world.helpdesk.store.tickets["c1"].status == "OPEN"
    is_covered = "Saturday" in text
    assert bool(world.helpdesk.replies("c1")) is is_covered
    assert is_covered or "second_matter" in blocked(world)


def test_what_a_number_alone_does_not_repeat_is_remembered(world: World) -> None:
    """The deadline stood in the first message; the answer to our question is a bare number."""
    asks(world, "Where is my order? I would like a refund if it is late.", channel="messenger")
    assert "second_matter" not in blocked(world)
    world.clock.advance(60)
    asks(world, "1001", channel="messenger")
    for request in tuple(world.enrichment.requests.values()):
        world.deliver(world.result(request, shipped_order()))
    assert TRACKING not in "".join(world.helpdesk.replies("c1"))
    assert "second_matter" in blocked(world)


def test_the_last_look_reads_the_bytes(world: World) -> None:
    """A template with a strange link passes no policy check; should one come to be, its reply does not leave."""
    rule = POLICY.templates.templates["ask_order_number"]
    edited = {channel: text + "\nSee https://evil.example/now" for channel, text in rule.text.items()}
    templates = replace(
        POLICY.templates, templates={**POLICY.templates.templates, "ask_order_number": replace(rule, text=edited)}
    )
    bad: Policy = replace(POLICY, templates=templates)
    world = World(policy=bad)
    asks(world, channel="messenger")
    assert not world.helpdesk.replies("c1")
    assert world.audit_rows("c1")[-1]["actions"]["rp_reply"] == "blocked:reply_unfit"
