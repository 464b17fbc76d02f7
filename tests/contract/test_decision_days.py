"""What the tables' indexes give for what was recorded: decisions by day and order, conversations by customer."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from rp_mw_shared.clock import FakeClock
from rp_mw_worker.adapters.days_dynamodb import DynamoDBDays
from rp_mw_worker.adapters.records_dynamodb import DynamoDBRecords
from rp_mw_worker.domain.model import ConversationState
from rp_mw_worker.domain.records import AuditRow
from rp_mw_worker.ports import Finish
from tests.fakes.worker_tables import create_worker_tables

pytestmark = pytest.mark.emulator
NOW = 1_795_000_000_000


@pytest.fixture
def names() -> tuple[str, str, str]:
    """Tables no other test uses."""
    suffix = uuid.uuid4().hex[:6]
    return f"rp_mw_days_a_{suffix}", f"rp_mw_days_b_{suffix}", f"rp_mw_days_c_{suffix}"


@pytest.fixture
def client(aws: Callable[[str], Any], names: tuple[str, str, str]) -> Any:
    """A client of an account that has them."""
    client = aws("dynamodb")
    create_worker_tables(client, names)
    return client


@pytest.fixture
def records(client: Any, names: tuple[str, str, str]) -> DynamoDBRecords:
    """What writes."""
    events, states, audit = names
    return DynamoDBRecords(client, FakeClock(), event_table=events, state_table=states, audit_table=audit)


@pytest.fixture
def days(client: Any, names: tuple[str, str, str]) -> DynamoDBDays:
    """What reads."""
    return DynamoDBDays(client, audit_table=names[2], state_table=names[1])


def finish(conversation: str, at: str, *, customer: str | None = None, version: int = 1, **values: Any) -> Finish:
    """The end of an event that was decided at `at`."""
    state = ConversationState(conversation, version, last_event_id=f"e{version}", customer_digest=customer)
    audit = AuditRow(conversation, f"{at}#{version}#decision", {"outcome": "completed", "route": "Sales"} | values)
    return Finish(f"e{version}", "a", NOW, state, audit)


def test_a_day_holds_its_final_decisions_in_order_and_no_others(records: DynamoDBRecords, days: DynamoDBDays) -> None:
    """Not the day before, and not a flow that waits for its order."""
    records.finish(finish("c2", "2026-11-18T10:00:00.000Z"))
    records.finish(finish("c1", "2026-11-18T09:00:00.000Z"))
    records.finish(finish("c3", "2026-11-17T23:59:59.999Z"))
    records.finish(finish("c4", "2026-11-18T11:00:00.000Z", outcome="parked"))
    rows = list(days.load_rows("2026-11-18"))
    assert [row["conversation_id"] for row in rows] == ["c1", "c2"]
    assert rows[0]["route"] == "Sales"
    assert rows[0]["done_at"] == NOW


def test_what_is_new_of_a_day_is_read_alone(records: DynamoDBRecords, days: DynamoDBDays) -> None:
    """Past the newest row that is known."""
    records.finish(finish("c1", "2026-11-18T09:00:00.000Z"))
    records.finish(finish("c2", "2026-11-18T10:00:00.000Z"))
    rows = days.load_rows("2026-11-18", after="2026-11-18T09:30:00.000Z")
    assert [row["conversation_id"] for row in rows] == ["c2"]


def test_a_day_of_many_rows_is_read_to_its_end(records: DynamoDBRecords, days: DynamoDBDays) -> None:
    """A page of an answer holds one megabyte."""
    for number in range(40):
        wide = "x" * 40_000
        records.finish(finish(f"c{number:02}", f"2026-11-18T09:00:{number:02}.000Z", wide=wide))
    assert len(list(days.load_rows("2026-11-18"))) == 40


def test_a_sum_is_kept_and_replaced(days: DynamoDBDays) -> None:
    """One item a day."""
    days.save_sum("2026-11-18", {"v": 1, "decisions": 3})
    days.save_sum("2026-11-18", {"v": 1, "decisions": 4, "teams": {"Sales": 4}})
    assert days.load_sums(["2026-11-18", "2026-11-17"]) == {
        "2026-11-18": {"v": 1, "decisions": 4, "teams": {"Sales": 4}}
    }
    assert days.load_sums([]) == {}


def test_a_customers_conversations_are_found_once_each(
    client: Any, records: DynamoDBRecords, names: tuple[str, str, str]
) -> None:
    """However many events they had; another customer's are not, and nothing but keys is in the index."""
    records.finish(finish("c1", "2026-11-18T09:00:00.000Z", customer="d" * 32))
    records.finish(finish("c1", "2026-11-18T10:00:00.000Z", customer="d" * 32, version=2))
    records.finish(finish("c2", "2026-11-18T11:00:00.000Z", customer="e" * 32))
    found = _query(client, names[1], "by_customer", "customer", "d" * 32)
    assert found == [{"conversation_id": {"S": "c1"}, "customer": {"S": "d" * 32}}]


def test_an_orders_rows_are_found(client: Any, records: DynamoDBRecords, names: tuple[str, str, str]) -> None:
    """By the order's hash, from any conversation."""
    records.finish(finish("c1", "2026-11-18T09:00:00.000Z", order="f" * 32))
    records.finish(finish("c2", "2026-11-19T09:00:00.000Z", order="f" * 32))
    records.finish(finish("c3", "2026-11-19T10:00:00.000Z"))
    found = _query(client, names[2], "by_order", "order", "f" * 32)
    assert [item["conversation_id"]["S"] for item in found] == ["c1", "c2"]


def _query(client: Any, table: str, index: str, key: str, value: str) -> list[dict[str, Any]]:
    answer = client.query(
        TableName=table,
        IndexName=index,
        KeyConditionExpression="#key = :value",
        ExpressionAttributeNames={"#key": key},
        ExpressionAttributeValues={":value": {"S": value}},
    )
    return list(answer["Items"])
