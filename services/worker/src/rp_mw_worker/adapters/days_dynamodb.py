"""Decisions by day from the audit trail's index, and the sums of closed days as items of conversation_state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rp_mw_shared.audit_form import from_stored
from rp_mw_shared.clients.aws_errors import mapped_aws_errors
from rp_mw_shared.idempotency.attributes import from_item, to_item
from rp_mw_shared.times import expires_at, parse_iso_ms

INDEX = "by_day"
_KEY, _PREFIX = "conversation_id", "figures:"
# Longer than the rows: a sum holds no id and nothing personal, and a year is compared with the year before.
_TTL_DAYS = 400
_MOST_KEYS = 100  # Source: DynamoDB BatchGetItem


class DynamoDBDays:
    """The `DecisionDays` port over a boto3 DynamoDB client."""

    def __init__(self, client: Any, *, audit_table: str, state_table: str) -> None:
        self._client = client
        self._audit = audit_table
        self._states = state_table

    def load_rows(self, day: str, after: str = "") -> Iterator[dict[str, Any]]:
        """Yield a UTC day's rows oldest first, those whose `ts_action_id` is past `after`; eventually consistent."""
        query: dict[str, Any] = {
            "TableName": self._audit,
            "IndexName": INDEX,
            "KeyConditionExpression": "#day = :day AND #at > :after",
            "ExpressionAttributeNames": {"#day": "day", "#at": "ts_action_id"},
            "ExpressionAttributeValues": {":day": {"S": day}, ":after": {"S": after or day}},
        }
        while True:
            with mapped_aws_errors("dynamodb"):
                answer = self._client.query(**query)
            yield from (from_stored(from_item(item)) for item in answer["Items"])
            if not answer.get("LastEvaluatedKey"):
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def load_sums(self, days: Iterable[str]) -> Mapping[str, dict[str, Any]]:
        """Return the sums that are kept of up to 100 days, by day; what the table did not give counts as missing."""
        keys = [{_KEY: {"S": f"{_PREFIX}{day}"}} for day in days][:_MOST_KEYS]
        if not keys:
            return {}
        with mapped_aws_errors("dynamodb"):
            answer = self._client.batch_get_item(RequestItems={self._states: {"Keys": keys}})
        items = map(from_item, answer.get("Responses", {}).get(self._states, []))
        return {item[_KEY].removeprefix(_PREFIX): item["sums"] for item in items}

    def save_sum(self, day: str, values: Mapping[str, Any]) -> None:
        """Write a day's sum over the one before."""
        attributes = {"sums": dict(values), "expires_at": expires_at(parse_iso_ms(day), _TTL_DAYS)}
        with mapped_aws_errors("dynamodb"):
            self._client.update_item(
                TableName=self._states,
                Key={_KEY: {"S": f"{_PREFIX}{day}"}},
                UpdateExpression="SET #sums = :sums, #expires_at = :expires_at",
                ExpressionAttributeNames={f"#{name}": name for name in attributes},
                ExpressionAttributeValues={f":{name}": value for name, value in to_item(attributes).items()},
            )
