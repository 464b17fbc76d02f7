"""Our own pollers, against the embedded AWS's queues: what Lambda's event source mapping promises a FIFO queue."""

from __future__ import annotations

import json
import os
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rp_mw_local.emulator import Emulator
from rp_mw_local.emulator_environment import ensure_environment
from rp_mw_local.errors import LocalError
from rp_mw_local.functions.event_source import EventSource, Source, find_failed
from rp_mw_local.functions.execution_environment import FunctionCode, unpack
from rp_mw_local.functions.run_clock import RunClock
from rp_mw_local.observation import wait_for

# writes a line when it begins and one when it ends a record; the body says what happens in between
HANDLER = """
import json, os, time

def note(kind, record):
    with open(os.environ["NOTES"], "a") as notes:
        attributes = record["attributes"]
        shown = [kind, record["body"], attributes["MessageGroupId"], attributes["ApproximateReceiveCount"], os.getpid()]
        notes.write(json.dumps(shown + [time.time()]) + "\\n")

def handler(event, context):
    failed = []
    for record in event["Records"]:
        note("begin", record)
        first = record["attributes"]["ApproximateReceiveCount"] == "1"
        body = record["body"]
        if body.startswith("slow"):
            time.sleep(1.0)
        if body.startswith("hang") and first:
            time.sleep(60)
        if body.startswith("die") and first:
            os._exit(1)
        if body.startswith("raise") and first:
            raise ValueError(body)
        if body.startswith("odd") and first:
            return {"batchItemFailures": [{"itemIdentifier": ""}]}
        if body.startswith("fail") and first:
            failed.append(record)
        elif not any(one["attributes"]["MessageGroupId"] == record["attributes"]["MessageGroupId"] for one in failed):
            note("end", record)
        else:
            failed.append(record)
    return {"batchItemFailures": [{"itemIdentifier": one["messageId"]} for one in failed]}
"""


class Bench:
    """One queue, its pollers and what the function wrote down."""

    def __init__(self, sqs: Any, folder: Path, *, maximum_concurrency: int, clock: RunClock) -> None:
        self.sqs = sqs
        self.notes_file = folder / "notes.jsonl"
        zip_path = folder / "function.zip"
        with zipfile.ZipFile(zip_path, "w") as archive:
            archive.writestr("function.py", HANDLER)
        name = f"{uuid.uuid4().hex}.fifo"
        attributes = {"FifoQueue": "true", "VisibilityTimeout": "5"}
        self.url = str(sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])
        settings = {"NOTES": str(self.notes_file), "PATH": os.defpath}
        code = FunctionCode(unpack(zip_path, folder), "function.handler", 3.0, settings)
        self.source = EventSource(
            sqs,
            Source(self.url, f"arn:aws:sqs:us-east-1:000000000000:{name}"),
            maximum_concurrency=maximum_concurrency,
            python=ensure_environment().python,
            load_code=lambda: code,
            clock=clock,
            log=folder / "function.log",
        )

    def send(self, body: str, group: str) -> None:
        """Queue one message."""
        self.sqs.send_message(
            QueueUrl=self.url, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=uuid.uuid4().hex
        )

    def notes(self, kind: str) -> list[list[Any]]:
        """What the function wrote down of a kind: kind, body, group, receive count, process, time."""
        if not self.notes_file.exists():
            return []
        lines = map(json.loads, self.notes_file.read_text().splitlines())
        return [line for line in lines if line[0] == kind]

    def wait_for_ends(self, count: int) -> None:
        """Return when so many records were brought to an end and the queue is empty."""
        assert wait_for(lambda: len(self.notes("end")) >= count and self._depth() == 0, 20.0), self.source.log_lines()

    def _depth(self) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        shown = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return sum(map(int, shown.values()))


@pytest.fixture
def bench(emulator: Emulator, tmp_path: Path) -> Iterator[Callable[[int], Bench]]:
    """Makes benches with so many processes; they are stopped afterwards."""
    made: list[Bench] = []

    def make(maximum_concurrency: int) -> Bench:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(Bench(emulator.client("sqs"), folder, maximum_concurrency=maximum_concurrency, clock=RunClock()))
        return made[-1]

    yield make
    for one in made:
        one.source.stop()


def test_groups_run_beside_each_other_and_a_group_never_beside_itself(bench: Callable[[int], Bench]) -> None:
    """Two slow groups overlap in two processes; the messages of each come one after the other, in order."""
    two = bench(2)
    two.source.start()
    two.send("slow a1", "a")
    assert wait_for(lambda: bool(two.notes("begin")), 20.0)
    for body, group in (("slow b1", "b"), ("a2", "a"), ("b2", "b")):
        two.send(body, group)
    two.wait_for_ends(4)
    begun = {body: moment for _, body, _, _, _, moment in two.notes("begin")}
    ended = {body: moment for _, body, _, _, _, moment in two.notes("end")}
    assert begun["slow b1"] < ended["slow a1"], "one group waited for the other"
    assert begun["a2"] >= ended["slow a1"] and begun["b2"] >= ended["slow b1"]
    assert len({pid for *_, pid, _ in two.notes("begin")}) == 2


def test_no_more_processes_than_the_maximum_concurrency(bench: Callable[[int], Bench]) -> None:
    """Six groups in three processes at most."""
    three = bench(3)
    for number in range(30):
        three.send("slow" if number < 6 else "quick", f"g{number}")
    three.source.start()
    assert wait_for(lambda: len(three.notes("begin")) > 0, 20.0)
    assert 1 <= len(three.source.processes()) <= 3


def test_what_is_not_done_comes_back_in_order_after_the_visibility_timeout(bench: Callable[[int], Bench]) -> None:
    """A reported failure, an exception, the timeout, a death and a malformed answer: nothing is lost or overtaken."""
    benches = {fate: bench(1) for fate in ("fail", "raise", "hang", "die", "odd")}
    for fate, one in benches.items():
        for body in ("first", fate, "last"):
            one.send(body, "group")
        one.source.start()
    for fate, one in benches.items():
        one.wait_for_ends(3)
        bodies = [body for _, body, *_ in one.notes("end")]
        assert [body for number, body in enumerate(bodies) if body not in bodies[:number]] == ["first", fate, "last"]
        # a reported failure lets what came before it be done; anything else brings the whole batch again
        assert bodies.count("first") == (1 if fate == "fail" else 2), fate
        again = [count for _, body, _, count, *_ in one.notes("begin") if body == fate]
        assert again == ["1", "2"], fate


def test_a_killed_process_is_replaced_and_a_foreign_one_is_not_touched(bench: Callable[[int], Bench]) -> None:
    """Kill -9 from outside is a failed invocation; a process of somebody else is refused."""
    one = bench(1)
    one.send("slow", "a")
    one.source.start()
    assert wait_for(lambda: bool(one.notes("begin")), 20.0)
    (pid,) = one.source.processes()
    one.source.kill(pid)
    one.wait_for_ends(1)
    assert one.source.failed_invocations == ["the process has ended"]
    assert len({entry[4] for entry in one.notes("begin")}) == 2
    with pytest.raises(LocalError, match="runs no function here"):
        one.source.kill(os.getpid())


def test_a_scaled_clock_is_the_same_in_the_function_and_here(emulator: Emulator, tmp_path: Path) -> None:
    """A second asleep takes a twentieth of one, and both sides read the same time."""
    clock = RunClock(20.0)
    quick = Bench(emulator.client("sqs"), tmp_path, maximum_concurrency=1, clock=clock)
    try:
        quick.send("slow", "a")
        quick.source.start()
        quick.wait_for_ends(1)
        ended = quick.notes("end")[0][5]
        (delivery,) = [one for one in quick.source.deliveries if one.is_deleted]
        assert delivery.received_at_epoch_ms <= ended * 1000 <= delivery.ended_at_epoch_ms
        assert abs(clock.now_epoch_ms() / 1000 - ended) < 20 * 20
    finally:
        quick.source.stop()


def test_a_clock_scale_out_of_range_is_refused() -> None:
    """Slower than true time and far too fast say what is possible."""
    for scale in (0.5, 31.0):
        with pytest.raises(LocalError, match="choose 1 to 30"):
            RunClock(scale)


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (None, set()),
        ({}, set()),
        ({"batchItemFailures": None}, set()),
        ({"batchItemFailures": []}, set()),
        ({"batchItemFailures": [{"itemIdentifier": "b"}]}, {"b"}),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, None),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, None),
        ({"batchItemFailures": [{"id": "b"}]}, None),
        ({"batchItemFailures": [{"itemIdentifier": "unknown"}]}, None),
        ({"batchItemFailures": ["b"]}, None),
        ("text", None),
    ],
)
def test_an_answer_is_read_as_lambda_reads_it(answer: Any, kept: set[str] | None) -> None:
    """None stands for the whole batch."""
    assert find_failed(answer, ["a", "b"]) == kept
