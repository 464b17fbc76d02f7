"""The audit trail may be left out: everything else is written, and what counts as ours is told as with it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from rp_mw_shared.clock import FakeClock
from rp_mw_shared.idempotency.ledger import ActionStatus, EventRecord, EventStatus, LeaseLostError, Recorded
from rp_mw_worker.adapters.records_dynamodb import DynamoDBRecords
from rp_mw_worker.domain.model import ConversationState
from rp_mw_worker.domain.records import AuditRow
from rp_mw_worker.ports import Finish, SettledAction
from tests.fakes.worker_tables import create_worker_tables

pytestmark = pytest.mark.emulator
NOW = 1_795_000_000_000
NAMES = ("unaudited_a", "unaudited_b", "unaudited_c")


@pytest.fixture(scope="module")
def client(aws: Callable[[str], Any]) -> Any:
    """A client whose account holds all three tables, so that a row written in spite of it would show."""
    found = aws("dynamodb")
    create_worker_tables(found, NAMES)
    return found


@pytest.fixture
def records(client: Any) -> DynamoDBRecords:
    """The tables without the audit trail."""
    return DynamoDBRecords(client, FakeClock(), event_table=NAMES[0], state_table=NAMES[1], audit_table=None)


@pytest.fixture
def conversation() -> str:
    """A conversation no other test uses."""
    return uuid.uuid4().hex


def finish_of(conversation: str, version: int = 1, *actions: SettledAction) -> Finish:
    """A finish with a row for the audit trail."""
    state = ConversationState(conversation, version, last_message_id="m", last_event_id=f"{conversation}:e{version}")
    audit = AuditRow(conversation, f"2026-11-18T00:00:00.000Z#{version}#decision", {"route": "Sales"})
    return Finish(event_id=f"{conversation}:e{version}", owner="a", now=NOW, state=state, audit=audit, actions=actions)


def event_of(conversation: str) -> EventRecord:
    """An event in its final state."""
    return EventRecord(f"{conversation}:e1", EventStatus.COMPLETED, "a", "dry_run", "f", NOW, completed_at_epoch_ms=NOW)


def audited(client: Any) -> int:
    """Rows in the audit trail."""
    return int(client.scan(TableName=NAMES[2], Select="COUNT")["Count"])


def test_an_event_is_recorded_with_its_state_and_without_a_row(
    client: Any, records: DynamoDBRecords, conversation: str
) -> None:
    """Twice, as after a lost answer."""
    for _ in range(2):
        assert isinstance(records.record_final(event_of(conversation), finish_of(conversation)), Recorded)
    loaded = records.load(f"{conversation}:e1", conversation, None, NOW)
    assert (loaded.event is not None, loaded.state.version) == (True, 1)
    assert audited(client) == 0


def test_an_action_of_this_run_is_settled_and_anothers_is_refused(
    client: Any, records: DynamoDBRecords, conversation: str
) -> None:
    """The results of a batch are told apart without the row between state and actions."""
    mine, theirs = f"act:rp_reply:{conversation}:m1", f"act:rp_reply:{conversation}:m2"
    records.begin_action(mine, owner="a", body_digest="d", now=NOW)
    records.begin_action(theirs, owner="b", body_digest="d", now=NOW)
    records.finish(finish_of(conversation, 1, SettledAction(mine, ActionStatus.DONE, "a")))
    settled = records.load_action(mine)
    assert settled is not None
    assert settled.status is ActionStatus.DONE
    with pytest.raises(LeaseLostError):
        records.finish(finish_of(conversation, 2, SettledAction(theirs, ActionStatus.DONE, "a")))
    assert audited(client) == 0


def test_a_state_that_moved_on_is_refused(records: DynamoDBRecords, conversation: str) -> None:
    """The version is the condition, as with the row."""
    records.finish(finish_of(conversation, 1))
    with pytest.raises(LeaseLostError):
        records.finish(finish_of(conversation, 3))
