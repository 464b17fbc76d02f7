"""What an event writes so that it is found again: its customer, its order, its day; and that its tags are set."""

from __future__ import annotations

import pytest

from rp_mw_shared.redaction.hashing import contact_digest, order_digest
from tests.fakes.helpdesk import SALT
from tests.fakes.worker_world import World, shipped_order


@pytest.fixture
def world() -> World:
    """A world where replies may go out."""
    return World()


def ask(world: World, text: str, **contents: object) -> None:
    """A customer writes by mail and the worker handles it."""
    message_id = world.helpdesk.customer_writes("c1", text, **({"channel": "email"} | contents))
    world.deliver(world.event("c1", message_id))


def test_a_conversation_names_its_customer_by_the_digest_that_search_makes_of_the_address(world: World) -> None:
    """And never by the address."""
    ask(world, "I would like to return the blue mug that came last week please", email="ana@example.com")
    assert world.records.states["c1"]["customer"] == contact_digest("Ana@Example.com ", SALT)
    assert world.records.states["c1"]["tagged"] is True


def test_a_parked_flow_is_in_no_index_and_its_answer_is_in_both(world: World) -> None:
    """The order is named as the shop calls it, in its shortest spelling."""
    ask(world, "Hello, where is my package? It should have been here by now", linked_order_id="5551001")
    (request,) = world.enrichment.requests.values()
    world.deliver(world.result(request, shipped_order()))
    parked, answered = world.audit_rows("c1")
    assert parked.get("day") is None
    assert parked.get("order") is None
    assert answered["day"] == "2026-11-18"
    assert answered["order"] == order_digest("1001", SALT)


def test_an_order_that_the_customer_names_is_found_where_nothing_was_looked_up(world: World) -> None:
    """A chargeback about order 1002 goes to people at once."""
    ask(world, "I filed a chargeback about order #1002 with my bank")
    (row,) = world.audit_rows("c1")
    assert row["order"] == order_digest("1002", SALT)


def test_two_orders_named_are_none_meant(world: World) -> None:
    """Neither is more likely than the other."""
    ask(world, "I filed a chargeback about order #1002 and order #1003 with my bank")
    (row,) = world.audit_rows("c1")
    assert row.get("order") is None
