"""Deliveries that name no message are answered by one full read, and a message is never lost for it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from rp_mw_shared.errors import TransientError
from rp_mw_shared.sqs.batch import Counting
from rp_mw_shared.sqs.deliveries import DynamoDBDeliveries
from rp_mw_worker.ports import ReadMark
from rp_mw_worker.process import Worker
from tests.fakes.worker_world import World
from tests.faults.memory_dynamodb import MemoryDynamoDB

TEXT = "I would like to return the blue mug that came last week please"


@dataclass
class FakeReads:
    """The `ReadMarks` port in memory."""

    marks: dict[str, ReadMark] = field(default_factory=dict)

    def load_read(self, conversation_id: str) -> ReadMark | None:
        """Return the mark."""
        return self.marks.get(conversation_id)

    def note_read(self, conversation_id: str, mark: ReadMark) -> None:
        """Keep the mark."""
        self.marks[conversation_id] = mark


@pytest.fixture
def world() -> World:
    """A world whose worker remembers reads and counts waits."""
    world = World()
    world.deps = replace(world.deps, read_marks=FakeReads())
    world.worker = Worker(
        world.deps,
        on_permanent=lambda record, error: world.quarantined.append((record, error)),
        change_visibility=lambda _handle, seconds: world.delays.append(seconds),
        counting=Counting(
            DynamoDBDeliveries(MemoryDynamoDB({"a": ("event_id",)}), "a", world.clock), lambda record: None
        ),
    )
    return world


def _reads(world: World) -> int:
    return world.helpdesk.calls.count("load_ticket")


def test_a_webhook_from_before_the_last_full_read_costs_no_call(world: World) -> None:
    """Ten of one message: one is read, nine are over."""
    world.helpdesk.customer_writes("c1", TEXT, channel="livechat")
    events = [world.event("c1", delivery_id=f"d-{number}") for number in range(10)]
    world.clock.advance(5)
    assert world.deliver(events[0]) == 0
    read = _reads(world)
    assert world.deliver(*events[1:]) == 0
    assert _reads(world) == read
    assert len(world.helpdesk.replies("c1")) == 1


def test_a_webhook_from_just_before_the_read_is_read_again(world: World) -> None:
    """The helpdesk may have shown the ticket without the message a moment after it told us."""
    world.helpdesk.customer_writes("c1", TEXT, channel="livechat")
    first = world.event("c1", delivery_id="d-1")
    late = world.event("c1", delivery_id="d-2")
    world.clock.advance(1)
    world.deliver(first)
    read = _reads(world)
    world.deliver(late)
    assert _reads(world) > read


def test_a_run_that_did_not_come_to_its_end_covers_nothing(world: World) -> None:
    """Else its message would be lost."""
    world.helpdesk.customer_writes("c1", TEXT, channel="livechat")
    first, second = (world.event("c1", delivery_id=f"d-{number}") for number in range(2))
    world.clock.advance(5)
    world.helpdesk.failures["load_ticket"] = [TransientError("down", code="vendor_unavailable")]
    assert world.deliver(first) == 1
    assert world.deliver(second) == 0
    assert len(world.helpdesk.replies("c1")) == 1


def test_a_conversation_read_too_often_waits_and_its_newest_message_is_handled(world: World) -> None:
    """The waits are none of its failures."""
    waited = 0
    for number in range(20):
        world.helpdesk.customer_writes("c1", f"{TEXT} {number}", channel="livechat")
        event = world.event("c1", delivery_id=f"d-{number}")
        world.clock.advance(3)
        receives = 1
        while world.deliver(event, receive_count=receives):
            receives += 1
            waited += 1
            world.clock.advance(world.delays[-1])
    assert waited >= 5
    assert world.quarantined == []
    ticket = world.helpdesk.store.tickets["c1"]
    last = [comment.id for comment in ticket.comments if comment.is_operator is False][-1]
    assert world.records.states["c1"]["last_message_id"] == last
