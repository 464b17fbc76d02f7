"""The ledger's items in the idempotency table: short texts and numbers, under 1 KB, `expires_at` in epoch seconds."""

from __future__ import annotations

import json
from typing import Any

from rp_mw_shared.idempotency.ledger import ActionRecord, ActionStatus, EventRecord, EventStatus
from rp_mw_shared.times import expires_at

DEFAULT_TTL_DAYS = 30


def to_json_text(value: dict[str, Any] | None) -> str | None:
    """Return the compact JSON text of a plan or result, with sorted names so that equal ones are equal texts."""
    if value is None:
        return None
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False, allow_nan=False)


def to_event_values(record: EventRecord, ttl_days: int = DEFAULT_TTL_DAYS) -> dict[str, Any]:
    """Return the item of an event record as plain values; None stands for an absent attribute."""
    return {
        "event_id": record.event_id,
        "status": record.status.value,
        "owner": record.owner,
        "mode": record.mode,
        "fingerprint": record.fingerprint,
        "created_at": record.created_at_epoch_ms,
        "attempts": record.attempts,
        "lease_until": record.lease_until_epoch_ms or None,
        "plan": to_json_text(record.plan),
        "result": to_json_text(record.result),
        "completed_at": record.completed_at_epoch_ms,
        "trace_id": record.trace_id or None,
        "expires_at": expires_at(record.completed_at_epoch_ms or record.created_at_epoch_ms, ttl_days),
    }


def from_event_values(values: dict[str, Any]) -> EventRecord:
    """Return the event record of an item's plain values."""
    return EventRecord(
        event_id=values["event_id"],
        status=EventStatus(values["status"]),
        owner=values["owner"],
        mode=values["mode"],
        fingerprint=values["fingerprint"],
        created_at_epoch_ms=values["created_at"],
        attempts=values["attempts"],
        lease_until_epoch_ms=values.get("lease_until", 0),
        plan=_find_json(values.get("plan")),
        result=_find_json(values.get("result")),
        completed_at_epoch_ms=values.get("completed_at"),
        trace_id=values.get("trace_id", ""),
    )


def to_action_values(record: ActionRecord, ttl_days: int = DEFAULT_TTL_DAYS) -> dict[str, Any]:
    """Return the item of an action record as plain values."""
    return {
        "event_id": record.key,
        "status": record.status.value,
        "owner": record.owner,
        "body_digest": record.body_digest,
        "attempts": record.attempts,
        "updated_at": record.updated_at_epoch_ms,
        "expires_at": expires_at(record.updated_at_epoch_ms, ttl_days),
    }


def from_action_values(values: dict[str, Any]) -> ActionRecord:
    """Return the action record of an item's plain values."""
    return ActionRecord(
        key=values["event_id"],
        status=ActionStatus(values["status"]),
        owner=values["owner"],
        body_digest=values["body_digest"],
        attempts=values["attempts"],
        updated_at_epoch_ms=values["updated_at"],
    )


def _find_json(text: str | None) -> dict[str, Any] | None:
    return None if text is None else json.loads(text)
