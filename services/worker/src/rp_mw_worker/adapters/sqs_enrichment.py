"""The enricher's inbox on SQS FIFO: one request per id, in the conversation's group."""

from __future__ import annotations

from typing import Any

from rp_mw_shared.clients.aws_errors import mapped_aws_errors
from rp_mw_shared.messages.serialization import group_id, to_json
from rp_mw_shared.messages.types import EnrichmentRequest


class SqsEnrichmentQueue:
    """The `EnrichmentQueue` port; SQS drops a repeat of the same request id for five minutes."""

    def __init__(self, client: Any, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, request: EnrichmentRequest) -> None:
        """Queue the request; raises TransientError when SQS did not take it."""
        with mapped_aws_errors("sqs"):
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=to_json(request),
                MessageGroupId=group_id(request.conversation_id),
                MessageDeduplicationId=request.request_id,
            )
