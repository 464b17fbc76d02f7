"""Feeds a function from its FIFO queue as Lambda's event source mapping does, with several processes at a time.

    poller 1   receive <= 10 ── invoke process 1 ── delete what is done ── receive …
    poller 2   receive <= 10 ── invoke process 2 ── delete what is done ── receive …      maximum_concurrency pollers

A group is with one poller at a time because the queue keeps it so while a message of it is in flight. What is not
done stays in flight until its visibility timeout ends or the function itself changes it: nothing is given back by the
poller. Source: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS": scaling, error handling for an SQS event
source, implementing partial batch responses.

Not here: Lambda's own start with few pollers, and its backing off after failed invocations.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rp_mw_local.errors import LocalError
from rp_mw_local.functions.execution_environment import ExecutionEnvironment, FunctionCode, InvocationError
from rp_mw_local.functions.run_clock import RunClock

# looking costs the embedded AWS time that the functions need
POLL_SECONDS = 0.05
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message in one invocation; times are the run's epoch milliseconds."""

    message_id: str
    group_id: str
    receive_count: int
    sent_at_epoch_ms: int
    received_at_epoch_ms: int
    ended_at_epoch_ms: int
    is_deleted: bool


@dataclass(frozen=True, slots=True)
class Source:
    """A queue and how it is read."""

    url: str
    arn: str
    batch_size: int = 10


class EventSource:
    """The pollers of one mapping. `start` and `stop`; `pause` and `resume` as disabling and enabling the mapping does.

    `load_code` is asked at the start of each process. `log` is the file the functions print to.
    """

    def __init__(
        self,
        sqs: Any,
        source: Source,
        *,
        maximum_concurrency: int,
        python: Path,
        load_code: Callable[[], FunctionCode],
        clock: RunClock,
        log: Path,
    ) -> None:
        if maximum_concurrency < 1:
            raise LocalError(f"maximum_concurrency {maximum_concurrency} is not possible: choose 1 or more")
        self.log = log
        self.deliveries: list[Delivery] = []
        self.failed_invocations: list[str] = []
        self._sqs = sqs
        self._source = source
        self._python = python
        self._load_code = load_code
        self._clock = clock
        self._generation = itertools.count()
        self._current = next(self._generation)
        self._mutex = threading.Lock()
        self._running: dict[int, ExecutionEnvironment] = {}
        self._may_poll = threading.Event()
        self._is_over = threading.Event()
        self._threads = [
            threading.Thread(target=self._poll, args=(slot,), name=f"poller {slot}", daemon=True)
            for slot in range(maximum_concurrency)
        ]

    # -- the whole -----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to poll."""
        self._may_poll.set()
        for thread in self._threads:
            thread.start()

    def pause(self) -> None:
        """Receive nothing more; invocations under way end as they will."""
        self._may_poll.clear()

    def resume(self) -> None:
        """Receive again."""
        self._may_poll.set()

    def replace(self) -> None:
        """Let every process be a new one from its next event on, as a deployment or a recycling does."""
        self._current = next(self._generation)

    def stop(self) -> None:
        """End everything at once."""
        self._is_over.set()
        self._may_poll.set()
        with self._mutex:
            for environment in self._running.values():
                environment.kill()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(5.0)

    def processes(self) -> list[int]:
        """The process ids of the execution environments."""
        with self._mutex:
            return [environment.pid for environment in self._running.values() if environment.is_alive]

    def kill(self, pid: int) -> None:
        """End one process in the middle of whatever it does; raises LocalError for one that is not ours."""
        if pid not in self.processes():
            raise LocalError(f"process {pid} runs no function here")
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def log_lines(self) -> list[str]:
        """Everything the functions printed."""
        return self.log.read_text("utf-8", "replace").splitlines() if self.log.exists() else []

    # -- one poller ----------------------------------------------------------------------------------------------

    def _poll(self, slot: int) -> None:
        generation = self._current
        while not self._is_over.is_set():
            self._may_poll.wait()
            messages = self._receive()
            if not messages:
                self._is_over.wait(POLL_SECONDS)
                continue
            if generation != self._current:
                generation = self._current
                self._end(slot)
            self._handle(slot, messages)
        self._end(slot)

    def _receive(self) -> list[Json]:
        received: Json = {}
        with self._unless_over():
            if not self._is_over.is_set():
                received = self._sqs.receive_message(
                    QueueUrl=self._source.url,
                    MaxNumberOfMessages=self._source.batch_size,
                    AttributeNames=["All"],
                    MessageAttributeNames=["All"],
                )
        return list(received.get("Messages", []))

    def _handle(self, slot: int, messages: list[Json]) -> None:
        received_at = self._clock.now_epoch_ms()
        try:
            answer = self._environment(slot).invoke({"Records": [self._record(message) for message in messages]})
            kept = find_failed(answer, [message["MessageId"] for message in messages])
        except InvocationError as error:
            self.failed_invocations.append(str(error))
            kept = None
        done = [] if kept is None else [message for message in messages if message["MessageId"] not in kept]
        self._delete(done)
        ended_at, ids = self._clock.now_epoch_ms(), {message["MessageId"] for message in done}
        self.deliveries += [
            _to_delivery(message, received_at, ended_at, message["MessageId"] in ids) for message in messages
        ]

    def _environment(self, slot: int) -> ExecutionEnvironment:
        with self._mutex:
            if self._is_over.is_set():
                raise InvocationError("the mapping is stopped")
            found = self._running.get(slot)
            if found is None or not found.is_alive:
                found = ExecutionEnvironment(self._python, self._load_code(), self._clock, self.log)
                self._running[slot] = found
            return found

    def _end(self, slot: int) -> None:
        with self._mutex:
            environment = self._running.pop(slot, None)
        if environment is not None:
            environment.stop()

    def _delete(self, messages: list[Json]) -> None:
        if not messages:
            return
        entries = [
            {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]} for number, message in enumerate(messages)
        ]
        with self._unless_over():
            self._sqs.delete_message_batch(QueueUrl=self._source.url, Entries=entries)

    @contextlib.contextmanager
    def _unless_over(self) -> Iterator[None]:
        """Let errors of an embedded AWS that is going away pass."""
        try:
            yield
        except Exception:
            if not self._is_over.is_set():
                raise

    def _record(self, message: Json) -> Json:
        """The message as the function gets it. Source: the guide's example FIFO queue message event."""
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": {
                name: {"stringValue": value.get("StringValue"), "dataType": value["DataType"]}
                for name, value in message.get("MessageAttributes", {}).items()
            },
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self._source.arn,
            "awsRegion": self._source.arn.split(":")[3],
        }


def find_failed(answer: Any, message_ids: list[str]) -> set[str] | None:
    """The ids that stay in the queue; None when the answer makes Lambda keep the whole batch.

    Source: "Implementing partial batch responses", success and failure conditions: nothing, null and an empty list are
    success; an empty or null identifier, a wrong key and an unknown id are failure of the batch.
    """
    if not answer:
        return set()
    if not isinstance(answer, Mapping):
        return None
    listed = answer.get("batchItemFailures") or []
    if not isinstance(listed, list) or not all(isinstance(entry, Mapping) for entry in listed):
        return None
    failed = [entry.get("itemIdentifier") for entry in listed]
    return set(failed) if set(failed) <= set(message_ids) else None


def _to_delivery(message: Json, received_at: int, ended_at: int, is_deleted: bool) -> Delivery:
    attributes = message.get("Attributes", {})
    return Delivery(
        message_id=message["MessageId"],
        group_id=attributes.get("MessageGroupId", ""),
        receive_count=int(attributes.get("ApproximateReceiveCount", "1")),
        sent_at_epoch_ms=int(attributes.get("SentTimestamp", "0")),
        received_at_epoch_ms=received_at,
        ended_at_epoch_ms=ended_at,
        is_deleted=is_deleted,
    )
