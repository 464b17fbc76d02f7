"""Merged writes: each statement of a batch succeeds or fails by itself, and its answer says which."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from rp_mw_shared.clock import FakeClock
from rp_mw_shared.errors import PermanentError, RpMwError, TransientError
from rp_mw_shared.idempotency.attributes import from_item
from rp_mw_shared.idempotency.dynamodb import DynamoDBLedger
from rp_mw_shared.idempotency.ledger import ActionRecord, ActionStatus, EventRecord, EventStatus
from rp_mw_shared.idempotency.statements import (
    Outcome,
    Statement,
    execute_batch,
    finish_action,
    insert,
    insert_action,
    insert_event,
    update,
)
from tests.fakes.tables import LEDGER_TABLE, OTHER_TABLE, ThrottlingClient

pytestmark = pytest.mark.emulator

NOW = 1_795_000_000_000


@pytest.fixture
def key() -> str:
    """A key no other test uses."""
    return f"<{uuid.uuid4()}'@mail.example.com>"


def _outcomes(client: Any, *statements: Statement) -> list[Outcome]:
    return [result.outcome for result in execute_batch(client, statements, FakeClock())]


def _state(client: Any, key: str) -> dict[str, Any]:
    return from_item(client.get_item(TableName=OTHER_TABLE, Key={"conversation_id": {"S": key}})["Item"])


def test_one_batch_writes_to_several_tables(ledger_client: Any, key: str) -> None:
    """An event, a state row and an action go out in one call."""
    record = EventRecord(
        key, EventStatus.COMPLETED, "a", "dry_run", "f", NOW, result={"route": "sales"}, completed_at_epoch_ms=NOW
    )
    action = ActionRecord(key + ":act", ActionStatus.BLOCKED, "a", "d", NOW)
    state = {"conversation_id": key, "version": 1, "replies": [{"at": NOW, "template": "t"}], "absent": None}
    statements = insert_event(LEDGER_TABLE, record), insert(OTHER_TABLE, state), insert_action(LEDGER_TABLE, action)
    assert _outcomes(ledger_client, *statements) == [Outcome.WRITTEN] * 3
    ledger = DynamoDBLedger(ledger_client, LEDGER_TABLE)
    assert (ledger.load(key), ledger.load_action(key + ":act")) == (record, action)
    assert _state(ledger_client, key) == {name: value for name, value in state.items() if value is not None}


def test_an_existing_key_makes_a_duplicate_and_leaves_the_others_alone(ledger_client: Any, key: str) -> None:
    """A statement that fails does not take its neighbours with it."""
    first = insert(OTHER_TABLE, {"conversation_id": key, "version": 1})
    other = insert(OTHER_TABLE, {"conversation_id": key + "2", "version": 1})
    _outcomes(ledger_client, first)
    assert _outcomes(ledger_client, first, other) == [Outcome.DUPLICATE, Outcome.WRITTEN]


def test_an_update_sets_removes_and_checks_its_condition(ledger_client: Any, key: str) -> None:
    """Only the version that was read may be overwritten; None removes an attribute."""
    _outcomes(ledger_client, insert(OTHER_TABLE, {"conversation_id": key, "version": 1, "pending": {"a": 1}}))
    change = update(
        OTHER_TABLE,
        {"conversation_id": key},
        {"version": 2, "pending": None, "never_there": None, "owner": "o"},
        where={"version": 1},
    )
    assert _outcomes(ledger_client, change) == [Outcome.WRITTEN]
    assert _state(ledger_client, key) == {"conversation_id": key, "version": 2, "owner": "o"}
    (refused,) = execute_batch(ledger_client, [change], FakeClock())
    assert refused.outcome is Outcome.CONDITION_FAILED
    assert refused.kept is not None
    assert refused.kept["version"] == 2


def test_an_update_of_a_missing_item_fails_its_condition(ledger_client: Any, key: str) -> None:
    """PartiQL has no upsert."""
    change = update(OTHER_TABLE, {"conversation_id": key}, {"version": 2}, where={"version": 1})
    assert _outcomes(ledger_client, change) == [Outcome.CONDITION_FAILED]


def test_only_the_owner_settles_an_action(ledger_client: Any, key: str) -> None:
    """The owner condition holds in the merged write too."""
    DynamoDBLedger(ledger_client, LEDGER_TABLE).begin_action(key, owner="a", body_digest="d", now=NOW)
    by_stale = finish_action(LEDGER_TABLE, key, owner="stale", status=ActionStatus.DONE, now=NOW)
    by_owner = finish_action(LEDGER_TABLE, key, owner="a", status=ActionStatus.DONE, now=NOW)
    assert _outcomes(ledger_client, by_stale) == [Outcome.CONDITION_FAILED]
    assert _outcomes(ledger_client, by_owner) == [Outcome.WRITTEN]


def test_a_throttled_statement_is_repeated_by_itself(ledger_client: Any, key: str) -> None:
    """The neighbours that were written are not sent again."""
    client = ThrottlingClient(ledger_client, positions=frozenset({1}), throttled=2)
    clock = FakeClock()
    statements = [insert(OTHER_TABLE, {"conversation_id": f"{key}{n}", "version": 1}) for n in range(3)]
    assert [result.outcome for result in execute_batch(client, statements, clock)] == [Outcome.WRITTEN] * 3
    assert client.batch_sizes == [3, 1, 1]
    assert clock.slept_seconds == [0.05, 0.1]


def test_a_statement_throttled_again_and_again_is_transient(ledger_client: Any, key: str) -> None:
    """After four tries the event goes back to the queue."""
    client = ThrottlingClient(ledger_client, positions=frozenset({0}), throttled=99)
    with pytest.raises(TransientError) as raised:
        execute_batch(client, [insert(OTHER_TABLE, {"conversation_id": key, "version": 1})], FakeClock())
    assert raised.value.code == "dynamodb_throttled"
    assert client.batch_sizes == [1, 1, 1, 1]


def test_a_statement_the_table_refuses_is_permanent(ledger_client: Any) -> None:
    """What is wrong stays wrong."""
    client = ThrottlingClient(ledger_client, positions=frozenset({0}), throttled=1, code="ValidationError")
    with pytest.raises(PermanentError):
        execute_batch(client, [insert(OTHER_TABLE, {"conversation_id": "x", "version": 1})], FakeClock())


def test_a_table_that_is_not_there_is_transient(ledger_client: Any, key: str) -> None:
    """A wrong name, or a table being restored, is mended elsewhere: no message becomes a dead letter for it."""
    missing = insert("no_such_table", {"conversation_id": key, "version": 1})
    with pytest.raises(TransientError) as raised:
        _outcomes(ledger_client, missing)
    assert raised.value.code in {"dynamodb_table_missing", "dynamodb_unavailable"}


@pytest.mark.parametrize(
    ("code", "error", "named"),
    [
        ("ResourceNotFound", TransientError, "dynamodb_table_missing"),
        ("AccessDenied", TransientError, "dynamodb_access_denied"),
        ("ValidationError", PermanentError, "dynamodb_refused"),
    ],
)
def test_each_statements_own_refusal_is_taken_for_what_it_is(code: str, error: type[RpMwError], named: str) -> None:
    """The call is answered 200, and each statement has a code of its own."""

    class Refusing:
        def batch_execute_statement(self, Statements: list[Any]) -> dict[str, Any]:
            return {"Responses": [{"Error": {"Code": code, "Message": "no"}} for _ in Statements]}

    with pytest.raises(error) as raised:
        _outcomes(Refusing(), insert(OTHER_TABLE, {"conversation_id": "c"}))
    assert raised.value.code == named


def test_a_batch_over_the_limit_is_a_defect(ledger_client: Any) -> None:
    """DynamoDB takes 25 statements."""
    statement = insert(OTHER_TABLE, {"conversation_id": "x", "version": 1})
    with pytest.raises(ValueError, match="25"):
        execute_batch(ledger_client, [statement] * 26, FakeClock())
