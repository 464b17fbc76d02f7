"""What the three tables promise, run against the ones in memory and the ones on DynamoDB."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from rp_mw_shared.audit_form import from_stored
from rp_mw_shared.clock import FakeClock
from rp_mw_shared.errors import TransientError
from rp_mw_shared.idempotency.attributes import from_item
from rp_mw_shared.idempotency.ledger import (
    ActionStatus,
    AlreadyCompleted,
    Began,
    Claimed,
    EventRecord,
    EventStatus,
    LeaseHeld,
    LeaseLostError,
    Recorded,
)
from rp_mw_worker.adapters.records_dynamodb import DynamoDBRecords
from rp_mw_worker.adapters.records_memory import MemoryRecords
from rp_mw_worker.domain.codes import CodeRecord, CodeTry
from rp_mw_worker.domain.model import AutoReply, ConversationState, Intent, PendingFlow
from rp_mw_worker.domain.records import AuditRow
from rp_mw_worker.ports import Finish, Records, SettledAction
from tests.fakes.worker_tables import AUDIT_TABLE, EVENT_TABLE, STATE_TABLE, create_worker_tables

NOW = 1_795_000_000_000
DAY_MS = 86_400_000


@pytest.fixture(scope="session")
def tables_client(aws: Callable[[str], Any]) -> Any:
    """A DynamoDB client whose account holds the worker's three tables."""
    client = aws("dynamodb")
    create_worker_tables(client)
    return client


@pytest.fixture(params=["memory", pytest.param("dynamodb", marks=pytest.mark.emulator)])
def records(request: pytest.FixtureRequest) -> Records:
    """The tables of each kind in turn."""
    if request.param == "memory":
        return MemoryRecords()
    return DynamoDBRecords(
        request.getfixturevalue("tables_client"),
        FakeClock(),
        event_table=EVENT_TABLE,
        state_table=STATE_TABLE,
        audit_table=AUDIT_TABLE,
    )


@pytest.fixture
def conversation() -> str:
    """A conversation no other test uses."""
    return f"<{uuid.uuid4()}@mail.example.com>"


def state_of(conversation: str, version: int = 1, **fields: Any) -> ConversationState:
    """A state to write; its event is e{version} unless said otherwise."""
    values: dict[str, Any] = {
        "last_message_id": "m1",
        "last_message_at_epoch_ms": NOW - 5,
        "last_event_id": f"{conversation}:e{version}",
        "last_intent": "return_request",
        "last_route": "Returns Admin",
        "last_confidence": 0.9,
    }
    return ConversationState(conversation, version, **(values | fields))


def finish_of(conversation: str, owner: str = "a", version: int = 1, **fields: Any) -> Finish:
    """A finish of the event e{version}."""
    values: dict[str, Any] = {
        "event_id": f"{conversation}:e{version}",
        "owner": owner,
        "now": NOW,
        "state": state_of(conversation, version),
        "audit": AuditRow(conversation, f"2026-11-18T00:00:00.000Z#{version}#decision", {"route": "Sales"}),
    }
    return Finish(**(values | fields))


def event_of(conversation: str, owner: str = "a", version: int = 1) -> EventRecord:
    """An event without side effects, in its final state."""
    return EventRecord(
        f"{conversation}:e{version}",
        EventStatus.COMPLETED,
        owner,
        "dry_run",
        "f",
        NOW,
        result={"outcome": "completed"},
        completed_at_epoch_ms=NOW,
    )


def claim(records: Records, event_id: str, owner: str, now: int = NOW) -> Claimed | LeaseHeld | AlreadyCompleted:
    """Claim with a plan."""
    return records.claim(
        event_id,
        owner=owner,
        lease_ms=65_000,
        mode="live",
        fingerprint="f",
        plan={"v": 1},
        now=now,
        trace_id="t",
    )


def test_an_unknown_conversation_loads_as_an_empty_state(records: Records, conversation: str) -> None:
    """Version 0, no event, no replies; no customer when none was asked for."""
    loaded = records.load("evt:none", conversation, None, NOW)
    assert loaded.event is None
    assert loaded.state == ConversationState(conversation)
    assert loaded.customer is None
    asked = records.load("evt:none", conversation, uuid.uuid4().hex, NOW).customer
    assert asked is not None
    assert asked.slots == ()


def test_what_is_finished_is_loaded_again(records: Records, conversation: str) -> None:
    """Every field of the state survives, pending flow and history too."""
    intents = (Intent("order_status_tracking", 0.8),)
    pending = PendingFlow("awaiting_order", "m1", intents, NOW + 60_000, "r", "order_id", "d")
    state = state_of(
        conversation,
        auto_replies=(AutoReply(NOW - 1000, "return_ack"),),
        risk_flags=frozenset({"legal_threat"}),
        risk_flags_until={"legal_threat": NOW + 1000},
        pending=pending,
    )
    records.record_final(event_of(conversation), finish_of(conversation, state=state))
    loaded = records.load(f"{conversation}:e1", conversation, None, NOW)
    assert loaded.state == replace(state, updated_at_epoch_ms=NOW)
    assert loaded.event is not None
    assert loaded.event.result == {"outcome": "completed"}


def test_a_pending_flow_past_its_expiry_is_absent(records: Records, conversation: str) -> None:
    """Enforced on read, whatever the table still holds."""
    pending = PendingFlow("awaiting_order", "m1", (), NOW + 60_000)
    records.finish(finish_of(conversation, state=state_of(conversation, pending=pending)))
    assert records.load("e", conversation, None, NOW + 59_999).state.pending is not None
    assert records.load("e", conversation, None, NOW + 60_000).state.pending is None


def test_replies_older_than_a_day_are_forgotten_on_write(records: Records, conversation: str) -> None:
    """The history covers 24 hours."""
    replies = (AutoReply(NOW - DAY_MS, "old"), AutoReply(NOW - DAY_MS + 1, "recent"))
    records.finish(finish_of(conversation, state=state_of(conversation, auto_replies=replies)))
    kept = records.load("e", conversation, None, NOW).state.auto_replies
    assert [reply.template_id for reply in kept] == ["recent"]


def test_a_removed_pending_flow_is_gone(records: Records, conversation: str) -> None:
    """An update takes away what the new state does not have."""
    pending = PendingFlow("awaiting_order", "m1", (), NOW + 60_000)
    records.finish(finish_of(conversation, state=state_of(conversation, pending=pending)))
    records.finish(finish_of(conversation, version=2))
    loaded = records.load("e", conversation, None, NOW).state
    assert (loaded.version, loaded.pending) == (2, None)


def test_an_event_recorded_twice_by_its_own_run_is_recorded(records: Records, conversation: str) -> None:
    """A repeat of the same write, as after a lost answer, changes nothing and is no error."""
    for _ in range(2):
        recorded = records.record_final(event_of(conversation), finish_of(conversation))
        assert isinstance(recorded, Recorded)
    assert records.load("e", conversation, None, NOW).state.version == 1


def test_an_event_recorded_by_another_run_is_completed_already(records: Records, conversation: str) -> None:
    """The second run learns that it came late."""
    records.record_final(event_of(conversation, "a"), finish_of(conversation, "a"))
    assert isinstance(records.record_final(event_of(conversation, "b"), finish_of(conversation, "b")), AlreadyCompleted)


def test_a_claimed_event_is_not_recorded_over(records: Records, conversation: str) -> None:
    """Somebody is at work on it."""
    claim(records, f"{conversation}:e1", "a")
    assert isinstance(records.record_final(event_of(conversation, "b"), finish_of(conversation, "b")), LeaseHeld)


def test_a_state_that_moved_on_reopens_the_event(records: Records, conversation: str) -> None:
    """The condition of conversation_state fails: the run is told, and the next delivery finds the event open."""
    records.finish(finish_of(conversation, version=1))
    late = finish_of(conversation, "b", 1, event_id="late", state=state_of(conversation, 1, last_event_id="late"))
    event = replace(event_of(conversation, "b"), event_id=f"late-{conversation}")
    with pytest.raises(LeaseLostError):
        records.record_final(event, late)
    reopened = records.load(event.event_id, conversation, None, NOW).event
    assert reopened is not None
    assert (reopened.status, reopened.lease_until_epoch_ms) == (EventStatus.CLAIMED, 0)
    assert isinstance(claim(records, event.event_id, "c"), Claimed)


def test_finish_may_be_repeated_by_its_own_run(records: Records, conversation: str) -> None:
    """A retry after a lost answer finds its own rows."""
    key = f"act:rp_reply:{conversation}:m1"
    records.begin_action(key, owner="a", body_digest="d", now=NOW)
    finish = finish_of(conversation, actions=(SettledAction(key, ActionStatus.DONE, "a"),))
    records.finish(finish)
    records.finish(finish)
    action = records.load_action(key)
    assert action is not None
    assert action.status is ActionStatus.DONE


def test_finish_with_a_state_of_another_event_is_a_lost_lease(records: Records, conversation: str) -> None:
    """Two runs, one version: the second must not write over the first."""
    records.finish(finish_of(conversation, version=1))
    with pytest.raises(LeaseLostError):
        records.finish(finish_of(conversation, state=state_of(conversation, 1, last_event_id="other")))


def test_an_action_begun_by_another_run_cannot_be_settled(records: Records, conversation: str) -> None:
    """The owner token is the condition."""
    key = f"act:rp_reply:{conversation}:m1"
    records.begin_action(key, owner="a", body_digest="d", now=NOW)
    with pytest.raises(LeaseLostError):
        records.finish(finish_of(conversation, actions=(SettledAction(key, ActionStatus.DONE, "b"),)))


def test_an_action_that_never_began_is_recorded_with_its_end(records: Records, conversation: str) -> None:
    """Blocked before it began, or safe to repeat: one insert."""
    key = f"act:rp_tags:{conversation}:m1"
    records.finish(finish_of(conversation, actions=(SettledAction(key, ActionStatus.DONE, None, "d"),)))
    action = records.load_action(key)
    assert action is not None
    assert (action.status, action.owner) == (ActionStatus.DONE, "a")


def test_a_released_lease_can_be_claimed_at_once(records: Records, conversation: str) -> None:
    """The next delivery need not wait; the recorded plan is kept."""
    event_id = f"{conversation}:e1"
    claim(records, event_id, "a")
    assert isinstance(claim(records, event_id, "b"), LeaseHeld)
    records.release(event_id, owner="b")
    assert isinstance(claim(records, event_id, "b"), LeaseHeld)
    records.release(event_id, owner="a")
    taken = claim(records, event_id, "b")
    assert isinstance(taken, Claimed)
    assert (taken.record.attempts, taken.record.plan) == (2, {"v": 1})


def test_an_action_set_back_to_planned_begins_anew(records: Records, conversation: str) -> None:
    """A reply that certainly was not sent does not count as a try."""
    key = f"act:rp_reply:{conversation}:m1"
    records.begin_action(key, owner="a", body_digest="d", now=NOW)
    records.finish_action(key, owner="a", status=ActionStatus.PLANNED, now=NOW)
    began = records.begin_action(key, owner="b", body_digest="d", now=NOW)
    assert isinstance(began, Began)
    assert began.record.attempts == 1


def test_a_customer_gets_so_many_slots_a_day(records: Records) -> None:
    """The limit holds over runs; the same reply takes one slot however often it asks; a day frees them."""
    customer = uuid.uuid4().hex
    for number in range(5):
        assert records.reserve_reply(customer, by=f"r{number}", known=None, limit=5, now=NOW)
    assert records.reserve_reply(customer, by="r0", known=None, limit=5, now=NOW)
    assert not records.reserve_reply(customer, by="r5", known=None, limit=5, now=NOW)
    loaded = records.load("e", "c", customer, NOW).customer
    assert loaded is not None
    assert len(loaded.slots) == 5
    assert not records.reserve_reply(customer, by="r5", known=loaded, limit=5, now=NOW)
    assert records.reserve_reply(customer, by="r5", known=loaded, limit=5, now=NOW + DAY_MS)


def test_threads_never_share_a_slot(records: Records) -> None:
    """Eight at once, five slots: five win."""
    customer, gate = uuid.uuid4().hex, threading.Barrier(8)

    def reserve(number: int) -> bool:
        gate.wait(10)
        for _ in range(10):
            try:
                return records.reserve_reply(customer, by=f"r{number}", known=None, limit=5, now=NOW)
            except TransientError as error:
                assert error.code == "reply_slot_contended"
        return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(reserve, range(8))) == 5


def code_of(conversation: str, version: int = 1, **fields: Any) -> CodeRecord:
    """A one-time code's record."""
    values: dict[str, Any] = {"made_for": "e1", "asked": "a", "order": "o", "digest": "d", "until_epoch_ms": NOW + 1}
    return CodeRecord(conversation, version, **(values | fields))


def test_a_code_comes_back_as_it_was_saved_and_for_a_day(records: Records, conversation: str) -> None:
    """Tries, times and all; nothing of it is read once its day is over."""
    record = code_of(conversation, issued_at=(NOW - 5, NOW), tries=(CodeTry("m1", False), CodeTry("m2", True)))
    assert records.load_code(conversation, NOW) is None
    assert records.save_code(record, 0, NOW)
    assert records.load_code(conversation, NOW) == record
    assert records.load_code(conversation, NOW + DAY_MS + 1_000) is None


def test_a_code_is_written_on_its_version_only(records: Records, conversation: str) -> None:
    """Of two tries at once one counts; the same write again is the first one."""
    assert records.save_code(code_of(conversation), 0, NOW)
    assert not records.save_code(code_of(conversation, made_for="e2"), 0, NOW)
    tried = code_of(conversation, 2, tries=(CodeTry("m1", False),))
    assert records.save_code(tried, 1, NOW)
    assert records.save_code(tried, 1, NOW)
    assert not records.save_code(code_of(conversation, 2, tries=(CodeTry("m2", True),)), 1, NOW)
    assert records.load_code(conversation, NOW) == tried


def test_an_audit_row_is_written_once(records: Records, conversation: str, request: pytest.FixtureRequest) -> None:
    """A second row of the same event and time is the first one."""
    records.finish(finish_of(conversation, version=1))
    again = finish_of(conversation, version=1, audit=AuditRow(conversation, "2026-11-18T00:00:00.000Z#1#decision", {}))
    records.finish(again)
    key = (conversation, "2026-11-18T00:00:00.000Z#1#decision")
    if isinstance(records, MemoryRecords):
        assert records.audit[key]["route"] == "Sales"
        return
    wanted = {"conversation_id": {"S": key[0]}, "ts_action_id": {"S": key[1]}}
    kept = request.getfixturevalue("tables_client").get_item(TableName=AUDIT_TABLE, Key=wanted)["Item"]
    assert from_stored(from_item(kept))["route"] == "Sales"
