"""What one event leaves in the tables: its plan, the conversation's new state, the audit row, the short result.

The plan is what a retry has to carry out, in codes, numbers and digests only. The words of a reply are not kept: a
retry writes them again from the same ticket and compares digests; if they differ it does not send (`steps/recover.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from rp_mw_shared.idempotency.ledger import ActionStatus
from rp_mw_shared.reasons import find_reason
from rp_mw_worker.domain.codes import DECOY, KEPT_MS, MAIL, ONLY_ON
from rp_mw_worker.domain.comments import body_digest, is_digest_of
from rp_mw_worker.domain.drafts import DRAFT_INTRODUCTION
from rp_mw_worker.domain.model import (
    AutoReply,
    Case,
    ConversationState,
    Decision,
    GateResult,
    Mode,
    Note,
    PendingFlow,
    RolloutStage,
    TicketMessage,
)
from rp_mw_worker.domain.note import note_from_json, note_lines, note_to_json
from rp_mw_worker.domain.tags import INTENT_PREFIX, ROUTE_PREFIX, Tag

COMPLETED, PARKED = "completed", "parked"
_UNREMARKABLE = frozenset({"ok", "not_needed", "no_reply_planned"})
_EVERY_ROWS_TAGS = (Tag.PROCESSED.value, Tag.ROUTING_APPLIED.value, INTENT_PREFIX, ROUTE_PREFIX)
MAY_HAVE_REPLIED = frozenset({ActionStatus.DONE, ActionStatus.UNKNOWN})
PLAN_VERSION = 1
# Only notes after the last processed message can be taken for a new one.
_NOTES_KEPT = 4


@dataclass(frozen=True, slots=True)
class PlannedReply:
    """One reply: template, its tier, and the digest of its words (`comments.body_digest`)."""

    template: str
    tier: int
    body_digest: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything one event is to do. `message_id` is the customer message answered; times are epoch milliseconds.

    `note` is the private note in codes and days, nothing of the customer's; `note_text` words it. `code`: mail or decoy
    where a one-time code goes with the reply (`domain.codes`), on where codes were only asked for, None without.
    `draft` is a reply for an agent to send; its digest is that of the note that holds it (`draft_text`).
    """

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
    note: Note | None = None
    code: str | None = None
    draft: PlannedReply | None = None

    @property
    def worded(self) -> PlannedReply | None:
        """The reply, or the draft of one: never both."""
        return self.reply or self.draft


def to_plan(
    case: Case, decision: Decision, message: TicketMessage, reply_text: str | None, assignee_id: str | None, salt: str
) -> Plan:
    """Return what is to be done after `message`, without anything personal; `assignee_id` is the team's person."""
    is_acting = decision.mode is not Mode.DRY_RUN
    may_assign = is_acting and case.flags.rollout_stage >= RolloutStage.ASSIGN
    plan = Plan(
        message_id=message.message_id,
        message_at_epoch_ms=message.created_at_epoch_ms,
        decided_at_epoch_ms=case.now_epoch_ms,
        mode=decision.mode,
        route=decision.route_team,
        intent=decision.intent,
        confidence=decision.confidence,
        tags=decision.tags,
        close=decision.close_ticket,
        assignee_id=assignee_id if may_assign else None,
        note=decision.note if is_acting else None,
        code=_to_code(case, decision),
    )
    if decision.template_id is None or reply_text is None:
        return plan

    def worded(text: str) -> PlannedReply:
        return PlannedReply(decision.template_id or "", decision.tier or 0, body_digest(text, salt))

    if decision.mode is Mode.DRAFT:
        return replace(plan, draft=worded(draft_text(plan, reply_text)))
    return replace(plan, reply=worded(reply_text)) if decision.mode is Mode.LIVE else plan


def _to_code(case: Case, decision: Decision) -> str | None:
    """Return what the plan says of codes; a draft goes with none, and is worded again as it was."""
    if decision.mode is Mode.LIVE and decision.code:
        return decision.code
    return ONLY_ON if case.flags.chat_codes and decision.mode in {Mode.LIVE, Mode.DRAFT} else None


def is_as_planned(text: str | None, planned: PlannedReply, salt: str) -> bool:
    """Tell whether `text` is the reply that was planned."""
    return text is not None and is_digest_of(planned.body_digest, text, salt)


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """Return the plan as a JSON object with short names: it shares an item of 1 KB with the event."""
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
        "reply": _worded_to_json(plan.reply),
        "close": plan.close,
        "assign": plan.assignee_id,
        "note": note_to_json(plan.note) if plan.note else None,
        **({"code": plan.code} if plan.code else {}),
        **({"draft": _worded_to_json(plan.draft)} if plan.draft else {}),
    }


def _worded_to_json(planned: PlannedReply | None) -> dict[str, Any] | None:
    return {"template": planned.template, "tier": planned.tier, "digest": planned.body_digest} if planned else None


def _worded_from_json(values: dict[str, Any] | None) -> PlannedReply | None:
    return PlannedReply(values["template"], values["tier"], values["digest"]) if values else None


def plan_from_json(values: dict[str, Any]) -> Plan:
    """Return the plan a JSON object holds."""
    return Plan(
        message_id=values["message"],
        message_at_epoch_ms=values["message_at"],
        decided_at_epoch_ms=values["at"],
        mode=Mode(values["mode"]),
        route=values["route"],
        intent=values["intent"],
        confidence=float(values["confidence"]),
        tags=tuple(values["tags"]),
        reply=_worded_from_json(values["reply"]),
        close=values["close"],
        assignee_id=values["assign"],
        note=note_from_json(values["note"]) if values["note"] else None,
        code=values.get("code"),
        draft=_worded_from_json(values.get("draft")),
    )


@dataclass(frozen=True, slots=True)
class AuditRow:
    """The audit trail's item: `values` holds codes, ids, numbers and hashes only."""

    conversation_id: str
    ts_action_id: str
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ActionResult:
    """How one action ended; `reason` is a code that says why it did not take effect."""

    status: ActionStatus
    reason: str | None = None


Results = dict[str, ActionResult]


def event_digest(event_id: str) -> str:
    """Return 12 hex digits that name an event in its audit row, and as the holder of a customer's reply slot.

    Without a salt: ids only, and what stands for a text in an id is salted already (`steps.context`).
    """
    return hashlib.sha256(event_id.encode("utf-8", "surrogatepass")).hexdigest()[:12]


_UNPROVED = "u"


def slot_digest(event_id: str, *, is_proved: bool = True) -> str:
    """Return the short name under which an event holds one of its customer's reply slots.

    A reply that no match proved the customer's own has a name of its own kind.
    """
    return ("" if is_proved else _UNPROVED) + event_digest(event_id)


def is_proved_slot(name: str) -> bool:
    """Tell whether a slot was taken by a reply to a proved customer."""
    return not name.startswith(_UNPROVED)


def count_slots(names: Sequence[str], event_id: str) -> tuple[int, int]:
    """Return how many of a customer's reply slots count against an event: a proved customer's, and the others.

    A slot that this very event took in an earlier run is not against it.
    """
    ours = {slot_digest(event_id), slot_digest(event_id, is_proved=False)}
    theirs = [name for name in names if name not in ours]
    proved = sum(map(is_proved_slot, theirs))
    return proved, len(theirs) - proved


def to_state(
    case: Case, decision: Decision, plan: Plan, event_id: str, results: Results, salt: str
) -> ConversationState:
    """Return the conversation's state after the event; a reply that may have gone out counts as one."""
    state = case.state
    reply = results.get("rp_reply")
    has_replied = reply is not None and reply.status in MAY_HAVE_REPLIED and plan.reply is not None
    replies = state.auto_replies
    if has_replied and plan.reply is not None:
        replies = (*replies, AutoReply(plan.decided_at_epoch_ms, plan.reply.template))
    return ConversationState(
        conversation_id=state.conversation_id,
        version=state.version + 1,
        last_message_id=plan.message_id,
        last_message_at_epoch_ms=plan.message_at_epoch_ms,
        last_event_id=event_id,
        last_intent=plan.intent,
        last_route=plan.route,
        last_confidence=plan.confidence,
        risk_flags=state.risk_flags | frozenset(decision.risk_flags_until),
        risk_flags_until={**state.risk_flags_until, **decision.risk_flags_until},
        auto_replies=replies,
        pending=_next_pending(decision, has_replied),
        note_digests=_note_digests(state, plan, results, salt),
        is_tagged=_is_tagged(results),
        customer_digest=state.customer_digest,
        code_until_epoch_ms=_code_until(state, plan),
    )


def _code_until(state: ConversationState, plan: Plan) -> int:
    """From a code on the conversation is watched for it, whether its reply is known to be out or not."""
    until = plan.decided_at_epoch_ms + KEPT_MS if plan.code in {MAIL, DECOY} else 0
    return max(state.code_until_epoch_ms, until)


def _is_tagged(results: Results) -> bool:
    tagged = results.get("rp_tags")
    return tagged is not None and tagged.status is ActionStatus.DONE


def _note_digests(state: ConversationState, plan: Plan, results: Results, salt: str) -> tuple[str, ...]:
    digests = []
    if plan.draft is not None and _may_be_there(results.get("rp_draft")):
        digests.append(plan.draft.body_digest)
    if plan.note is not None and _may_be_there(results.get("rp_note")):
        digests.append(body_digest(note_text(plan, results), salt))
    return (*state.note_digests, *digests)[-_NOTES_KEPT:]


def _may_be_there(written: ActionResult | None) -> bool:
    return written is not None and written.status in MAY_HAVE_REPLIED


def note_text(plan: Plan, results: Results) -> str:
    """Return the note's words: what was planned and, where it is so, that the planned reply is not known to be out."""
    replied, lines = results.get("rp_reply"), note_lines(plan.note) if plan.note else []
    if replied is not None and replied.status is not ActionStatus.DONE:
        lines.append(f"Reply not confirmed: {find_reason(replied.reason or replied.status.value).sentence}")
    return "\n".join([note_head(plan), *lines])


def draft_text(plan: Plan, reply_text: str) -> str:
    """Return the note that holds a draft: what it is, that the customer does not have it, and the reply's words."""
    return f"{note_head(plan)}\n{DRAFT_INTRODUCTION}\n\n{reply_text}"


def note_head(plan: Plan) -> str:
    """Return the note's first line: it stays the same in every version's words, so a dead run's note is known by it."""
    return f"rp-mw: {plan.intent} ({plan.confidence:.2f}), routed to {plan.route}."


def _next_pending(decision: Decision, has_replied: bool) -> PendingFlow | None:
    """A question is in the air only if it went out; one that is there already needs no reply to stay.

    A takeover may decide today what the recorded plan did not: an order question that nobody asked is not awaited.
    """
    if decision.order_question is not None:
        return None
    return decision.next_pending if has_replied or decision.template_id is None else None


def to_parked_state(state: ConversationState, event_id: str, pending: PendingFlow) -> ConversationState:
    """Return the state while an order is looked up: the message is not processed yet."""
    return replace(state, version=state.version + 1, last_event_id=event_id, pending=pending, is_tagged=False)


def to_audit(
    case: Case,
    decision: Decision,
    plan: Plan,
    event_id: str,
    outcome: str,
    results: Results,
    replay: dict[str, Any],
    order_digest: str | None = None,
) -> AuditRow:
    """Return the audit row: the decision with its gate report, what was done, and under which versions.

    `order_digest` is the salted hash of the order it is about: the table's index finds the row by it.

    `replay` is the case without personal data (intents, order lookup and all; see `domain.replay_record`). So that the
    row stays under 1 KB, what says nothing is left out: a gate that is not listed found nothing against a reply, and
    `tags` are those beyond processed, intent, route and routing applied.
    """
    values: dict[str, Any] = {
        "message_id": plan.message_id,
        "outcome": outcome,
        "mode": plan.mode.value,
        "intent": plan.intent,
        "confidence": plan.confidence,
        "route": plan.route,
        "tier": plan.worded.tier if plan.worded else decision.tier,
        "template": plan.worded.template if plan.worded else decision.template_id,
        "reasons": list(decision.reasons),
        "claims": list(dict.fromkeys(decision.claims)),
        "gates_passed": sum(gate.allowed for gate in decision.gates),
        "gates_blocked": [_shown(gate) for gate in decision.gates if not gate.allowed],
        "gates_noted": [_shown(gate) for gate in decision.gates if gate.allowed and gate.code not in _UNREMARKABLE],
        "tags": [tag for tag in plan.tags if not tag.startswith(_EVERY_ROWS_TAGS)],
        "actions": to_codes(results),
        "classifier": case.classification.classifier,
        "versions": [decision.policy_version, decision.templates_version, decision.model_version],
        "replay": replay,
        "order": order_digest,
    }
    told = {name: value for name, value in values.items() if value not in (None, [], {}, "")}
    return AuditRow(case.ticket.conversation_id, row_key(plan.decided_at_epoch_ms, event_id), told)


def _shown(gate: GateResult) -> str:
    return ":".join(filter(None, (gate.gate, gate.code, gate.detail)))


def to_late_audit(conversation_id: str, plan: Plan, event_id: str, outcome: str = COMPLETED) -> AuditRow:
    """Return the row of an event whose run died after its last action; the first row, if it is there, stays."""
    values: dict[str, Any] = {
        "message_id": plan.message_id,
        "outcome": outcome,
        "mode": plan.mode.value,
        "intent": plan.intent,
        "confidence": plan.confidence,
        "route": plan.route,
        "template": plan.worded.template if plan.worded else None,
        "tags": list(plan.tags),
    }
    return AuditRow(conversation_id, row_key(plan.decided_at_epoch_ms, event_id), values)


def row_key(decided_at_epoch_ms: int, event_id: str) -> str:
    """Return `{time}#{event digest}#decision`: sorts by time, and is the same on every retry."""
    moment = datetime.fromtimestamp(decided_at_epoch_ms / 1000, UTC)
    stamp = moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{decided_at_epoch_ms % 1000:03d}Z"
    return f"{stamp}#{event_digest(event_id)}#decision"


def to_codes(results: Results) -> dict[str, str]:
    """Return each action's end as one code, with the reason after a colon."""
    return {
        kind: result.status.value if result.reason is None else f"{result.status.value}:{result.reason}"
        for kind, result in results.items()
    }
