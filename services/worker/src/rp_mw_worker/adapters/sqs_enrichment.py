"""The enricher's inbox on SQS FIFO: one request per id, in the conversation's group."""

from __future__ import annotations

from typing import Any

from rp_mw_shared.messages.types import EnrichmentRequest
from rp_mw_shared.sqs.sender import FifoSender


class SqsEnrichmentQueue:
    """The `EnrichmentQueue` port; SQS drops a repeat of the same request id for five minutes."""

    def __init__(self, client: Any, queue_url: str) -> None:
        self._sender = FifoSender(client, queue_url)

    def send(self, request: EnrichmentRequest) -> None:
        """Queue the request; raises TransientError when SQS did not take it."""
        self._sender.send(request, request.request_id)
