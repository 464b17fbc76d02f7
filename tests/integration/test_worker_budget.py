"""What an event costs in DynamoDB calls and items written, counted at the client, for each kind of event.

What the tables' indexes cost beside it is counted by `make bench-quick`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from rp_mw_worker.adapters.records_dynamodb import DynamoDBRecords
from rp_mw_worker.domain.model import Flags, RolloutStage
from tests.fakes.boundaries import Killed, at_boundaries
from tests.fakes.recording import recording
from tests.fakes.worker_tables import CallCounter, create_worker_tables, item_bytes
from tests.fakes.worker_world import World, shipped_order

pytestmark = pytest.mark.emulator

SHADOW = Flags(False, False, frozenset(), RolloutStage.SHADOW)
ASSIGN = Flags(False, False, frozenset(), RolloutStage.ASSIGN)
RETURN_TEXT = "I would like to return the blue mug that came last week please"
ORDER_TEXT = "Hello, where is my package? It should have been here by now"
# As long as mail Message-IDs get in practice; keys are part of an item's size.
CONVERSATION = "<CAJ7kq-Xw9Zb0+3f8hQyT6rVn2LmPpEeUuSsDdGgHhJjKk-{}@mail.gmail.com>"


class Bench:
    """A world over real tables, with a counter on the client."""

    def __init__(self, client: Any, names: tuple[str, str, str]) -> None:
        self.client, self.names = client, names
        self.counter = CallCounter(client)
        self.world = World()
        events, states, audit = names
        records = DynamoDBRecords(client, self.world.clock, event_table=events, state_table=states, audit_table=audit)
        self.world.deps = replace(self.world.deps, records=records)
        self.world.worker = self.world.new_worker(self.world.deps)
        self.conversation = CONVERSATION.format(uuid.uuid4().hex[:8])

    def asks(self, text: str, **contents: Any) -> Any:
        """The customer writes; returns the event."""
        contents = {"channel": "livechat"} | contents
        message_id = self.world.helpdesk.customer_writes(self.conversation, text, **contents)
        return self.world.event(self.conversation, message_id)

    def cost(self, message: Any) -> tuple[int, int]:
        """Deliver and return (calls, write units)."""
        self.counter.reset()
        with recording():
            assert self.world.deliver(message) == 0
        assert self.largest_item() <= 1024  # so that every item written is one unit
        return self.counter.total, self.counter.items_written

    def largest_item(self) -> int:
        """The size of the largest item in the three tables, in bytes."""
        calls = self.counter.calls.copy(), self.counter.items_written
        sizes = [item_bytes(item) for name in self.names for item in self.client.scan(TableName=name)["Items"]]
        self.counter.calls, self.counter.items_written = calls
        return max(sizes, default=0)


@pytest.fixture
def bench(aws: Callable[[str], Any]) -> Iterator[Bench]:
    """Fresh tables and a counted client."""
    shared_client, suffix = aws("dynamodb"), uuid.uuid4().hex[:6]
    names = (f"rp_mw_a_{suffix}", f"rp_mw_b_{suffix}", f"rp_mw_c_{suffix}")
    create_worker_tables(shared_client, names)
    yield Bench(shared_client, names)
    for name in names:
        shared_client.delete_table(TableName=name)


def test_shadow_costs_two_calls_and_three_items(bench: Bench) -> None:
    """One read of everything, one batch of event, state and audit row."""
    bench.world.flags.set(SHADOW)
    assert bench.cost(bench.asks(RETURN_TEXT)) == (2, 3)
    assert bench.cost(bench.asks("and another promo question, thank you very much")) == (2, 3)


def test_route_only_costs_four_calls_and_four_items(bench: Bench) -> None:
    """Read, claim with plan, batch, complete."""
    bench.world.flags.set(ASSIGN)
    assert bench.cost(bench.asks(RETURN_TEXT)) == (4, 4)


def test_a_reply_costs_six_calls_and_seven_items(bench: Bench) -> None:
    """Besides that: the customer's slot, and the mark before the reply is sent."""
    assert bench.cost(bench.asks(RETURN_TEXT)) == (6, 7)
    bench.world.clock.advance(11 * 60)
    calls, units = bench.cost(bench.asks("promo code please, does the shop have one now"))
    assert calls <= 6
    assert units <= 7


def test_a_verified_reply_costs_a_parked_event_more(bench: Bench) -> None:
    """Park: read and batch. Result: as any reply."""
    assert bench.cost(bench.asks(ORDER_TEXT, linked_order_id="5551001", channel="email")) == (2, 3)
    (request,) = bench.world.enrichment.requests.values()
    calls, units = bench.cost(bench.world.result(request, shipped_order()))
    assert len(bench.world.helpdesk.replies(bench.conversation)) == 1
    assert calls <= 6
    assert units <= 7


def test_a_duplicate_costs_one_read(bench: Bench) -> None:
    """And no write."""
    event = bench.asks(RETURN_TEXT)
    bench.cost(event)
    assert bench.cost(event) == (1, 0)


def test_a_redelivery_after_a_death_before_completing_costs_little(bench: Bench) -> None:
    """Read, claim, the reply's record, batch, complete: the conversation's state says that the tags are set."""
    event = bench.asks(RETURN_TEXT)

    def die(when: str, point: str) -> None:
        if (when, point) == ("before", "records.complete"):
            raise Killed

    with recording(), pytest.raises(Killed):
        bench.world.deliver(event, worker=bench.world.new_worker(at_boundaries(bench.world.deps, die)))
    bench.world.clock.advance(360)
    calls, units = bench.cost(event)
    assert calls <= 5
    assert units <= 4
    assert len(bench.world.helpdesk.replies(bench.conversation)) == 1


def test_nothing_but_the_event_is_in_the_tables_when_it_is_all_over(bench: Bench) -> None:
    """Every item has its expiry: 30, 90 and 60 days."""
    bench.cost(bench.asks(RETURN_TEXT))
    now_seconds = bench.world.clock.now_epoch_ms() // 1000
    for name, days in zip(bench.names, (30, 90, 60), strict=True):
        for item in bench.client.scan(TableName=name)["Items"]:
            assert abs(int(item["expires_at"]["N"]) - now_seconds - days * 86_400) < 60
