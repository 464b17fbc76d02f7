"""The `DeadLetters` port on SQS FIFO."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rp_mw_ops.dead_letters.port import DeadLetter
from rp_mw_shared.clients.aws_errors import mapped_aws_errors
from rp_mw_shared.errors import RpMwError
from rp_mw_shared.sqs.sender import count_waiting, send_body

_BATCH = 10  # Source: SQS ReceiveMessage and ChangeMessageVisibilityBatch, at most ten
_WAIT_SECONDS = 1  # any wait makes SQS ask all its servers: an empty answer then means empty


class SqsDeadLetters:
    """One dead-letter queue by its URL, and the URL of the queue its dead letters go back to."""

    def __init__(self, client: Any, key: str, dlq_url: str, queue_url: str) -> None:
        self.key = key
        self._client = client
        self._dlq_url = dlq_url
        self._queue_url = queue_url

    def count(self) -> int:
        """Return about how many dead letters there are; raises TransientError when SQS does not answer."""
        return count_waiting(self._client, self._dlq_url)

    def receive(self, hold_seconds: int) -> list[DeadLetter]:
        """Return up to ten dead letters; raises TransientError when SQS does not answer."""
        with mapped_aws_errors("sqs"):
            answer = self._client.receive_message(
                QueueUrl=self._dlq_url,
                MaxNumberOfMessages=_BATCH,
                VisibilityTimeout=hold_seconds,
                WaitTimeSeconds=_WAIT_SECONDS,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
        return [_to_dead_letter(self.key, message) for message in answer.get("Messages", [])]

    def release(self, dead_letters: Sequence[DeadLetter]) -> None:
        """Make the dead letters visible, the last of each group first: nobody gets a later one before an earlier."""
        waiting = list(reversed(dead_letters))
        for start in range(0, len(waiting), _BATCH):
            self._release_batch(waiting[start : start + _BATCH])

    def send_back(self, dead_letter: DeadLetter) -> str:
        """Send the body as it is and return the new message's id; raises when SQS does not take it.

        The deduplication id follows from the dead letter's id: a repeated send within five minutes delivers nothing.
        It is never the original's, which may still count. A dead letter that dies again gets another id.
        """
        return send_body(
            self._client, self._queue_url, dead_letter.body, dead_letter.group_id, deduplication_id(dead_letter)
        )

    def delete(self, dead_letter: DeadLetter) -> None:
        """Delete by the latest receipt; raises TransientError or PermanentError when SQS did not."""
        with mapped_aws_errors("sqs"):
            self._client.delete_message(QueueUrl=self._dlq_url, ReceiptHandle=dead_letter.receipt_handle)

    def _release_batch(self, dead_letters: Sequence[DeadLetter]) -> None:
        entries = [
            {"Id": str(number), "ReceiptHandle": dead_letter.receipt_handle, "VisibilityTimeout": 0}
            for number, dead_letter in enumerate(dead_letters)
        ]
        try:
            with mapped_aws_errors("sqs"):
                self._client.change_message_visibility_batch(QueueUrl=self._dlq_url, Entries=entries)
        except RpMwError:
            return  # they are free when their hold ends, and what was done before must still be reported


def deduplication_id(dead_letter: DeadLetter) -> str:
    """Return the id a dead letter is sent back with: the same one however often it is sent."""
    return f"redrive-{dead_letter.id}"


def _to_dead_letter(key: str, message: Mapping[str, Any]) -> DeadLetter:
    system = message.get("Attributes", {})
    own = message.get("MessageAttributes", {})
    return DeadLetter(
        id=message["MessageId"],
        queue=key,
        body=message.get("Body", ""),
        group_id=system.get("MessageGroupId", message["MessageId"]),
        receipt_handle=message["ReceiptHandle"],
        sent_at_epoch_ms=int(system.get("SentTimestamp", 0)),
        receives=int(system.get("ApproximateReceiveCount", 1)),
        attributes={name: str(value.get("StringValue", "")) for name, value in own.items()},
    )
