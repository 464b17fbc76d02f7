"""Sends to FIFO queues: the product's own messages, and bodies as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rp_mw_shared.clients.aws_errors import mapped_aws_errors, require_answered
from rp_mw_shared.messages.serialization import group_id, to_json
from rp_mw_shared.messages.types import QueueMessage


class FifoSender:
    """One FIFO queue by its URL."""

    def __init__(self, client: Any, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, message: QueueMessage, deduplication_id: str) -> None:
        """Queue the message in its conversation's group; raises TransientError when SQS did not take it.

        Within five minutes SQS drops a second one of the same deduplication id.
        """
        send_body(self._client, self._queue_url, to_json(message), group_id(message.conversation_id), deduplication_id)


def send_body(
    client: Any,
    queue_url: str,
    body: str,
    group: str,
    deduplication_id: str,
    attributes: Mapping[str, str] | None = None,
) -> str:
    """Queue a body as it is, with text attributes beside it, and return the message's id.

    Raises TransientError or PermanentError; an answer without a message's id is none: SQS may not have it.
    """
    texts = {name: {"DataType": "String", "StringValue": value} for name, value in (attributes or {}).items()}
    with mapped_aws_errors("sqs"):
        answer = client.send_message(
            QueueUrl=queue_url,
            MessageBody=body,
            MessageGroupId=group,
            MessageDeduplicationId=deduplication_id,
            **({"MessageAttributes": texts} if texts else {}),
        )
    return require_answered(answer, "MessageId", str, "sqs")


def count_waiting(client: Any, queue_url: str) -> int:
    """Return about how many messages wait in a queue or are being handled; raises TransientError."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    with mapped_aws_errors("sqs"):
        answer = client.get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)
    attributes = require_answered(answer, "Attributes", dict, "sqs")
    return sum(int(attributes.get(name, 0)) for name in names)
