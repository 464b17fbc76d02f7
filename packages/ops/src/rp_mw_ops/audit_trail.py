"""Table audit_trail, as the operator's tool reads it and writes an operator's own actions into it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rp_mw_ops.environment import LOCAL, Environment
from rp_mw_shared.audit_form import from_stored
from rp_mw_shared.clients.aws_errors import mapped_aws_errors
from rp_mw_shared.idempotency.attributes import from_item, to_item
from rp_mw_shared.times import expires_at, to_utc_text

TABLE = "audit_trail"
FLAG_CHANGE, REDRIVE, FORGET = "flag_change", "redrive", "forget"
# rows that say what an operator did, not what was decided
OPERATOR_KINDS = (FLAG_CHANGE, REDRIVE, FORGET)
OFF = "the audit trail is off: the worker records no decision (audit_trail_enabled in its tfvars)"
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


def is_off(environment: Environment) -> bool:
    """Whether the worker that serves writes no rows: it is told no table. False where that cannot be read."""
    from botocore.exceptions import BotoCoreError, ClientError

    qualifier = {} if environment.name == LOCAL else {"Qualifier": "live"}
    name = environment.topology.functions["worker"].name
    try:
        found = environment.client("lambda").get_function_configuration(FunctionName=name, **qualifier)
    except (BotoCoreError, ClientError):
        return False
    variables = found.get("Environment", {}).get("Variables")
    return variables is not None and not variables.get("AUDIT_TRAIL_TABLE")


def note_if_off(environment: Environment, args: argparse.Namespace) -> None:
    """Say that the rows may be missing: to people within the answer, to programs beside it."""
    if is_off(environment):
        (sys.stderr if args.json else sys.stdout).write(f"{OFF}\n")


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
    return [from_stored(from_item(item)) for page in pages for item in page["Items"]]


def latest_rows(environment: Environment, partition: str) -> Iterator[Row]:
    """Yield the rows of a partition, newest first, and read no further than they are taken."""
    pages = (
        environment.client("dynamodb")
        .get_paginator("query")
        .paginate(**_query(environment, partition), ScanIndexForward=False)
    )
    for page in pages:
        yield from (from_stored(from_item(item)) for item in page["Items"])


def _query(environment: Environment, partition: str) -> dict[str, Any]:
    spec = environment.topology.tables[TABLE]
    return {
        "TableName": spec.name,
        "KeyConditionExpression": "#partition = :partition",
        "ExpressionAttributeNames": {"#partition": spec.partition_key},
        "ExpressionAttributeValues": {":partition": {"S": partition}},
        "ConsistentRead": True,
    }
