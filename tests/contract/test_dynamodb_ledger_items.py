"""What the DynamoDB ledger really writes, and how it takes a write whose answer was lost."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from rp_mw_shared.idempotency.dynamodb import DynamoDBLedger
from rp_mw_shared.idempotency.ledger import ActionStatus, Began, Claimed, LeaseHeld, Recorded
from tests.fakes.tables import LEDGER_TABLE, RepeatingClient

pytestmark = pytest.mark.emulator

NOW = 1_795_000_000_000
PLAN = {
    "v": 1,
    "route": "team_returns_admin",
    "intent": "delivered_not_received",
    "confidence": 0.8125,
    "tags": ["mw-processed", "mw-intent-delivered_not_received", "route-returns-admin", "mw-routing-applied"],
    "reply": {"template": "order_status_verified", "tier": 2, "body_digest": "0" * 64, "order_key": "1" * 32},
    "decided_at": NOW,
    "message_id": "c" * 36,
    "mode": "live",
    "reasons": ["gate_business_hours", "gate_cooldown"],
}


def _key() -> str:
    return f"evt:rp:<{uuid.uuid4()}@mail.example.com>:{uuid.uuid4()}"


def _item(client: Any, key: str) -> dict[str, Any]:
    item: dict[str, Any] = client.get_item(TableName=LEDGER_TABLE, Key={"event_id": {"S": key}})["Item"]
    return item


def _claim(ledger: DynamoDBLedger, key: str, owner: str) -> object:
    return ledger.claim(
        key, owner=owner, lease_ms=65_000, mode="live", fingerprint="f" * 64, plan=PLAN, now=NOW, trace_id="t" * 32
    )


def test_a_completed_event_stays_under_one_kilobyte(ledger_client: Any) -> None:
    """One write unit per write: the item of a full run fits into 1 KB."""
    ledger, key = DynamoDBLedger(ledger_client, LEDGER_TABLE), _key()
    _claim(ledger, key, "o" * 32)
    ledger.complete(key, owner="o" * 32, result={"actions": {"rp_reply": "done", "rp_tags": "done"}}, now=NOW)
    item = _item(ledger_client, key)
    size = sum(len(name) + len(next(iter(value.values()))) for name, value in item.items())
    assert size < 1024


def test_times_are_numbers_and_expiry_is_in_epoch_seconds(ledger_client: Any) -> None:
    """DynamoDB's TTL ignores texts and milliseconds."""
    ledger, key = DynamoDBLedger(ledger_client, LEDGER_TABLE, ttl_days=30), _key()
    _claim(ledger, key, "a")
    item = _item(ledger_client, key)
    assert item["expires_at"] == {"N": str(NOW // 1000 + 30 * 86_400)}
    assert item["lease_until"] == {"N": str(NOW + 65_000)}
    assert item["created_at"] == {"N": str(NOW)}
    ledger.begin_action(key + ":act", owner="a", body_digest="d", now=NOW)
    assert _item(ledger_client, key + ":act")["expires_at"] == {"N": str(NOW // 1000 + 30 * 86_400)}


def test_the_plan_is_kept_as_compact_json(ledger_client: Any) -> None:
    """A plan comes back equal, floats included."""
    ledger, key = DynamoDBLedger(ledger_client, LEDGER_TABLE), _key()
    _claim(ledger, key, "a")
    assert json.loads(_item(ledger_client, key)["plan"]["S"]) == PLAN


def test_a_write_repeated_after_a_lost_answer_counts_as_success(ledger_client: Any) -> None:
    """The repeat meets our own item and is not taken for somebody else's."""
    ledger, key = DynamoDBLedger(RepeatingClient(ledger_client), LEDGER_TABLE), _key()
    assert isinstance(_claim(ledger, key, "a"), Claimed)
    ledger.complete(key, owner="a", result={}, now=NOW)
    action = key + ":act"
    assert isinstance(ledger.begin_action(action, owner="a", body_digest="d", now=NOW), Began)
    ledger.finish_action(action, owner="a", status=ActionStatus.DONE, now=NOW)
    outcome = ledger.record_completed(key + ":dry", owner="a", mode="dry_run", fingerprint="f", result={}, now=NOW)
    assert outcome == Recorded()


def test_a_repeated_retry_after_proof_is_one_try(ledger_client: Any) -> None:
    """The second try's own repeat is not counted as a third."""
    ledger, key = DynamoDBLedger(RepeatingClient(ledger_client), LEDGER_TABLE), _key()
    ledger.begin_action(key, owner="a", body_digest="d", now=NOW)
    seen = ledger.load_action(key)
    outcome = ledger.begin_action(key, owner="b", body_digest="d", now=NOW, proven_absent=seen)
    assert isinstance(outcome, Began)
    assert outcome.record.attempts == 2


def test_the_repeat_of_another_owners_claim_is_refused(ledger_client: Any) -> None:
    """Repeating does not open a way around somebody's lease."""
    ledger, key = DynamoDBLedger(ledger_client, LEDGER_TABLE), _key()
    _claim(ledger, key, "a")
    assert isinstance(_claim(DynamoDBLedger(ledger_client, LEDGER_TABLE), key, "b"), LeaseHeld)
