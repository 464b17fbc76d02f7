"""The items of conversation_state and audit_trail: plain values, each item under 1 KB so that a write costs one unit.

Only ids, codes, numbers and hashes are stored; `expires_at` is epoch seconds, the unit DynamoDB's TTL reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rp_mw_shared.audit_form import to_stored
from rp_mw_shared.times import MS_PER_DAY, expires_at
from rp_mw_worker.domain.model import AutoReply, ConversationState, Intent, PendingFlow
from rp_mw_worker.domain.records import COMPLETED, AuditRow, is_proved_slot
from rp_mw_worker.ports import CustomerReplies, ReplySlot

# What the owner's document names; an environment may set its own.
STATE_TTL_DAYS = 90
AUDIT_TTL_DAYS = 60
_CUSTOMER_PREFIX = "customer:"
_DAY_CHARS = len("2026-11-29")
Values = dict[str, Any]


def customer_key(customer_digest: str) -> str:
    """Return the key of a customer's item in conversation_state; no conversation id of the helpdesk begins like it."""
    return f"{_CUSTOMER_PREFIX}{customer_digest}"


def to_state_values(state: ConversationState, now: int, ttl_days: int = STATE_TTL_DAYS) -> Values:
    """Return the item of conversation_state, without replies older than 24 hours; None stands for no attribute."""
    ends, until = expires_at(now, ttl_days), state.risk_flags_until
    recent = [reply for reply in state.auto_replies if reply.sent_at_epoch_ms > now - MS_PER_DAY]
    return {
        "conversation_id": state.conversation_id,
        "version": state.version,
        "last_message_id": state.last_message_id,
        "last_message_at": state.last_message_at_epoch_ms,
        "last_event_id": state.last_event_id,
        "last_intent": state.last_intent,
        "last_route": state.last_route,
        "last_confidence": state.last_confidence,
        "risk_flags": {flag: until.get(flag, ends * 1000) for flag in sorted(state.risk_flags)} or None,
        "auto_replies": [{"at": reply.sent_at_epoch_ms, "template": reply.template_id} for reply in recent] or None,
        "pending": _to_pending_values(state.pending) if state.pending else None,
        "notes": list(state.note_digests) or None,
        "tagged": state.is_tagged or None,
        "customer": state.customer_digest,
        "code_until": state.code_until_epoch_ms if state.code_until_epoch_ms > now else None,
        "updated_at": now,
        "expires_at": ends,
    }


def from_state_values(values: Values, now: int) -> ConversationState:
    """Return the state of an item; a pending flow past its own expiry is absent, whatever the table still holds."""
    pending, flags = values.get("pending"), _flags_in_force(values.get("risk_flags", {}), now)
    is_live = pending is not None and pending["expires_at_ms"] > now
    return ConversationState(
        conversation_id=values["conversation_id"],
        version=values["version"],
        last_message_id=values.get("last_message_id"),
        last_message_at_epoch_ms=values.get("last_message_at", 0),
        last_event_id=values.get("last_event_id"),
        last_intent=values.get("last_intent"),
        last_route=values.get("last_route"),
        last_confidence=values.get("last_confidence"),
        risk_flags=frozenset(flags),
        risk_flags_until=flags,
        auto_replies=tuple(AutoReply(reply["at"], reply["template"]) for reply in values.get("auto_replies", ())),
        pending=_from_pending_values(pending) if pending is not None and is_live else None,
        note_digests=tuple(values.get("notes", ())),
        updated_at_epoch_ms=values.get("updated_at", 0),
        is_tagged=values.get("tagged", False),
        customer_digest=values.get("customer"),
        code_until_epoch_ms=values.get("code_until", 0),
    )


def _flags_in_force(kept: Mapping[str, int] | Sequence[str], now: int) -> dict[str, int]:
    """Return the flags that hold now; of an item written before each had an end of its own, all of them do."""
    if not isinstance(kept, Mapping):
        return dict.fromkeys(kept, expires_at(now, STATE_TTL_DAYS) * 1000)
    return {flag: until for flag, until in kept.items() if until > now}


def _to_pending_values(pending: PendingFlow) -> Values:
    values = {
        "kind": pending.kind,
        "message_id": pending.message_id,
        "intents": [{"label": intent.label, "confidence": intent.confidence} for intent in pending.intents],
        "expires_at_ms": pending.expires_at_epoch_ms,
        "request_id": pending.request_id,
        "lookup_by": pending.lookup_by,
        "order_key": pending.order_key_digest,
        "matters": list(pending.matters) or None,
    }
    return {name: value for name, value in values.items() if value is not None}


def _from_pending_values(values: Values) -> PendingFlow:
    return PendingFlow(
        kind=values["kind"],
        message_id=values["message_id"],
        intents=tuple(Intent(intent["label"], float(intent["confidence"])) for intent in values["intents"]),
        expires_at_epoch_ms=values["expires_at_ms"],
        request_id=values.get("request_id"),
        lookup_by=values.get("lookup_by"),
        order_key_digest=values.get("order_key"),
        matters=tuple(values.get("matters", ())),
    )


def to_customer_values(
    customer_digest: str, replies: CustomerReplies, now: int, ttl_days: int = STATE_TTL_DAYS
) -> Values:
    """Return the item of conversation_state for a customer: when we answered them, over all conversations."""
    return {
        "conversation_id": customer_key(customer_digest),
        "version": replies.version,
        "auto_replies": [{"at": slot.at_epoch_ms, "by": slot.by} for slot in replies.slots],
        "updated_at": now,
        "expires_at": expires_at(now, ttl_days),
    }


def from_customer_values(values: Values, now: int) -> CustomerReplies:
    """Return the customer's replies of the last 24 hours."""
    slots = (ReplySlot(slot["at"], slot["by"]) for slot in values.get("auto_replies", ()))
    return CustomerReplies(tuple(slot for slot in slots if slot.at_epoch_ms > now - MS_PER_DAY), values["version"])


def to_audit_values(row: AuditRow, now: int, ttl_days: int = AUDIT_TTL_DAYS) -> Values:
    """Return the item of audit_trail; a decision carried out is in the index of its day, any other in none.

    `done_at` (epoch milliseconds) is when it was carried out. The form is `audit_form`'s, which reads it again.
    """
    is_final = row.values.get("outcome") == COMPLETED
    told = {
        "conversation_id": row.conversation_id,
        "ts_action_id": row.ts_action_id,
        **row.values,
        "day": row.ts_action_id[:_DAY_CHARS] if is_final else None,
        "done_at": now,
        "expires_at": expires_at(now, ttl_days),
    }
    return to_stored(told)


def find_reserved(
    replies: CustomerReplies, *, by: str, limit: int, now: int, within_ms: int = MS_PER_DAY
) -> CustomerReplies | None:
    """Return the replies with a slot taken by `by` (unchanged if it has one), or None when all `limit` are taken.

    Replies to somebody unproved never count against a proved customer; for anybody else all count.
    """
    recent = tuple(slot for slot in replies.slots if slot.at_epoch_ms > now - within_ms)
    if any(slot.by == by for slot in recent):
        return replies
    counted = [slot for slot in recent if is_proved_slot(slot.by) or not is_proved_slot(by)]
    if len(counted) >= limit:
        return None
    return CustomerReplies((*recent, ReplySlot(now, by)), replies.version + 1)
