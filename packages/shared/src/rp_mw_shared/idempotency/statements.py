"""PartiQL statements, so that writes to several tables go out in one BatchExecuteStatement call.

The statements of a batch are independent: each one succeeds or fails by itself, and its answer says which.
An UPDATE takes effect only when its key and every condition in WHERE match; there is no upsert in PartiQL.
Source: DynamoDB API Reference, BatchExecuteStatement; verified on the local AWS.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rp_mw_shared.clients.aws_errors import mapped_aws_errors, require_answered
from rp_mw_shared.clock import Clock
from rp_mw_shared.errors import PermanentError, TransientError
from rp_mw_shared.idempotency.attributes import Attribute, from_item, to_attribute, to_item
from rp_mw_shared.idempotency.items import DEFAULT_TTL_DAYS, to_action_values, to_event_values
from rp_mw_shared.idempotency.ledger import ActionRecord, ActionStatus, EventRecord
from rp_mw_shared.observability import LogEvent, log

MAX_STATEMENTS = 25  # Source: BatchExecuteStatement, Statements
_TRIES_PER_STATEMENT = 4
_FIRST_WAIT_SECONDS = 0.05

# Codes of one statement's error that are worth repeating that statement.
# Source: DynamoDB API Reference, BatchStatementError.
_MAY_PASS = frozenset(
    {
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "InternalServerError",
        "TransactionConflict",
    }
)

# A role not yet in force, a table being made or restored, a wrong name: somebody mends it, and no message is to blame.
_MENDED_ELSEWHERE = {"AccessDenied": "dynamodb_access_denied", "ResourceNotFound": "dynamodb_table_missing"}


@dataclass(frozen=True, slots=True)
class Statement:
    """One PartiQL statement with its typed parameters, in the order of its question marks."""

    text: str
    parameters: tuple[Attribute, ...]


class Outcome(StrEnum):
    """How one statement ended."""

    WRITTEN = "written"
    DUPLICATE = "duplicate"  # INSERT: an item with this key exists (perhaps our own, written before a lost answer)
    CONDITION_FAILED = "condition_failed"  # UPDATE: no item with this key meets the conditions


@dataclass(frozen=True, slots=True)
class StatementResult:
    """One statement's outcome; `kept` is the existing item where the table sent it along."""

    outcome: Outcome
    kept: dict[str, Any] | None = None


def insert(table_name: str, values: Mapping[str, Any]) -> Statement:
    """Return the INSERT of a whole item given as plain values; None values are left out. Fails on an existing key."""
    item = to_item(values)
    fields = ", ".join(f"'{name}': ?" for name in item)
    return Statement(f'INSERT INTO "{table_name}" VALUE {{{fields}}}', tuple(item.values()))


def update(
    table_name: str, key: Mapping[str, Any], values: Mapping[str, Any], *, where: Mapping[str, Any]
) -> Statement:
    """Return the UPDATE that sets `values` and removes the None ones, if the item equals `where` in each field."""
    kept = {name: value for name, value in values.items() if value is not None}
    clauses = [f'SET "{name}" = ?' for name in kept]
    clauses += [f'REMOVE "{name}"' for name, value in values.items() if value is None]
    conditions = " AND ".join(f'"{name}" = ?' for name in (*key, *where))
    parameters = (*kept.values(), *key.values(), *where.values())
    text = f'UPDATE "{table_name}" {" ".join(clauses)} WHERE {conditions}'
    return Statement(text, tuple(to_attribute(value) for value in parameters))


def insert_event(table_name: str, record: EventRecord, ttl_days: int = DEFAULT_TTL_DAYS) -> Statement:
    """Return the INSERT of an event that is final at once (no side effects)."""
    return insert(table_name, to_event_values(record, ttl_days))


def insert_action(table_name: str, record: ActionRecord, ttl_days: int = DEFAULT_TTL_DAYS) -> Statement:
    """Return the INSERT of an action's record: for one that was blocked before it began."""
    return insert(table_name, to_action_values(record, ttl_days))


def finish_action(table_name: str, key: str, *, owner: str, status: ActionStatus, now: int) -> Statement:
    """Return the UPDATE that settles an action this owner began."""
    values = {"status": status.value, "updated_at": now}
    return update(table_name, {"event_id": key}, values, where={"owner": owner})


def execute_batch(client: Any, statements: Sequence[Statement], clock: Clock) -> list[StatementResult]:
    """Run up to 25 statements in one call and return their outcomes in order.

    A throttled statement is repeated by itself, four times at most. Raises TransientError when one still fails (the
    others may have been written) or its table is not there, PermanentError for a statement the table refuses.
    """
    if len(statements) > MAX_STATEMENTS:
        raise ValueError(f"at most {MAX_STATEMENTS} statements go into one batch")
    answers = _send(client, statements)
    return [_settled(client, statement, answer, clock) for statement, answer in zip(statements, answers, strict=True)]


def _send(client: Any, statements: Sequence[Statement]) -> list[dict[str, Any]]:
    requests = [
        {
            "Statement": statement.text,
            "Parameters": list(statement.parameters),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        for statement in statements
    ]
    with mapped_aws_errors("dynamodb"):
        answer = client.batch_execute_statement(Statements=requests)
    answers: list[dict[str, Any]] = require_answered(answer, "Responses", list, "dynamodb")
    if len(answers) != len(requests):
        raise TransientError("DynamoDB did not answer every statement", code="dynamodb_answer_invalid")
    return answers


def _settled(client: Any, statement: Statement, answer: dict[str, Any], clock: Clock) -> StatementResult:
    for tried in range(1, _TRIES_PER_STATEMENT):
        code = answer.get("Error", {}).get("Code")
        if code not in _MAY_PASS:
            return _result(answer)
        log(LogEvent.WRITE_RETRIED, error_code=code, attempt=tried)
        clock.sleep(_FIRST_WAIT_SECONDS * 2 ** (tried - 1))
        (answer,) = _send(client, [statement])
    if answer.get("Error", {}).get("Code") in _MAY_PASS:
        raise TransientError("a table refused a write several times", code="dynamodb_throttled")
    return _result(answer)


def _result(answer: dict[str, Any]) -> StatementResult:
    error = answer.get("Error")
    if not error:
        return StatementResult(Outcome.WRITTEN)
    kept = from_item(error["Item"]) if error.get("Item") else None
    if error["Code"] == "DuplicateItem":
        return StatementResult(Outcome.DUPLICATE, kept)
    if error["Code"] == "ConditionalCheckFailed":
        return StatementResult(Outcome.CONDITION_FAILED, kept)
    if error["Code"] in _MENDED_ELSEWHERE:
        raise TransientError(f"a table cannot be written to ({error['Code']})", code=_MENDED_ELSEWHERE[error["Code"]])
    raise PermanentError(f"a table refused a statement ({error['Code']})", code="dynamodb_refused")
