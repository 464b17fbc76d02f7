"""Puts an answer into the worker's own inbox, in its conversation's group, so that it can overtake nothing."""

from __future__ import annotations

import hashlib
from typing import Any

from rp_mw_shared.messages.types import EnrichmentResult
from rp_mw_shared.sqs.sender import FifoSender


class SqsResultQueue:
    """The events queue behind an SQS client."""

    def __init__(self, client: Any, queue_url: str) -> None:
        self._inbox = FifoSender(client, queue_url)

    def send(self, result: EnrichmentResult) -> None:
        """Queue one answer; raises TransientError when SQS did not take it.

        The deduplication id depends on the request alone: an answer sent again after a crash is the same answer.
        """
        self._inbox.send(result, hashlib.sha256(f"enr-result:{result.request_id}".encode()).hexdigest())
