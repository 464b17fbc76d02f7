"""Puts a delivery into the worker's FIFO inbox with one SendMessage."""

from __future__ import annotations

import hashlib

from rp_mw_ingress.adapters.aws_json import AwsJson
from rp_mw_ingress.domain.delivery import Delivery
from rp_mw_shared.errors import TransientError


class SqsSender:
    """The events queue, reached by SQS's JSON protocol."""

    def __init__(self, sqs: AwsJson, queue_url: str) -> None:
        self._sqs = sqs
        self._queue_url = queue_url

    def send(self, delivery: Delivery) -> None:
        """Queue one message; returns only after SQS took it, raises TransientError when it did not.

        Only an answer with a message id and the MD5 of this very body is SQS's own: a proxy may answer 200 as well.
        Source: Amazon SQS API Reference, SendMessage.
        """
        answer = self._sqs.call(
            "SendMessage",
            {
                "QueueUrl": self._queue_url,
                "MessageBody": delivery.body,
                "MessageDeduplicationId": delivery.deduplication_id,
                "MessageGroupId": delivery.group_id,
            },
        )
        digest = hashlib.md5(delivery.body.encode(), usedforsecurity=False).hexdigest()
        if not answer.get("MessageId") or answer.get("MD5OfMessageBody") != digest:
            raise TransientError("what answered for SQS has not taken the message", code="queue_refused")
