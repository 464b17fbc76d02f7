"""Puts an answer into the worker's own inbox, in its conversation's group, so that it can overtake nothing."""

from __future__ import annotations

import hashlib
from typing import Any

from rp_mw_shared.clients.aws_errors import mapped_aws_errors
from rp_mw_shared.messages.serialization import group_id, to_json
from rp_mw_shared.messages.types import EnrichmentResult


class SqsResultQueue:
    """The events queue behind an SQS client."""

    def __init__(self, client: Any, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, result: EnrichmentResult) -> None:
        """Queue one answer; raises TransientError when SQS did not take it.

        The deduplication id depends on the request alone: an answer sent again after a crash is the same answer.
        """
        with mapped_aws_errors("sqs"):
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=to_json(result),
                MessageGroupId=group_id(result.conversation_id),
                MessageDeduplicationId=hashlib.sha256(f"enr-result:{result.request_id}".encode()).hexdigest(),
            )
