"""SQS FIFO queues in memory, with the semantics redelivery depends on.

A group is blocked while one of its messages is in flight. A message that was received `max_receive_count` times and
comes back goes to the queue's DLQ. A deduplication id counts for five minutes, within its group.
Source: Amazon SQS Developer Guide, "FIFO queue delivery logic", "Exactly-once processing", "Dead-letter queues".
"""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass, field
from typing import Any

from rp_mw_shared.clock import Clock

DEDUPLICATION_SECONDS = 300
_BATCH = 10


@dataclass(slots=True)
class Message:
    """One message. `visible_at` is in epoch milliseconds; `receipt` changes with every delivery.

    `is_unanswered`: of the latest delivery the poller heard nothing. `was_left_unanswered`: so SQS moved it to its DLQ.
    """

    id: str
    body: str
    group: str
    sent_at: int
    attributes: dict[str, str] = field(default_factory=dict)
    visible_at: int = 0
    receive_count: int = 0
    receipt: str = ""
    is_unanswered: bool = False
    was_left_unanswered: bool = False


class MemoryQueue:
    """One FIFO queue; `dlq` None means it is one."""

    def __init__(
        self,
        name: str,
        clock: Clock,
        visibility_seconds: int = 30,
        dlq: MemoryQueue | None = None,
        max_receive_count: int = 5,
    ) -> None:
        self.name = name
        self.visibility_seconds = visibility_seconds
        self.max_receive_count = max_receive_count
        self.dlq = dlq
        self.messages: list[Message] = []
        self.accepted: list[Message] = []
        self._clock = clock
        self._seen: dict[tuple[str, str], int] = {}
        self._numbers = itertools.count(1)

    def send(self, body: str, group: str, deduplication_id: str, attributes: dict[str, str] | None = None) -> str:
        """Accept a message, unless the same deduplication id came within five minutes; return its id."""
        now = self._clock.now_epoch_ms()
        last = self._seen.get((group, deduplication_id))
        if last is not None and now - last < DEDUPLICATION_SECONDS * 1000:
            return "deduplicated"
        self._seen[group, deduplication_id] = now
        message = Message(f"{self.name}-{next(self._numbers)}", body, group, now, attributes or {})
        self.messages.append(message)
        self.accepted.append(message)
        return message.id

    def receive(self, most: int = _BATCH) -> list[Message]:
        """Hand out up to `most` messages (ten at the most), oldest first, none of a group with one in flight."""
        now = self._clock.now_epoch_ms()
        blocked = {message.group for message in self.messages if message.visible_at > now}
        taken: list[Message] = []
        for message in list(self.messages):
            if message.group in blocked or len(taken) == most:
                continue
            if message.receive_count >= self.max_receive_count and self.dlq is not None:
                self._move_to_dlq(message)
                continue
            message.receive_count += 1
            message.is_unanswered = True
            message.visible_at = now + self.visibility_seconds * 1000
            message.receipt = f"{message.id}/{message.receive_count}"
            taken.append(message)
        return taken

    def _move_to_dlq(self, message: Message) -> None:
        assert self.dlq is not None
        self.messages.remove(message)
        if self.dlq.send(message.body, message.group, message.id, message.attributes) != "deduplicated":
            self.dlq.messages[-1].was_left_unanswered = message.is_unanswered

    def delete(self, receipt: str) -> None:
        """Delete by receipt; an outdated receipt deletes nothing here, which is the harder case."""
        self.messages = [message for message in self.messages if message.receipt != receipt]

    def change_visibility(self, receipt: str, seconds: int) -> None:
        """Let a delivery become visible `seconds` from now."""
        for message in self.messages:
            if message.receipt == receipt:
                message.visible_at = self._clock.now_epoch_ms() + seconds * 1000

    def next_visible_at(self) -> int | None:
        """Return when something can be received, None for an empty queue: a group waits for all its messages."""
        groups: dict[str, int] = {}
        for message in self.messages:
            groups[message.group] = max(groups.get(message.group, 0), message.visible_at)
        return min(groups.values(), default=None)


class MemorySqs:
    """The SQS client's calls that the product makes; a queue's URL ends in its name."""

    def __init__(self, queues: dict[str, MemoryQueue]) -> None:
        self._queues = queues

    def send_message(
        self,
        *,
        QueueUrl: str,
        MessageBody: str,
        MessageGroupId: str,
        MessageDeduplicationId: str,
        MessageAttributes: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Queue one message."""
        attributes = {name: value["StringValue"] for name, value in (MessageAttributes or {}).items()}
        queue = self._queues[QueueUrl.rpartition("/")[2]]
        message_id = queue.send(MessageBody, MessageGroupId, MessageDeduplicationId, attributes)
        digest = hashlib.md5(MessageBody.encode(), usedforsecurity=False).hexdigest()
        return {"MessageId": message_id, "MD5OfMessageBody": digest}

    def change_message_visibility(self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> dict[str, Any]:
        """Delay one delivery."""
        self._queues[QueueUrl.rpartition("/")[2]].change_visibility(ReceiptHandle, VisibilityTimeout)
        return {}

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:
        """Count what waits."""
        return {"Attributes": {AttributeNames[0]: str(len(self._queues[QueueUrl.rpartition("/")[2]].messages))}}

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> dict[str, Any]:
        """Take one message out."""
        self._queues[QueueUrl.rpartition("/")[2]].delete(ReceiptHandle)
        return {}


def as_lambda_event(messages: list[Message]) -> dict[str, Any]:
    """Return the batch as Lambda hands it over."""
    return {
        "Records": [
            {
                "messageId": message.id,
                "receiptHandle": message.receipt,
                "body": message.body,
                "attributes": {
                    "MessageGroupId": message.group,
                    "ApproximateReceiveCount": str(message.receive_count),
                    "SentTimestamp": str(message.sent_at),
                },
            }
            for message in messages
        ]
    }
