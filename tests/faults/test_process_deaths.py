"""A message that kills its process is out after five such ends, and takes nothing of its batch along."""

from __future__ import annotations

from dataclasses import dataclass, field

from rp_mw_shared.clock import FakeClock
from rp_mw_shared.errors import PermanentError, TransientError
from rp_mw_shared.sqs.batch import Counting, QueueRecord, process_fifo_batch
from rp_mw_shared.sqs.deliveries import DynamoDBDeliveries
from tests.fakes.recording import recording
from tests.faults.memory_dynamodb import MemoryDynamoDB
from tests.faults.memory_sqs import MemoryQueue, as_lambda_event

VISIBILITY_SECONDS = 360


class _Died(BaseException):
    """The process is gone: no time, no memory."""


@dataclass
class _World:
    """A queue of events and a consumer: `deadly` bodies kill it, `waits` says how often a body has to wait."""

    deadly: set[str] = field(default_factory=set)
    waits: dict[str, int] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)
    handled: list[str] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)
    dead: dict[str, str] = field(default_factory=dict)
    delays: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = FakeClock()
        self.queue = MemoryQueue("events", self.clock, VISIBILITY_SECONDS, MemoryQueue("dlq", self.clock), 1_000)
        table = MemoryDynamoDB({"a": ("event_id",)})
        deliveries = DynamoDBDeliveries(table, "a", self.clock)
        self.counting = Counting(deliveries, lambda record: self.queue.delete(record.receipt_handle))

    def send(self, *bodies: str, group: str | None = None) -> None:
        """Queue messages, each in a group of its own unless said otherwise."""
        for body in bodies:
            self.queue.send(body, group or body, body)

    def handle(self, record: QueueRecord) -> None:
        """Run one record."""
        self.begun.append(record.body)
        if record.body in self.deadly:
            raise _Died
        if record.body in self.failing:
            raise TransientError("down", code="vendor_unavailable")
        if self.waits.get(record.body, 0):
            self.waits[record.body] -= 1
            raise TransientError("later", code="rate_limited", retry_after_seconds=7)
        self.handled.append(record.body)

    def bury(self, record: QueueRecord, error: PermanentError) -> None:
        """Take one record into the DLQ."""
        self.dead[record.body] = error.code

    def delay(self, receipt: str, seconds: int) -> None:
        """Change the visibility."""
        self.delays.append(seconds)
        self.queue.change_visibility(receipt, seconds)

    def run(self, most_batches: int = 100) -> int:
        """Deliver until the queue is empty; return the number of batches."""
        with recording():
            for number in range(most_batches):
                batch = self.queue.receive()
                if batch:
                    self._deliver(batch)
                elif self.queue.messages:
                    self.clock.advance(VISIBILITY_SECONDS)
                else:
                    return number
        return most_batches

    def _deliver(self, batch: list) -> None:  # type: ignore[type-arg]
        try:
            answer = process_fifo_batch(
                as_lambda_event(batch),
                self.handle,
                on_permanent=self.bury,
                remaining_ms=lambda: 60_000,
                change_visibility=self.delay,
                counting=self.counting,
            )
        except _Died:
            self.clock.advance(VISIBILITY_SECONDS)
            return
        returned = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        for message in batch:
            if message.id not in returned:
                self.queue.delete(message.receipt)


def test_a_message_that_kills_its_process_is_out_after_five_ends() -> None:
    """And says so: SQS moved nothing by itself."""
    world = _World(deadly={"k"})
    world.send("k")
    world.run()
    assert world.dead == {"k": "process_died"}
    assert world.queue.dlq is not None
    assert world.queue.dlq.messages == []


def test_its_batch_is_not_taken_along() -> None:
    """Whether the others stand before it or after it."""
    world = _World(deadly={"k"})
    world.send("a", "b", "k", "c", "d")
    world.run()
    assert world.dead == {"k": "process_died"}
    assert set(world.handled) == {"a", "b", "c", "d"}
    assert world.handled.count("c") == 1


def test_its_batch_does_not_wait_until_it_is_out() -> None:
    """Once it has ended a second time the others of its batch run before it: they are late by two deaths, not five."""
    world = _World(deadly={"k"})
    world.send("a", "b", "k", "c", "d")
    world.run()
    third = [place for place, body in enumerate(world.begun) if body == "k"][2]
    assert {"a", "b", "c", "d"} <= set(world.begun[:third])


def test_two_that_kill_leave_the_rest_alone() -> None:
    """Each dies alone in the end."""
    world = _World(deadly={"k1", "k2"})
    world.send("a", "k1", "b", "k2", "c")
    world.run()
    assert world.dead == {"k1": "process_died", "k2": "process_died"}
    assert set(world.handled) == {"a", "b", "c"}


def test_what_comes_after_it_in_its_conversation_is_handled() -> None:
    """Once it is out, the group goes on in its order."""
    world = _World(deadly={"k"})
    world.send("k", "k-2", "k-3", group="one")
    world.run()
    assert world.dead == {"k": "process_died"}
    assert world.handled == ["k-2", "k-3"]


def test_forty_waits_are_no_failure_and_each_is_as_long_as_was_asked() -> None:
    """The message comes back when the budget opens, and is handled in the end."""
    world = _World(waits={"w": 40})
    world.send("w")
    world.run()
    assert (world.handled, world.dead) == (["w"], {})
    assert world.delays == [7] * 40


def test_waits_in_between_do_not_hide_five_real_failures() -> None:
    """A message that really fails goes after five of those."""
    world = _World(waits={"w": 6}, failing=set())
    world.send("w")
    world.run(3)
    world.failing.add("w")
    world.run()
    assert world.dead == {"w": "retries_exhausted"}
    assert len([delay for delay in world.delays if delay != 7]) == 4


def test_an_innocent_message_survives_a_hundred_deaths_beside_it() -> None:
    """It is run first, and taken out of the queue before the deadly one is tried again."""
    world = _World(deadly={f"k{number}" for number in range(20)})
    for number in range(20):
        world.send(f"k{number}", f"good{number}")
    world.run(400)
    assert world.dead == dict.fromkeys(sorted(world.deadly), "process_died")
    assert {f"good{number}" for number in range(20)} == set(world.handled)
