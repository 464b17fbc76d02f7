"""The kinds of events a schedule plays: what customers do, and what must come of it when nothing goes wrong.

A story is a generator: each `yield` lets the queues run empty before it goes on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from rp_mw_shared.idempotency.keys import event_id
from rp_mw_shared.messages.serialization import group_id, to_json
from rp_mw_shared.messages.types import InboundEvent
from rp_mw_worker.domain.policy import Policy
from tests.faults.front_door import post
from tests.faults.memory_sqs import DEDUPLICATION_SECONDS
from tests.faults.world import World

RETURN_TEXT = "I would like to return my order that came last week please"
ORDER_TEXT = "Where is my order? It should have been here by now"
UNSENT_TEXT = "Hello, when will my order arrive? I have no tracking yet."
DISPUTE_TEXT = "I will file a chargeback with my bank"
PROMO_TEXT = "The promo code from your newsletter does not work at the checkout"
Play = Callable[[World], Iterator[None]]
_SWEEPS, _SECONDS_BETWEEN_SWEEPS = 5, 60.0
ASSIGNED_TEAM, ASSIGNEE = "Returns Admin", "agent-2"


def with_assignees(policy: Policy) -> Policy:
    """Return the policy with one team that is a person and with private notes, so that both happen."""
    teams = dict(policy.settings.teams)
    teams[ASSIGNED_TEAM] = replace(teams[ASSIGNED_TEAM], assignee_id=ASSIGNEE)
    return replace(policy, settings=replace(policy.settings, teams=teams, private_notes=True))


@dataclass(frozen=True, slots=True)
class Story:
    """One kind of event; `replies` by conversation is what an undisturbed run sends, and the most any run may.

    `mails`: so many one-time codes. `drafts`: private notes with a reply in stage draft.
    """

    name: str
    play: Play
    replies: dict[str, int] = field(default_factory=dict)
    flags: dict[str, str] = field(default_factory=dict)
    is_main: bool = False
    poison: int = 0
    mails: int = 0
    drafts: int = 0


# -- what customers and the ingress do --------------------------------------------------------------------------------


def write(world: World, conversation_id: str, text: str, **contents: Any) -> str:
    """A customer writes; every conversation has its own customer. Returns the message's id."""
    written = {
        "conversation_id": conversation_id,
        "text": text,
        "email": f"{conversation_id}@example.com",
        "name": "Ana Diaz",
        "channel": "livechat",
    }
    return str(world.richpanel.seed({"customer_message": written | contents})["message_id"])


def webhook(world: World, conversation_id: str, message_id: str | None = None, **fields: Any) -> None:
    """The ingress accepts a webhook; without a message id it is a minimal payload."""
    number = len(world.events.accepted) + 1
    values: dict[str, Any] = {
        "conversation_id": conversation_id,
        "delivery_id": f"delivery-{number}",
        "received_at_epoch_ms": world.clock.now_epoch_ms(),
        "trace_id": "1-67890abc-0123456789abcdef01234567",
        "message_id": message_id,
        "event_id": event_id(conversation_id, message_id) if message_id else None,
        "customer_email": f"{conversation_id}@example.com" if message_id else None,
    }
    event = InboundEvent(**(values | fields))
    world.events.send(to_json(event), group_id(conversation_id), event.delivery_id)


def order(world: World, number: str, email: str, **facts: Any) -> None:
    """The shop has an order, with a tracking number of its own unless said otherwise."""
    tracking = {"company": "UPS", "number": f"1Z5R8939035{number}000", "url": f"https://www.ups.com/track?n={number}"}
    contents: dict[str, Any] = {"id": f"555{number}", "name": f"#{number}", "email": email, "tracking": tracking}
    contents |= facts
    world.shopify.seed({"orders": [{key: value for key, value in contents.items() if value is not None}]})


# -- the stories ------------------------------------------------------------------------------------------------------


def _says(text: str, **contents: Any) -> Play:
    def play(world: World) -> Iterator[None]:
        message_id = write(world, "c1", text, **contents)
        webhook(world, "c1", message_id)
        yield

    return play


def _without_message_id(world: World) -> Iterator[None]:
    write(world, "c1", RETURN_TEXT, channel="email")
    webhook(world, "c1")
    yield


def _swept(world: World) -> Iterator[None]:
    """No webhook came for the first customer; the second one's is under way. Swept again when all is done."""
    write(world, "c1", RETURN_TEXT, channel="email")
    webhook(world, "c2", write(world, "c2", RETURN_TEXT))
    _sweep_until_finished(world)
    yield
    _sweep_until_finished(world)
    yield


def _sweep_until_finished(world: World) -> None:
    for _ in range(_SWEEPS):
        if world.sweep():
            return
        world.clock.advance(_SECONDS_BETWEEN_SWEEPS)


def _too_late(world: World) -> Iterator[None]:
    """Nothing was handled for half an hour: such a message is routed, never answered."""
    webhook(world, "c1", write(world, "c1", RETURN_TEXT))
    world.clock.advance(31 * 60)
    yield


def _replayed(world: World) -> Iterator[None]:
    message_id = write(world, "c1", RETURN_TEXT)
    webhook(world, "c1", message_id)
    yield
    webhook(world, "c1", message_id, origin="replay")
    yield


def _linked(tracked: bool) -> Play:
    def play(world: World) -> Iterator[None]:
        order(world, "1001", "c1@example.com", **({} if tracked else {"tracking": None, "created_days_ago": 1}))
        text = ORDER_TEXT if tracked else UNSENT_TEXT
        message_id = write(world, "c1", text, linked_order_id="5551001", channel="email")
        webhook(world, "c1", message_id)
        yield

    return play


def _number_given(world: World) -> Iterator[None]:
    order(world, "1003", "c1@example.com")
    order(world, "10031", "c9@example.com")
    webhook(world, "c1", write(world, "c1", ORDER_TEXT))
    yield
    world.clock.advance(60)
    webhook(world, "c1", write(world, "c1", "#1003"))
    yield


def mailed_codes(world: World) -> list[str]:
    """The one-time codes that reached somebody by mail, oldest first."""
    store = world.richpanel.store
    mails = (one for one in store.deliveries if store.tickets[one.conversation_id].is_opened_by_api)
    found = (re.search(r"<p>(\d{6})</p>", mail.body) for mail in mails if mail.reached_customer)
    return [match[1] for match in found if match is not None]


def _code(world: World) -> Iterator[None]:
    """A visitor asks about the owner's order, gets the code from the owner's mail and types it."""
    order(world, "1005", "owner@example.com")
    webhook(world, "c1", write(world, "c1", "Where is my order #1005? It should have been here by now"))
    yield
    world.clock.advance(20)
    webhook(world, "c1", write(world, "c1", ([*mailed_codes(world), "111222"])[0]))
    yield


def _guessed_code(world: World) -> Iterator[None]:
    """A visitor asks about an order that there is not, and guesses until no try is left."""
    webhook(world, "c1", write(world, "c1", "Where is my order #1006? It should have been here by now"))
    yield
    for guess in ("111222", "333444", "555666"):
        world.clock.advance(20)
        webhook(world, "c1", write(world, "c1", guess))
        yield


def _not_theirs(world: World) -> Iterator[None]:
    order(world, "1004", "somebody@example.com")
    webhook(world, "c1", write(world, "c1", "Where is my order #1004? It should have been here by now"))
    yield


def _unknown_order(world: World) -> Iterator[None]:
    webhook(world, "c1", write(world, "c1", ORDER_TEXT, linked_order_id="999", channel="email"))
    yield


def _two_messages(world: World) -> Iterator[None]:
    first = write(world, "c1", RETURN_TEXT)
    webhook(world, "c1", first)
    world.clock.advance(1)
    webhook(world, "c1", write(world, "c1", "And it arrived with a wrong lid as well"))
    yield


def _message_while_parked(world: World) -> Iterator[None]:
    order(world, "1001", "c1@example.com")
    webhook(world, "c1", write(world, "c1", ORDER_TEXT, linked_order_id="5551001", channel="email"))
    world.clock.advance(1)
    webhook(world, "c1", write(world, "c1", DISPUTE_TEXT))
    yield


def _duplicates(world: World) -> Iterator[None]:
    message_id = write(world, "c1", RETURN_TEXT)
    webhook(world, "c1", message_id)
    webhook(world, "c1", message_id)
    webhook(world, "c1")
    yield
    webhook(world, "c1", message_id)
    webhook(world, "c1", origin="sweep")
    yield


def _two_minimal(world: World) -> Iterator[None]:
    write(world, "c1", RETURN_TEXT)
    webhook(world, "c1")
    yield
    world.clock.advance(700)
    write(world, "c1", PROMO_TEXT)
    webhook(world, "c1")
    yield


def _two_customers(world: World) -> Iterator[None]:
    for conversation_id, number in (("c1", "1001"), ("c2", "2002")):
        order(world, number, f"{conversation_id}@example.com")
        message_id = write(world, conversation_id, ORDER_TEXT, linked_order_id=f"555{number}", channel="email")
        webhook(world, conversation_id, message_id)
    webhook(world, "c3", write(world, "c3", RETURN_TEXT))
    yield


def _poison(world: World) -> Iterator[None]:
    message_id = write(world, "c1", RETURN_TEXT)
    world.events.send('{"type":"inbound_event","version":99}', group_id("c1"), "poison-1")
    world.events.send("not json at all", group_id("c1"), "poison-2")
    world.enrichment.send("not json either", group_id("c1"), "poison-3")
    webhook(world, "c1", message_id)
    yield


def _full_webhook(world: World) -> Iterator[None]:
    """Sent until accepted, and once more when the queue has forgotten that it knows it."""
    payload = {
        "ticket_id": "c1",
        "message_id": write(world, "c1", RETURN_TEXT),
        "text": RETURN_TEXT,
        "channel": "livechat",
        "customer": {"email": "c1@example.com"},
        "sender_type": "customer",
    }
    post(world, payload)
    yield
    world.clock.advance(DEDUPLICATION_SECONDS + 60)
    post(world, payload)
    yield


def _minimal_webhook(world: World) -> Iterator[None]:
    """Two messages within the time the queue remembers what it got: both payloads look the same."""
    for text in (RETURN_TEXT, PROMO_TEXT):
        write(world, "c1", text)
        post(world, {"ticket_id": "c1", "trigger": "customer sends a new message"})
        yield
        world.clock.advance(60)


def _budget_spent(world: World) -> Iterator[None]:
    """Others spend the budget for twelve minutes, and every delivery meets a new process, which cannot know."""
    webhook(world, "c1", write(world, "c1", RETURN_TEXT))
    for number in range(15):
        world.clock.do_later(number * 50, lambda: _spend(world))
    _spend(world)
    yield


def _spend(world: World) -> None:
    world.spend_budget(110)
    world.recycle()


def _where_notes_are_public(world: World) -> Iterator[None]:
    """The account shows every comment to the customer, whatever it is said to be."""
    world.richpanel.switch(public="ignored")
    webhook(world, "c1", write(world, "c1", RETURN_TEXT))
    yield
    webhook(world, "c1", write(world, "c1", DISPUTE_TEXT))
    yield


def _agent_answers(world: World) -> Iterator[None]:
    message_id = write(world, "c1", RETURN_TEXT)
    webhook(world, "c1", message_id)
    world.richpanel.seed({"agent_message": {"conversation_id": "c1", "text": "Hello, I am on it."}})
    yield


ROUTE_ONLY = {"automation_enabled": "false", "rollout_stage": "assign"}
CODES = {"chat_codes": "true"}
DRAFTING = {"rollout_stage": "draft", "notes_are_private": "true"}
STORIES = (
    Story("shadow", _says(RETURN_TEXT), flags={"rollout_stage": "shadow"}),
    Story("safe mode", _says(RETURN_TEXT), flags={"safe_mode": "true"}),
    Story("route only", _says(RETURN_TEXT), flags=ROUTE_ONLY, is_main=True),
    Story("tier 1, chat", _says(RETURN_TEXT), {"c1": 1}, is_main=True),
    Story("tier 1, e-mail", _says(RETURN_TEXT, channel="email"), {"c1": 1}, is_main=True),
    Story("escalation with a note", _says(DISPUTE_TEXT), is_main=True),
    Story("minimal payload", _without_message_id, {"c1": 1}, is_main=True),
    Story("sweep", _swept, {"c1": 1, "c2": 1}),
    Story("older than half an hour", _too_late),
    Story("replay", _replayed, {"c1": 1}),
    Story("full webhook, repeated", _full_webhook, {"c1": 1}),
    Story("minimal webhooks", _minimal_webhook, {"c1": 1}),
    Story("tier 2, tracked", _linked(tracked=True), {"c1": 1}, is_main=True),
    Story("tier 2, untracked and closed", _linked(tracked=False), {"c1": 1}, is_main=True),
    Story("number asked and given", _number_given, {"c1": 2}, is_main=True),
    Story("somebody else's order", _not_theirs, {"c1": 1}),
    Story("one-time code", _code, {"c1": 2}, flags=CODES, is_main=True, mails=1),
    Story("one-time code guessed", _guessed_code, {"c1": 3}, flags=CODES),
    Story("order not found", _unknown_order),
    Story("two messages at once", _two_messages, {"c1": 1}),
    Story("a message while an order is looked up", _message_while_parked),
    Story("duplicates of every kind", _duplicates, {"c1": 1}),
    Story("two minimal payloads", _two_minimal, {"c1": 1}),
    Story("three customers in one batch", _two_customers, {"c1": 1, "c2": 1, "c3": 1}),
    Story("poison beside a good message", _poison, {"c1": 1}, poison=2),
    Story("a person answers first", _agent_answers),
    Story("budget spent for twelve minutes", _budget_spent, {"c1": 1}),
    Story("classified by the model", _says(RETURN_TEXT), {"c1": 1}, flags={"classifier": "openai"}),
    Story("cascade", _says("Hello hello"), flags={"classifier": "cascade"}),
    Story("draft, chat", _says(RETURN_TEXT), flags=DRAFTING, drafts=1),
    Story("draft, e-mail", _says(RETURN_TEXT, channel="email"), flags=DRAFTING, drafts=1),
    Story("draft, tracked order", _linked(tracked=True), flags=DRAFTING, drafts=1),
    Story("draft, no proof and notes are public", _where_notes_are_public, flags={"rollout_stage": "draft"}),
)


def story_named(name: str) -> Story:
    """Return the story; raises KeyError."""
    return {story.name: story for story in STORIES}[name]
