"""One record of a Lambda event from an SQS FIFO queue, with names instead of nested dicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class QueueRecord:
    """A received message. `receive_count` counts deliveries from 1; `sent_at_epoch_ms` is when it was queued."""

    message_id: str
    receipt_handle: str
    body: str
    group_id: str
    receive_count: int = 1
    sent_at_epoch_ms: int = 0
    source_arn: str = ""


def to_record(raw: Mapping[str, Any]) -> QueueRecord:
    """Return the record of one entry of a Lambda event's `Records`.

    Source: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS", example FIFO queue message event.
    """
    attributes = raw.get("attributes", {})
    return QueueRecord(
        message_id=raw["messageId"],
        receipt_handle=raw.get("receiptHandle", ""),
        body=raw.get("body", ""),
        group_id=attributes.get("MessageGroupId", ""),
        receive_count=int(attributes.get("ApproximateReceiveCount", "1")),
        sent_at_epoch_ms=int(attributes.get("SentTimestamp", "0")),
        source_arn=raw.get("eventSourceARN", ""),
    )
