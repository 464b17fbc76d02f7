"""Screen, classify, decide: from what was gathered to a decision and the words of its reply.

Nothing here has an effect outside the process, except that a model may be asked, with redacted text only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rp_mw_shared.observability import LogEvent, Metric, log, metric
from rp_mw_shared.redaction.hashing import salted_hash
from rp_mw_worker.deadline import require_seconds
from rp_mw_worker.dependencies import Tools
from rp_mw_worker.domain.comment_match import body_digest
from rp_mw_worker.domain.model import Case, Classification, Decision, Flags, Intent, Mode, PendingFlow, RolloutStage
from rp_mw_worker.domain.recorded_plan import Plan, PlannedReply
from rp_mw_worker.steps.read_ticket import Gathered

EMBEDDED = "embedded"
RECORDED = "recorded"
# What the run still needs after the model has answered: a reply, a read-back, the records.
_SECONDS_AFTER_MODEL = 15.0
_MIN_MODEL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Judged:
    """A decision with the case it was made from; `reply_text` is the reply's words, None for no reply."""

    gathered: Gathered
    case: Case
    decision: Decision
    reply_text: str | None


def judge(tools: Tools, gathered: Gathered, flags: Flags) -> Judged:
    """Return the decision for what was gathered, as of now."""
    text = gathered.text
    hits = tools.core.screen(text)
    recalled = gathered.recalled
    case = Case(
        ticket=gathered.seen.ticket,
        classification=_classify(tools, gathered, flags, hits),
        state=recalled.loaded.state,
        flags=flags,
        now_epoch_ms=tools.clock.now_epoch_ms(),
        received_at_epoch_ms=gathered.received_at_epoch_ms,
        text=text,
        new_messages=gathered.messages,
        entities=tools.core.entities(text),
        screen_hits=hits,
        order_lookup=gathered.lookup,
        customer_replies_24h=_customer_replies(gathered, recalled.event_id),
    )
    if tools.core.needs_linked_orders(case):
        linked = tools.helpdesk.load_linked_orders(case.ticket.conversation_id)
        case = replace(case, ticket=replace(case.ticket, linked_order_ids=linked))
    return decided(tools, gathered, case)


def decided(tools: Tools, gathered: Gathered, case: Case) -> Judged:
    """Return the case's decision and the words of its reply."""
    decision = tools.core.decide(case)
    return Judged(gathered, case, decision, tools.core.reply_text(decision, case.ticket.channel))


def to_plan(tools: Tools, judged: Judged) -> Plan:
    """Return what is to be done, without anything personal."""
    decision, message = judged.decision, judged.gathered.message
    reply = None
    if decision.template_id is not None and judged.reply_text is not None:
        reply = PlannedReply(decision.template_id, decision.tier or 0, body_digest(judged.reply_text))
    is_acting = decision.mode is not Mode.DRY_RUN
    may_assign = is_acting and judged.case.flags.rollout_stage >= RolloutStage.ASSIGN
    return Plan(
        message_id=message.message_id,
        message_at_epoch_ms=message.created_at_epoch_ms,
        decided_at_epoch_ms=judged.case.now_epoch_ms,
        mode=decision.mode,
        route=decision.route_team,
        intent=decision.intent,
        confidence=decision.confidence,
        tags=decision.tags,
        reply=reply if decision.mode is Mode.LIVE else None,
        close=decision.close_ticket,
        assignee_id=tools.core.assignee(decision.route_team) if may_assign else None,
        has_note=is_acting and decision.note is not None,
    )


def slot_digest(event_id: str) -> str:
    """Return the short name under which an event holds one of its customer's reply slots."""
    return body_digest(event_id)[:12]


def _customer_replies(gathered: Gathered, event_id: str) -> int:
    """Count the customer's replies; a slot this very event took in an earlier run is not against it."""
    customer = gathered.recalled.loaded.customer
    return sum(slot.by != slot_digest(event_id) for slot in customer.slots) if customer else 0


def _classify(tools: Tools, gathered: Gathered, flags: Flags, hits: frozenset[str]) -> Classification:
    """A text the screen already escalates needs no model; a parked flow's intents are not asked for twice."""
    text = gathered.text
    if not text.strip():
        return Classification(classifier=flags.classifier)
    name = EMBEDDED if tools.core.is_escalated(hits) else flags.classifier
    recorded = _recorded_intents(tools, gathered)
    if recorded and not tools.core.is_escalated(hits):
        return Classification(recorded, classifier=name, model_version=RECORDED)
    found = _ask(tools, name, gathered)
    if found.failure is not None:
        log(LogEvent.FALLBACK, reason=found.failure, classifier=found.classifier)
        metric(Metric.FALLBACKS, Reason=found.failure)
    return found


def _recorded_intents(tools: Tools, gathered: Gathered) -> tuple[Intent, ...]:
    """Return what a flow was about whose order has come, or whose number this message is and nothing else."""
    from rp_mw_worker.domain.interpretation import find_answered_flow

    state, text = gathered.recalled.loaded.state, gathered.text
    if gathered.lookup is not None and state.pending is not None and _is_about(state.pending, gathered):
        return state.pending.intents
    now = tools.clock.now_epoch_ms()
    return find_answered_flow(text, tools.core.entities(text), state, now, tools.core.policy)


def _is_about(pending: PendingFlow | None, gathered: Gathered) -> bool:
    return pending is not None and pending.message_id == gathered.message.message_id


def _ask(tools: Tools, name: str, gathered: Gathered) -> Classification:
    wanted = tools.options.model_seconds
    seconds = min(wanted, require_seconds(tools.clock, wanted + _SECONDS_AFTER_MODEL) - _SECONDS_AFTER_MODEL)
    deadline = tools.clock.monotonic() + max(seconds, _MIN_MODEL_SECONDS)
    redacted = tools.core.redact(gathered.text, gathered.seen.known_values)
    subject = salted_hash(gathered.seen.customer_digest or gathered.recalled.arrival.conversation_id, tools.salt)
    return tools.classifiers.classify(name, redacted, deadline, subject)
