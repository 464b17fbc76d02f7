"""What the tables know of closed tickets: whose they are, what was decided, and the outcomes, which are only added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rp_mw_shared.audit_form import from_stored
from rp_mw_shared.clients.aws_errors import mapped_aws_errors
from rp_mw_shared.clock import Clock
from rp_mw_shared.idempotency.attributes import from_item, to_item
from rp_mw_shared.idempotency.statements import MAX_STATEMENTS, execute_batch, insert
from rp_mw_shared.times import expires_at
from rp_mw_worker.sweep_ports import ReadProgress

_KEY, _PROGRESS = "conversation_id", "read-back:progress"
_TTL_DAYS = 90
_MOST_KEYS = 100  # Source: DynamoDB BatchGetItem


class DynamoDBOutcomes:
    """The `Outcomes` port over a boto3 DynamoDB client."""

    def __init__(self, client: Any, clock: Clock, *, audit_table: str, state_table: str) -> None:
        self._client = client
        self._clock = clock
        self._audit = audit_table
        self._states = state_table

    def find_handled(self, conversation_ids: Sequence[str]) -> frozenset[str]:
        """Return those of up to 100 conversations that have a state; what the table did not give comes again."""
        keys = [{_KEY: {"S": name}} for name in dict.fromkeys(conversation_ids)][:_MOST_KEYS]
        if not keys:
            return frozenset()
        wanted = {"Keys": keys, "ProjectionExpression": _KEY}
        with mapped_aws_errors("dynamodb"):
            answer = self._client.batch_get_item(RequestItems={self._states: wanted})
        return frozenset(item[_KEY]["S"] for item in answer.get("Responses", {}).get(self._states, []))

    def load_conversation(self, conversation_id: str) -> list[dict[str, Any]]:
        """Return the conversation's rows of the audit trail, oldest first."""
        query: dict[str, Any] = {
            "TableName": self._audit,
            "KeyConditionExpression": "#id = :id",
            "ExpressionAttributeNames": {"#id": _KEY},
            "ExpressionAttributeValues": {":id": {"S": conversation_id}},
        }
        rows: list[dict[str, Any]] = []
        while True:
            with mapped_aws_errors("dynamodb"):
                answer = self._client.query(**query)
            rows += (from_stored(from_item(item)) for item in answer["Items"])
            if not answer.get("LastEvaluatedKey"):
                return rows
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def add(self, outcomes: Sequence[Mapping[str, Any]]) -> None:
        """Insert the outcomes, two write units each; one that is there already stays as it is."""
        for start in range(0, len(outcomes), MAX_STATEMENTS):
            statements = [insert(self._audit, one) for one in outcomes[start : start + MAX_STATEMENTS]]
            execute_batch(self._client, statements, self._clock)

    def load_progress(self) -> ReadProgress | None:
        """Return how far reading back came by a consistent read, None for not begun."""
        with mapped_aws_errors("dynamodb"):
            answer = self._client.get_item(TableName=self._states, Key={_KEY: {"S": _PROGRESS}}, ConsistentRead=True)
        item = from_item(answer["Item"]) if answer.get("Item") else None
        return ReadProgress(item["until"], item["page"], item["began_at"], item["is_second"]) if item else None

    def save_progress(self, progress: ReadProgress) -> None:
        """Keep it, one write unit."""
        attributes = asdict(progress) | {"expires_at": expires_at(self._clock.now_epoch_ms(), _TTL_DAYS)}
        with mapped_aws_errors("dynamodb"):
            self._client.update_item(
                TableName=self._states,
                Key={_KEY: {"S": _PROGRESS}},
                UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in attributes),
                ExpressionAttributeNames={f"#{name}": name for name in attributes},
                ExpressionAttributeValues={f":{name}": value for name, value in to_item(attributes).items()},
            )
