"""The plan as table A keeps it: what a retry has to carry out, in codes, numbers and digests only.

The words of a reply are not kept. A retry writes them again from the same ticket and compares digests; if they differ
it does not send (see `steps/recover.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rp_mw_worker.domain.comment_match import body_digest
from rp_mw_worker.domain.model import Case, Decision, Mode, RolloutStage, TicketMessage

PLAN_VERSION = 1


@dataclass(frozen=True, slots=True)
class PlannedReply:
    """One reply: template, its tier, and the digest of its words (`comment_match.body_digest`)."""

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


def to_plan(
    case: Case, decision: Decision, message: TicketMessage, reply_text: str | None, assignee_id: str | None
) -> Plan:
    """Return what is to be done after `message`, without anything personal; `assignee_id` is the team's person."""
    reply = None
    if decision.template_id is not None and reply_text is not None:
        reply = PlannedReply(decision.template_id, decision.tier or 0, body_digest(reply_text))
    is_acting = decision.mode is not Mode.DRY_RUN
    may_assign = is_acting and case.flags.rollout_stage >= RolloutStage.ASSIGN
    return Plan(
        message_id=message.message_id,
        message_at_epoch_ms=message.created_at_epoch_ms,
        decided_at_epoch_ms=case.now_epoch_ms,
        mode=decision.mode,
        route=decision.route_team,
        intent=decision.intent,
        confidence=decision.confidence,
        tags=decision.tags,
        reply=reply if decision.mode is Mode.LIVE else None,
        close=decision.close_ticket,
        assignee_id=assignee_id if may_assign else None,
        has_note=is_acting and decision.note is not None,
    )


def is_as_planned(text: str | None, planned: PlannedReply) -> bool:
    """Tell whether `text` is the reply that was planned."""
    return text is not None and body_digest(text) == planned.body_digest


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
