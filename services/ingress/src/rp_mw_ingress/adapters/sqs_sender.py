"""Puts a delivery into the worker's FIFO inbox with one SendMessage."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from rp_mw_ingress.domain.delivery import Delivery
from rp_mw_shared.errors import TransientError


class SqsSender:
    """The events queue behind a botocore SQS client."""

    def __init__(self, client: Any, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, delivery: Delivery) -> None:
        """Queue one message; returns only after SQS took it, raises TransientError when it did not."""
        try:
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=delivery.body,
                MessageGroupId=delivery.group_id,
                MessageDeduplicationId=delivery.deduplication_id,
            )
        except (BotoCoreError, ClientError) as error:
            raise TransientError("SQS did not take the message", code="queue_refused") from error
