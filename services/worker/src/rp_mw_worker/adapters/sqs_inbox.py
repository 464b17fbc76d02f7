"""The worker's own inbox on SQS FIFO, as the sweep writes to it."""

from __future__ import annotations

from typing import Any

from rp_mw_shared.clients.aws_errors import mapped_aws_errors
from rp_mw_shared.messages.serialization import group_id, to_json
from rp_mw_shared.messages.types import InboundEvent


class SqsInbox:
    """The sweep's `Inbox` port."""

    def __init__(self, client: Any, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, event: InboundEvent, deduplication_id: str) -> None:
        """Queue the event; raises TransientError when SQS did not take it."""
        with mapped_aws_errors("sqs"):
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=to_json(event),
                MessageGroupId=group_id(event.conversation_id),
                MessageDeduplicationId=deduplication_id,
            )
