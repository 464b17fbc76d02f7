"""The sweep's memory in table B, one short item a ticket: the mark of the version that was handled last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rp_mw_shared.clients.aws_errors import mapped_aws_errors
from rp_mw_shared.clock import Clock
from rp_mw_shared.idempotency.attributes import from_item
from rp_mw_shared.times import expires_at

_KEY, _PREFIX = "conversation_id", "sweep:"
_TTL_DAYS = 90
_MOST_KEYS = 100  # Source: DynamoDB BatchGetItem


class DynamoDBSweepMarks:
    """The `SweepMarks` port over a boto3 DynamoDB client."""

    def __init__(self, client: Any, table_name: str, clock: Clock) -> None:
        self._client = client
        self._table_name = table_name
        self._clock = clock

    def load(self, conversation_ids: Sequence[str]) -> Mapping[str, str]:
        """Return the marks of up to 100 tickets by one read; what the table did not give is queued once more."""
        keys = [_key(name) for name in dict.fromkeys(conversation_ids)][:_MOST_KEYS]
        if not keys:
            return {}
        with mapped_aws_errors("dynamodb"):
            answer = self._client.batch_get_item(RequestItems={self._table_name: {"Keys": keys}})
        items = map(from_item, answer.get("Responses", {}).get(self._table_name, []))
        return {item[_KEY].removeprefix(_PREFIX): item["mark"] for item in items}

    def note(self, conversation_id: str, mark: str) -> None:
        """Write the mark, one write unit; raises TransientError."""
        expiry = expires_at(self._clock.now_epoch_ms(), _TTL_DAYS)
        with mapped_aws_errors("dynamodb"):
            self._client.update_item(
                TableName=self._table_name,
                Key=_key(conversation_id),
                UpdateExpression="SET #mark = :mark, #expires_at = :expires_at",
                ExpressionAttributeNames={"#mark": "mark", "#expires_at": "expires_at"},
                ExpressionAttributeValues={":mark": {"S": mark}, ":expires_at": {"N": str(expiry)}},
            )


def _key(conversation_id: str) -> dict[str, Any]:
    return {_KEY: {"S": f"{_PREFIX}{conversation_id}"}}
