"""What a dead-letter queue promises the redrive, of the one in memory and the one on SQS FIFO."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from rp_mw_ops.dead_letters.port import MOVED_BY_SQS, DeadLetters, read_dead_letters
from rp_mw_ops.dead_letters.redrive import Choice, Report, redrive
from rp_mw_ops.dead_letters.sqs import SqsDeadLetters
from rp_mw_shared.clock import FakeClock
from rp_mw_shared.errors import TransientError
from tests.fakes.aws_faults import BreakableClient, unreachable
from tests.fakes.dead_letters import MemoryDeadLetters

HOLD_SECONDS = 60
EVERYTHING = Choice(reason="vendor_status_404")


@dataclass(frozen=True, slots=True)
class Bench:
    """Dead letters, how a message dies, and what has arrived in the queue: (group, body) in order."""

    dead_letters: DeadLetters
    die: Callable[[str, str], None]
    arrived: Callable[[], list[tuple[str, str]]]


def in_memory() -> Bench:
    """Of the fake."""
    dead_letters = MemoryDeadLetters(FakeClock())
    attributes = {"reason": "vendor_status_404"}
    return Bench(
        dead_letters,
        lambda group, body: void(dead_letters.dead.send(body, group, uuid.uuid4().hex, attributes)),
        lambda: [(message.group, message.body) for message in dead_letters.queue.receive()],
    )


def on_sqs(client: Any) -> Bench:
    """Of two new queues."""
    settings = {
        "FifoQueue": "true",
        "DeduplicationScope": "messageGroup",
        "FifoThroughputLimit": "perMessageGroupId",
    }
    name = uuid.uuid4().hex
    url, dlq_url = (
        client.create_queue(QueueName=f"{name}{suffix}.fifo", Attributes=settings)["QueueUrl"]
        for suffix in ("", "-dlq")
    )

    def die(group: str, body: str) -> None:
        client.send_message(
            QueueUrl=dlq_url,
            MessageBody=body,
            MessageGroupId=group,
            MessageDeduplicationId=uuid.uuid4().hex,
            MessageAttributes={"reason": {"DataType": "String", "StringValue": "vendor_status_404"}},
        )

    def arrived() -> list[tuple[str, str]]:
        answer = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"])
        return [(one["Attributes"]["MessageGroupId"], one["Body"]) for one in answer.get("Messages", [])]

    return Bench(SqsDeadLetters(client, "events", dlq_url, url), die, arrived)


def void(_: object) -> None:
    """Nothing, of something."""


@pytest.fixture(params=["memory", pytest.param("sqs", marks=pytest.mark.emulator)])
def bench(request: pytest.FixtureRequest) -> Bench:
    """The dead letters of each kind in turn."""
    return in_memory() if request.param == "memory" else on_sqs(request.getfixturevalue("aws")("sqs"))


def test_reading_shows_each_dead_letter_once_and_leaves_all_in_place(bench: Bench) -> None:
    """Over several receives, and the second reader at once sees what the first saw."""
    for number in range(12):
        bench.die(f"g{number}", f"body {number}")
    for _ in range(2):
        read = read_dead_letters(bench.dead_letters, 100)
        assert sorted(dead_letter.body for dead_letter in read) == sorted(f"body {number}" for number in range(12))
        assert len({dead_letter.id for dead_letter in read}) == 12
    assert bench.dead_letters.count() == 12
    assert bench.arrived() == []


def test_a_dead_letter_tells_its_reason_its_group_and_how_often_it_was_read(bench: Bench) -> None:
    """As the queue has it."""
    bench.die("g", "body")
    for count in (1, 2):
        (dead_letter,) = read_dead_letters(bench.dead_letters, 10)
        assert (dead_letter.reason, dead_letter.group_id, dead_letter.receives, dead_letter.queue) == (
            "vendor_status_404",
            "g",
            count,
            "events",
        )
        assert dead_letter.sent_at_epoch_ms > 0
    assert dead_letter.reason != MOVED_BY_SQS


def test_a_limit_is_a_limit_and_what_was_read_beyond_it_is_free_too(bench: Bench) -> None:
    """A receive brings up to ten."""
    for number in range(4):
        bench.die(f"g{number}", "body")
    assert len(read_dead_letters(bench.dead_letters, 2)) == 2
    assert len(read_dead_letters(bench.dead_letters, 10)) == 4


def test_of_a_group_longer_than_a_receive_the_first_ten_are_seen_in_order(bench: Bench) -> None:
    """The rest waits for them and is not lost."""
    for number in range(12):
        bench.die("g", f"{number}")
    assert [dead_letter.body for dead_letter in read_dead_letters(bench.dead_letters, 100)] == [
        str(number) for number in range(10)
    ]
    assert bench.dead_letters.count() == 12


def test_a_held_group_is_handed_to_nobody_else_until_released(bench: Bench) -> None:
    """So two operators at once do not overtake each other within a conversation."""
    bench.die("g", "1")
    held = bench.dead_letters.receive(HOLD_SECONDS)
    bench.die("g", "2")
    bench.die("h", "other")
    assert [dead_letter.body for dead_letter in bench.dead_letters.receive(HOLD_SECONDS)] == ["other"]
    bench.dead_letters.release(held)
    assert [dead_letter.body for dead_letter in bench.dead_letters.receive(HOLD_SECONDS)] == ["1", "2"]


def test_a_dead_letter_sent_back_twice_arrives_once_in_its_group_as_it_was(bench: Bench) -> None:
    """Within five minutes; and it is still dead until it is deleted."""
    bench.die("g", "body")
    (dead_letter,) = bench.dead_letters.receive(HOLD_SECONDS)
    bench.dead_letters.send_back(dead_letter)
    bench.dead_letters.send_back(dead_letter)
    assert bench.arrived() == [("g", "body")]
    assert bench.dead_letters.count() == 1
    bench.dead_letters.delete(dead_letter)
    assert bench.dead_letters.count() == 0


def test_a_redrive_empties_a_long_group_in_order(bench: Bench) -> None:
    """What deleting unlocks is received next."""
    for number in range(12):
        bench.die("g", f"{number:02}")
    report = Report()
    redrive(bench.dead_letters, EVERYTHING, report, limit=100, per_second=100, clock=FakeClock())
    assert [dead_letter.body for dead_letter in report.redriven] == [f"{number:02}" for number in range(12)]
    assert bench.dead_letters.count() == 0
    assert bench.arrived() == [("g", f"{number:02}") for number in range(10)]


@pytest.mark.emulator
def test_an_unanswered_call_is_transient_and_a_failed_release_is_not_the_end(aws: Callable[[str], Any]) -> None:
    """What was done before must still be reported; the dead letters are free when their hold ends."""
    client = BreakableClient(aws("sqs"))
    bench = on_sqs(client)
    bench.die("g", "body")
    held = bench.dead_letters.receive(HOLD_SECONDS)
    client.error = unreachable()
    bench.dead_letters.release(held)
    for call in (
        bench.dead_letters.count,
        lambda: bench.dead_letters.send_back(held[0]),
        lambda: bench.dead_letters.delete(held[0]),
    ):
        with pytest.raises(TransientError):
            call()
