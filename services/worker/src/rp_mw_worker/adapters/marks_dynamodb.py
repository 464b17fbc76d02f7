"""Short items of conversation_state beside the conversations' own: versions swept or read back, and when one was read.

sweep:ID   the version that was swept     closed:ID   the version that was read back     read:ID   the last read
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rp_mw_shared.clients.aws_errors import mapped_aws_errors
from rp_mw_shared.clock import Clock
from rp_mw_shared.idempotency.attributes import from_item, to_item
from rp_mw_shared.times import expires_at
from rp_mw_worker.ports import ReadMark

SWEEP_PREFIX, CLOSED_PREFIX, READ_PREFIX = "sweep:", "closed:", "read:"
PREFIXES = (SWEEP_PREFIX, CLOSED_PREFIX, READ_PREFIX)
_KEY = "conversation_id"
_TTL_DAYS, _READ_TTL_DAYS = 90, 5  # a queue keeps a delivery for four days
_MOST_KEYS = 100  # Source: DynamoDB BatchGetItem


class DynamoDBMarks:
    """The `SweepMarks` and `ReadMarks` ports over a boto3 DynamoDB client."""

    def __init__(self, client: Any, table_name: str, clock: Clock, prefix: str = SWEEP_PREFIX) -> None:
        self._prefix = prefix
        self._client = client
        self._table_name = table_name
        self._clock = clock

    def load(self, conversation_ids: Sequence[str]) -> Mapping[str, str]:
        """Return the marks of up to 100 tickets by one read; what the table did not give is queued once more."""
        keys = [_key(name, self._prefix) for name in dict.fromkeys(conversation_ids)][:_MOST_KEYS]
        if not keys:
            return {}
        with mapped_aws_errors("dynamodb"):
            answer = self._client.batch_get_item(RequestItems={self._table_name: {"Keys": keys}})
        items = map(from_item, answer.get("Responses", {}).get(self._table_name, []))
        return {item[_KEY].removeprefix(self._prefix): item["mark"] for item in items}

    def note(self, conversation_id: str, mark: str) -> None:
        """Write the mark, one write unit; raises TransientError."""
        self._set(_key(conversation_id, self._prefix), {"mark": mark}, _TTL_DAYS)

    def load_read(self, conversation_id: str) -> ReadMark | None:
        """Return when the conversation was read last, by a consistent read; raises TransientError."""
        key = _key(conversation_id, READ_PREFIX)
        with mapped_aws_errors("dynamodb"):
            answer = self._client.get_item(TableName=self._table_name, Key=key, ConsistentRead=True)
        item = from_item(answer["Item"]) if answer.get("Item") else None
        return ReadMark(item["read_at"], item["reads"], item["since"]) if item else None

    def note_read(self, conversation_id: str, mark: ReadMark) -> None:
        """Write when the conversation was read, one write unit; raises TransientError."""
        values = {"read_at": mark.read_at_epoch_ms, "reads": mark.reads, "since": mark.since_epoch_ms}
        self._set(_key(conversation_id, READ_PREFIX), values, _READ_TTL_DAYS)

    def _set(self, key: dict[str, Any], values: dict[str, Any], ttl_days: int) -> None:
        values = values | {"expires_at": expires_at(self._clock.now_epoch_ms(), ttl_days)}
        with mapped_aws_errors("dynamodb"):
            self._client.update_item(
                TableName=self._table_name,
                Key=key,
                UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
                ExpressionAttributeNames={f"#{name}": name for name in values},
                ExpressionAttributeValues={f":{name}": value for name, value in to_item(values).items()},
            )


def _key(conversation_id: str, prefix: str) -> dict[str, Any]:
    return {_KEY: {"S": f"{prefix}{conversation_id}"}}
