"""The plan as table A keeps it: what a retry has to carry out, in codes, numbers and digests only.

The words of a reply are not kept. A retry writes them again from the same ticket and compares digests; if they differ
it does not send (see `reply`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rp_mw_worker.domain.model import Mode

PLAN_VERSION = 1


@dataclass(frozen=True, slots=True)
class PlannedReply:
    """One reply: template, its tier, and the digest of its words (`written.body_digest`)."""

    template: str
    tier: int
    body_digest: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything one event is to do. `message_id` is the customer message answered; times are epoch milliseconds."""

    message_id: str
    message_at_epoch_ms: int
    decided_at_epoch_ms: int
    mode: Mode
    route: str
    intent: str
    confidence: float
    tags: tuple[str, ...]
    reply: PlannedReply | None = None
    close: bool = False
    assignee_id: str | None = None
    has_note: bool = False


def to_json(plan: Plan) -> dict[str, Any]:
    """Return the plan as a JSON object with short names: it shares an item of 1 KB with the event."""
    reply = plan.reply
    return {
        "v": PLAN_VERSION,
        "message": plan.message_id,
        "message_at": plan.message_at_epoch_ms,
        "at": plan.decided_at_epoch_ms,
        "mode": plan.mode.value,
        "route": plan.route,
        "intent": plan.intent,
        "confidence": plan.confidence,
        "tags": list(plan.tags),
        "reply": {"template": reply.template, "tier": reply.tier, "digest": reply.body_digest} if reply else None,
        "close": plan.close,
        "assign": plan.assignee_id,
        "note": plan.has_note,
    }


def from_json(values: dict[str, Any]) -> Plan:
    """Return the plan a JSON object holds."""
    reply = values["reply"]
    return Plan(
        message_id=values["message"],
        message_at_epoch_ms=values["message_at"],
        decided_at_epoch_ms=values["at"],
        mode=Mode(values["mode"]),
        route=values["route"],
        intent=values["intent"],
        confidence=float(values["confidence"]),
        tags=tuple(values["tags"]),
        reply=PlannedReply(reply["template"], reply["tier"], reply["digest"]) if reply else None,
        close=values["close"],
        assignee_id=values["assign"],
        has_note=values["note"],
    )
