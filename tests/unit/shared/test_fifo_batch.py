"""A batch reports exactly the records the queue has to deliver again, whatever happens inside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rp_mw_shared.errors import ConfigurationError, OutcomeUnknownError, PermanentError, TransientError
from rp_mw_shared.sqs.batch import QueueRecord, process_fifo_batch
from rp_mw_shared.sqs.delays import RetryDelays
from tests.fakes.recording import Recording, recording

EXACT = RetryDelays(jitter=0)


def raw(message_id: str, group: str = "A", receive_count: int = 1) -> dict[str, Any]:
    """One entry of a Lambda event from a FIFO queue."""
    return {
        "messageId": message_id,
        "receiptHandle": f"handle-{message_id}",
        "body": f"body-{message_id}",
        "eventSourceARN": "arn:aws:sqs:us-east-1:1:rp-mw-test-events.fifo",
        "attributes": {
            "MessageGroupId": group,
            "ApproximateReceiveCount": str(receive_count),
            "SentTimestamp": "1795000000000",
        },
    }


@dataclass
class World:
    """What the handler does for each record, and what the batch did to the world."""

    failures: dict[str, Exception] = field(default_factory=dict)
    remaining: Callable[[], int] = lambda: 60_000
    dlq_failure: Exception | None = None
    visibility_failure: Exception | None = None
    ran: list[str] = field(default_factory=list)
    dead: dict[str, PermanentError] = field(default_factory=dict)
    delays: dict[str, int] = field(default_factory=dict)

    def handle(self, record: QueueRecord) -> None:
        """Run one record."""
        self.ran.append(record.message_id)
        if record.message_id in self.failures:
            raise self.failures[record.message_id]

    def bury(self, record: QueueRecord, error: PermanentError) -> None:
        """Take one record into the DLQ."""
        if self.dlq_failure:
            raise self.dlq_failure
        self.dead[record.message_id] = error

    def change_visibility(self, receipt_handle: str, seconds: int) -> None:
        """Set one record's delay."""
        if self.visibility_failure:
            raise self.visibility_failure
        self.delays[receipt_handle.removeprefix("handle-")] = seconds

    def run(self, *records: dict[str, Any]) -> list[str]:
        """Process the records and return the ids that go back."""
        answer = process_fifo_batch(
            {"Records": list(records)},
            self.handle,
            on_permanent=self.bury,
            remaining_ms=self.remaining,
            change_visibility=self.change_visibility,
            delays=EXACT,
        )
        assert list(answer) == ["batchItemFailures"]
        assert all(list(entry) == ["itemIdentifier"] for entry in answer["batchItemFailures"])
        return [entry["itemIdentifier"] for entry in answer["batchItemFailures"]]


def test_a_batch_without_failures_returns_nothing() -> None:
    """Everything handled: nothing is delivered again."""
    world = World()
    assert world.run(raw("1"), raw("2", "B")) == []
    assert world.ran == ["1", "2"]
    assert world.delays == {}


def test_a_failed_record_stops_its_group_and_no_other() -> None:
    """Order in a conversation is worth more than speed; other conversations go on."""
    world = World({"a2": TransientError("later")})
    assert world.run(raw("a1"), raw("a2"), raw("b1", "B"), raw("a3"), raw("b2", "B")) == ["a2", "a3"]
    assert world.ran == ["a1", "a2", "b1", "b2"]


def test_a_failed_group_gets_one_delay() -> None:
    """The unrun tail comes back together with its head, not six minutes later."""
    world = World({"a1": TransientError("later", retry_after_seconds=7.2)})
    world.run(raw("a1"), raw("a2"))
    assert world.delays == {"a1": 8, "a2": 8}


def test_a_poison_record_goes_to_the_dlq_and_its_group_goes_on() -> None:
    """What can never succeed must not block a conversation."""
    poison = PermanentError("bad", code="schema_invalid")
    world = World({"a1": poison})
    assert world.run(raw("a1"), raw("a2")) == []
    assert world.dead == {"a1": poison}
    assert world.ran == ["a1", "a2"]


def test_a_poison_record_the_dlq_refuses_stays_in_the_queue() -> None:
    """Nothing is dropped: not in the DLQ means not acknowledged."""
    world = World({"a1": PermanentError("bad")}, dlq_failure=TransientError("no queue"))
    assert world.run(raw("a1"), raw("a2")) == ["a1", "a2"]


@pytest.mark.parametrize(
    "error",
    [ValueError("defect"), OutcomeUnknownError("lost"), ConfigurationError(["wrong"]), KeyError("x"), TimeoutError()],
)
def test_anything_unexpected_counts_as_transient(error: Exception) -> None:
    """A defect of ours is delivered again, not lost."""
    world = World({"a1": error})
    assert world.run(raw("a1"), raw("b1", "B")) == ["a1"]


def test_an_unexpected_error_is_logged_by_class_and_place_only(recorded: Recording) -> None:
    """The exception's own words may quote a customer."""
    World({"a1": ValueError("ana@example.com wrote")}).run(raw("a1"))
    (line,) = recorded.events("unexpected_error")
    assert line["exception_name"] == "ValueError"
    assert line["place"].startswith("test_fifo_batch.L") or ".test_fifo_batch.L" in line["place"]
    assert "ana" not in "".join(recorded.raw)


def test_a_record_failing_on_its_last_delivery_goes_to_the_dlq_and_its_group_goes_on(recorded: Recording) -> None:
    """SQS would throw the records after it out too, unrun: they have been delivered as often."""
    world = World({"a1": TransientError("later", code="vendor_unavailable")})
    assert world.run(raw("a1", receive_count=5), raw("a2", receive_count=5)) == []
    assert world.dead["a1"].code == "retries_exhausted"
    assert world.ran == ["a1", "a2"]
    assert recorded.events("record_exhausted")[0]["error_code"] == "vendor_unavailable"


def test_records_go_back_unrun_when_time_is_short() -> None:
    """Better delivered again at once than killed in the middle."""
    left = iter([60_000, 4_000, 4_000])
    world = World(remaining=lambda: next(left))
    assert world.run(raw("a1"), raw("a2"), raw("b1", "B")) == ["a2", "b1"]
    assert world.ran == ["a1"]
    assert world.delays == {"a2": 0, "b1": 0}


def test_a_delay_that_cannot_be_set_is_only_logged(recorded: Recording) -> None:
    """The queue's own visibility timeout applies then."""
    world = World({"a1": TransientError("later")}, visibility_failure=OSError("down"))
    assert world.run(raw("a1")) == ["a1"]
    assert recorded.events("visibility_unchanged")


def test_failures_are_counted(recorded: Recording) -> None:
    """The alarm on failed records reads this metric."""
    from rp_mw_shared.observability import flush_metrics

    World({"a1": TransientError("later")}).run(raw("a1"), raw("a2"))
    flush_metrics()
    assert recorded.samples("RecordsFailed") == [1]


@pytest.mark.parametrize(("receive_count", "delay"), [(1, 10), (2, 40), (3, 160), (4, 640), (9, 900)])
def test_delays_grow_with_deliveries_up_to_a_cap(receive_count: int, delay: int) -> None:
    """Exponential, not hot."""
    assert EXACT.choose(receive_count, None, lambda: 0.0) == delay


def test_five_deliveries_outlast_a_ten_minute_outage() -> None:
    """A vendor that is down for ten minutes costs no message, even with short waits asked for and worst jitter."""
    for asked in (None, 1.0):
        waits = [RetryDelays().choose(count, asked, lambda: 1.0) for count in range(1, 5)]
        assert sum(waits) > 600


def test_an_asked_wait_replaces_the_first_delay_and_never_shortens_later_ones() -> None:
    """Short waits in a row would use up all deliveries within seconds."""
    assert EXACT.choose(1, 2.0, lambda: 0.0) == 2
    assert EXACT.choose(2, 2.0, lambda: 0.0) == 40
    assert EXACT.choose(2, 100.0, lambda: 0.0) == 100
    assert EXACT.choose(1, 1e9, lambda: 0.0) == 43_200


RESULTS = st.sampled_from([None, TransientError("t"), PermanentError("p"), ValueError("v")])
RECORDS = st.lists(
    st.tuples(st.sampled_from("ABC"), RESULTS, st.integers(1, 6), st.booleans()), min_size=0, max_size=10
)


@given(RECORDS, st.booleans())
def test_every_record_is_handled_dead_or_returned_and_order_holds(
    records: list[tuple[str, Exception | None, int, bool]], dlq_is_down: bool
) -> None:
    """Whatever happens: nothing lost, nothing both done and returned, no group overtaken after a failure."""
    with recording():
        world = World(dlq_failure=TransientError("down") if dlq_is_down else None)
        ids = [f"r{number}" for number in range(len(records))]
        world.failures = {key: result for key, (_, result, _, _) in zip(ids, records, strict=True) if result}
        short = iter([is_short for _, _, _, is_short in records])
        world.remaining = lambda: 1_000 if next(short, False) else 60_000
        entries = [raw(key, group, count) for key, (group, _, count, _) in zip(ids, records, strict=True)]
        returned = world.run(*entries)
    handled = [key for key in world.ran if key not in world.failures]
    assert sorted([*handled, *world.dead, *returned]) == sorted(ids)
    for group in "ABC":
        own = [key for key, (name, _, _, _) in zip(ids, records, strict=True) if name == group]
        flags = [key in returned for key in own]
        assert flags == sorted(flags), "a record after a returned one of its group was not returned"
