"""AWS calls and write units of each kind of event, counted at the client of the real worker and enricher, and the
helpdesk's calls, counted at its simulator.

Every kind is run in a warm process: one event of another conversation goes before it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from benchmarks.counting import Cost
from benchmarks.world import World, running_world
from rp_mw_local.shop import stock
from rp_mw_local.stack import LIVE_FLAGS

RETURN_TEXT = "I would like to return the blue mug that came last week please"
QUESTION = "Where is my package? I ordered it last week."
LINKED = "Hi, where is my order #1001? Please send me the tracking link."
WARMING = "I am going to file a chargeback with my bank."
SHADOW = "shadow"
ROUTE_ONLY = "route only"
TIER_1 = "tier 1 reply"
TIER_2 = "tier 2 with enrichment"
TIER_2_PARK = "tier 2, first half: asked and parked"
TIER_2_ANSWER = "tier 2, second half: answered"
ENRICHER = "enricher, one lookup"
DUPLICATE = "duplicate"
REDELIVERY = "redelivery of a finished event"
NOTED = "routed with a note"
WITHOUT_NUMBER = "order question without a number, by e-mail"
BY_LINK = "tier 2 by the link alone"
CLOSED = "tier 2, closed"
MINIMAL_DUPLICATE = "minimal duplicate"
MACHINE = "a machine's mail"
COVERED = "covered by the message before"
SUPERSEDED = "superseded lookup"
ESCALATED = "Stop calling me, I will sue you, my lawyer is informed"
OUT_OF_OFFICE = (
    "Thank you for your e-mail. I am out of the office until 14 December with no access to my mailbox. "
    "This is an automatic reply, please do not respond to it."
)
UNSENT = "Hello, when will my order arrive? I have no tracking yet."
Costs = dict[str, Cost]


def measure() -> Costs:
    """Return the cost of each kind of event."""
    costs: Costs = {}
    with running_world() as world:
        stock(world.stack)
        for run in (_shadow, _route_only, _replies, _tier_2, _further):
            costs |= run(world)
    return costs


def _warm(world: World, **flags: str) -> None:
    world.set_flags(**flags)
    world.deliver(world.asks(WARMING, email="gina@example.com"))


def _shadow(world: World) -> Costs:
    _warm(world, rollout_stage="shadow")
    return {SHADOW: world.deliver(world.asks(RETURN_TEXT))}


def _route_only(world: World) -> Costs:
    _warm(world, automation_enabled="false", rollout_stage="assign")
    return {ROUTE_ONLY: world.deliver(world.asks(RETURN_TEXT))}


def _replies(world: World) -> Costs:
    _warm(world, **LIVE_FLAGS)
    event = world.asks(QUESTION, email="cleo@example.com", channel="livechat")
    costs = {TIER_1: world.deliver(event)}
    _require_replies(world, event.conversation_id, 1)
    costs[DUPLICATE] = world.deliver(event)
    costs[REDELIVERY] = world.deliver(event, receive_count=2)
    return costs


def _tier_2(world: World) -> Costs:
    _warm(world, **LIVE_FLAGS)
    _carry_out(world, "eve@example.com")  # the enricher's process is warm after this
    return _carry_out(world, "ana@example.com")


def _carry_out(world: World, email: str) -> Costs:
    event = world.asks(LINKED, linked_order_id=5551001, email=email)
    parked = world.deliver(event)
    enricher, answered = world.enrich()
    _require_replies(world, event.conversation_id, 1)
    both = parked.plus(enricher).plus(answered)
    return {TIER_2_PARK: parked, ENRICHER: enricher, TIER_2_ANSWER: answered, TIER_2: both}


def _further(world: World) -> Costs:
    """Kinds that only the helpdesk's budget tells apart."""
    _warm(world, **LIVE_FLAGS)
    minimal = world.asks(RETURN_TEXT, email="hugo@example.com")
    world.deliver(minimal)
    first = world.asks(RETURN_TEXT, email="iris@example.com")
    second = world.asks("And one more thing", conversation_id=first.conversation_id, email="iris@example.com")
    world.deliver(first)
    return {
        NOTED: _noted(world),
        MACHINE: _of_a_machine(world),
        WITHOUT_NUMBER: _both_halves(world, QUESTION, None, "dan@example.com"),
        MINIMAL_DUPLICATE: world.deliver(replace(minimal, event_id=None, message_id=None, text=None)),
        COVERED: world.deliver(second),
        BY_LINK: _both_halves(world, QUESTION, 5551003, "cleo@example.com"),
        CLOSED: _both_halves(world, UNSENT, 5551002, "ben@example.com"),
        SUPERSEDED: _superseded(world),
    }


def _noted(world: World) -> Cost:
    """With private notes on, which the shipped policy leaves to the shop."""
    engine = world.worker._deps.engine
    shipped = engine.policy
    engine.policy = replace(shipped, settings=replace(shipped.settings, private_notes=True))
    try:
        return world.deliver(world.asks(ESCALATED, email="jon@example.com"))
    finally:
        engine.policy = shipped


def _of_a_machine(world: World) -> Cost:
    event = world.asks(OUT_OF_OFFICE, email="lea@example.com")
    cost = world.deliver(event)
    if "mw-machine" not in world.stack.richpanel.store.tickets[event.conversation_id].tags:
        raise RuntimeError("the machine's mail was not taken for one: the count would be of another event")
    return cost


def _both_halves(world: World, text: str, order_id: int | None, email: str) -> Cost:
    """An order question by e-mail, with the order that the helpdesk links, or found by its sender's address."""
    link = {} if order_id is None else {"linked_order_id": order_id}
    event = world.asks(text, email=email, **link)
    parked = world.deliver(event)
    enricher, answered = world.enrich()
    _require_replies(world, event.conversation_id, 1)
    return parked.plus(enricher).plus(answered)


def _superseded(world: World) -> Cost:
    """A second message goes to people before the order comes."""
    event = world.asks(LINKED, email="ana@example.com")
    world.deliver(event)
    later = world.asks(WARMING, conversation_id=event.conversation_id, email="ana@example.com")
    world.deliver(later)
    _, answered = world.enrich()
    return answered


def _require_replies(world: World, conversation_id: str, number: int) -> None:
    store = world.stack.richpanel.store
    sent = [one for one in store.deliveries if one.conversation_id == conversation_id and one.reached_customer]
    if len(sent) != number:
        raise RuntimeError(f"expected {number} replies, {len(sent)} were sent: the count would be of another event")


def gated_values(costs: Mapping[str, Cost]) -> dict[str, float]:
    """Return the measured values by the names of their gates."""
    names = {
        SHADOW: "shadow",
        ROUTE_ONLY: "route only",
        TIER_1: "tier 1 reply",
        TIER_2_ANSWER: "tier 2 answer",
        DUPLICATE: "duplicate",
        REDELIVERY: "redelivery",
    }
    values: dict[str, float] = {}
    for kind, name in names.items():
        values[f"{name}, DynamoDB calls"] = costs[kind].of("dynamodb")
        values[f"{name}, write units"] = costs[kind].write_units
    worst: Callable[[Callable[[Cost], int]], int] = lambda of: max(of(costs[kind]) for kind in names)  # noqa: E731
    values["secret reads of a warm event"] = worst(lambda cost: cost.of("secretsmanager"))
    values["clients built by a warm event"] = worst(lambda cost: cost.clients_built)
    replies = {TIER_1, TIER_2_ANSWER}  # each is looked at last by the transport, and once more by the alarm
    values["flag reads of a warm event beyond its reply"] = max(
        costs[kind].of("ssm") - (2 if kind in replies else 0) for kind in names
    )
    return values
