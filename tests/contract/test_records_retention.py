"""Items stay as long as the environment says, each table's its own time."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from rp_mw_shared.clock import FakeClock
from rp_mw_shared.idempotency.ledger import ActionStatus, EventRecord, EventStatus
from rp_mw_worker.adapters.records_dynamodb import DynamoDBRecords, Retention
from rp_mw_worker.domain.model import ConversationState
from rp_mw_worker.domain.records import AuditRow
from rp_mw_worker.ports import Finish, SettledAction
from tests.fakes.worker_tables import create_worker_tables

pytestmark = pytest.mark.emulator
NOW = 1_795_000_000_000
NAMES = ("retained_a", "retained_b", "retained_c")
RETENTION = Retention(events=20, states=40, audit=7)


def test_each_table_has_its_own_time(aws: Callable[[str], Any]) -> None:
    """The event and its action, the conversation's and the customer's state, the row of the audit trail."""
    client = aws("dynamodb")
    create_worker_tables(client, NAMES)
    records = DynamoDBRecords(
        client, FakeClock(), event_table=NAMES[0], state_table=NAMES[1], audit_table=NAMES[2], retention=RETENTION
    )
    conversation = uuid.uuid4().hex
    event = EventRecord(f"{conversation}:e1", EventStatus.COMPLETED, "a", "live", "f", NOW, completed_at_epoch_ms=NOW)
    finish = Finish(
        event_id=event.event_id,
        owner="a",
        now=NOW,
        state=ConversationState(conversation, 1, last_message_id="m", last_event_id=event.event_id),
        audit=AuditRow(conversation, "2026-11-18T00:00:00.000Z#1#decision", {"route": "Sales"}),
        actions=(SettledAction(f"act:{conversation}:1", ActionStatus.BLOCKED, None),),
    )
    records.record_final(event, finish)
    records.reserve_reply("customer-digest", by=event.event_id, known=None, limit=3, now=NOW)
    for name, days, items in zip(NAMES, (20, 40, 7), (2, 2, 1), strict=True):
        found = client.scan(TableName=name)["Items"]
        assert [int(item["expires_at"]["N"]) - NOW // 1000 for item in found] == [days * 86_400] * items
