"""Table audit_trail, as the operator's tool reads it and writes an operator's own actions into it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rp_mw_ops.environment import Environment
from rp_mw_shared.clients.aws_errors import mapped_aws_errors
from rp_mw_shared.idempotency.attributes import from_item, to_item
from rp_mw_shared.times import expires_at, to_utc_text

TABLE = "audit_trail"
FLAG_CHANGE, REDRIVE, FORGET = "flag_change", "redrive", "forget"
# rows that say what an operator did, not what was decided
OPERATOR_KINDS = (FLAG_CHANGE, REDRIVE, FORGET)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class OperatorAction:
    """What an operator did: it belongs to no conversation, so `partition` keeps its history in one of its own.

    `facts` are the row's own values; None ones are left out. `subject` and the time tell two actions apart.
    """

    partition: str
    kind: str
    subject: str
    at_epoch_ms: int
    facts: Row


def write_operator_action(environment: Environment, action: OperatorAction) -> None:
    """Write the row, over one of the same time and subject.

    Raises TransientError or PermanentError when the table does not take it.
    """
    spec = environment.topology.tables[TABLE]
    values = {
        spec.partition_key: action.partition,
        str(spec.sort_key): f"{to_utc_text(action.at_epoch_ms)}#{action.subject}",
        "kind": action.kind,
        spec.ttl_attribute: expires_at(action.at_epoch_ms, spec.ttl_days),
    }
    with mapped_aws_errors("dynamodb"):
        environment.client("dynamodb").put_item(TableName=spec.name, Item=to_item(action.facts | values))


def load_rows(environment: Environment, partition: str) -> list[Row]:
    """Return the rows of a conversation, or of a partition of operators' actions, oldest first."""
    pages = environment.client("dynamodb").get_paginator("query").paginate(**_query(environment, partition))
    return [from_item(item) for page in pages for item in page["Items"]]


def latest_rows(environment: Environment, partition: str) -> Iterator[Row]:
    """Yield the rows of a partition, newest first, and read no further than they are taken."""
    pages = (
        environment.client("dynamodb")
        .get_paginator("query")
        .paginate(**_query(environment, partition), ScanIndexForward=False)
    )
    for page in pages:
        yield from map(from_item, page["Items"])


def _query(environment: Environment, partition: str) -> dict[str, Any]:
    spec = environment.topology.tables[TABLE]
    return {
        "TableName": spec.name,
        "KeyConditionExpression": "#partition = :partition",
        "ExpressionAttributeNames": {"#partition": spec.partition_key},
        "ExpressionAttributeValues": {":partition": {"S": partition}},
        "ConsistentRead": True,
    }
