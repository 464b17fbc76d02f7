"""Screen, classify, decide: from what was gathered to a decision and the words of its reply.

Nothing here has an effect outside the process, except that a model may be asked, with redacted text only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rp_mw_shared.observability import LogEvent, Metric, log, metric
from rp_mw_shared.redaction.hashing import salted_hash
from rp_mw_worker.deadline import require_seconds
from rp_mw_worker.dependencies import Dependencies
from rp_mw_worker.domain.comment_match import body_digest
from rp_mw_worker.domain.model import Case, Classification, Decision, Flags, Intent, Mode, PendingFlow, RolloutStage
from rp_mw_worker.domain.recorded_plan import Plan, PlannedReply
from rp_mw_worker.steps.read_ticket import TicketReading

EMBEDDED = "embedded"
RECORDED = "recorded"
# What the run still needs after the model has answered: a reply, a read-back, the records.
_SECONDS_AFTER_MODEL = 15.0
_MIN_MODEL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class DecisionMade:
    """A decision with the case it was made from; `reply_text` is the reply's words, None for no reply."""

    reading: TicketReading
    case: Case
    decision: Decision
    reply_text: str | None


def make_decision(deps: Dependencies, reading: TicketReading, flags: Flags) -> DecisionMade:
    """Return the decision for what was gathered, as of now."""
    text = reading.text
    hits = deps.engine.screen(text)
    loaded = reading.loaded
    case = Case(
        ticket=reading.seen.ticket,
        classification=_classify(deps, reading, flags, hits),
        state=loaded.known.state,
        flags=flags,
        now_epoch_ms=deps.clock.now_epoch_ms(),
        received_at_epoch_ms=reading.received_at_epoch_ms,
        text=text,
        new_messages=reading.messages,
        entities=deps.engine.entities(text),
        screen_hits=hits,
        order_lookup=reading.lookup,
        customer_replies_24h=_customer_replies(reading, loaded.event_id),
    )
    if deps.engine.needs_linked_orders(case):
        linked = deps.helpdesk.load_linked_orders(case.ticket.conversation_id)
        case = replace(case, ticket=replace(case.ticket, linked_order_ids=linked))
    return decide_case(deps, reading, case)


def decide_case(deps: Dependencies, reading: TicketReading, case: Case) -> DecisionMade:
    """Return the case's decision and the words of its reply."""
    decision = deps.engine.decide(case)
    return DecisionMade(reading, case, decision, deps.engine.reply_text(decision, case.ticket.channel))


def to_plan(deps: Dependencies, made: DecisionMade) -> Plan:
    """Return what is to be done, without anything personal."""
    decision, message = made.decision, made.reading.message
    reply = None
    if decision.template_id is not None and made.reply_text is not None:
        reply = PlannedReply(decision.template_id, decision.tier or 0, body_digest(made.reply_text))
    is_acting = decision.mode is not Mode.DRY_RUN
    may_assign = is_acting and made.case.flags.rollout_stage >= RolloutStage.ASSIGN
    return Plan(
        message_id=message.message_id,
        message_at_epoch_ms=message.created_at_epoch_ms,
        decided_at_epoch_ms=made.case.now_epoch_ms,
        mode=decision.mode,
        route=decision.route_team,
        intent=decision.intent,
        confidence=decision.confidence,
        tags=decision.tags,
        reply=reply if decision.mode is Mode.LIVE else None,
        close=decision.close_ticket,
        assignee_id=deps.engine.assignee(decision.route_team) if may_assign else None,
        has_note=is_acting and decision.note is not None,
    )


def slot_digest(event_id: str) -> str:
    """Return the short name under which an event holds one of its customer's reply slots."""
    return body_digest(event_id)[:12]


def _customer_replies(reading: TicketReading, event_id: str) -> int:
    """Count the customer's replies; a slot this very event took in an earlier run is not against it."""
    customer = reading.loaded.known.customer
    return sum(slot.by != slot_digest(event_id) for slot in customer.slots) if customer else 0


def _classify(deps: Dependencies, reading: TicketReading, flags: Flags, hits: frozenset[str]) -> Classification:
    """A text the screen already escalates needs no model; a parked flow's intents are not asked for twice."""
    text = reading.text
    if not text.strip():
        return Classification(classifier=flags.classifier)
    name = EMBEDDED if deps.engine.is_escalated(hits) else flags.classifier
    recorded = _recorded_intents(deps, reading)
    if recorded and not deps.engine.is_escalated(hits):
        return Classification(recorded, classifier=name, model_version=RECORDED)
    found = _ask(deps, name, reading)
    if found.failure is not None:
        log(LogEvent.FALLBACK, reason=found.failure, classifier=found.classifier)
        metric(Metric.FALLBACKS, Reason=found.failure)
    return found


def _recorded_intents(deps: Dependencies, reading: TicketReading) -> tuple[Intent, ...]:
    """Return what a flow was about whose order has come, or whose number this message is and nothing else."""
    from rp_mw_worker.domain.interpretation import find_answered_flow

    state, text = reading.loaded.known.state, reading.text
    if reading.lookup is not None and state.pending is not None and _is_about(state.pending, reading):
        return state.pending.intents
    now = deps.clock.now_epoch_ms()
    return find_answered_flow(text, deps.engine.entities(text), state, now, deps.engine.policy)


def _is_about(pending: PendingFlow | None, reading: TicketReading) -> bool:
    return pending is not None and pending.message_id == reading.message.message_id


def _ask(deps: Dependencies, name: str, reading: TicketReading) -> Classification:
    wanted = deps.options.model_seconds
    seconds = min(wanted, require_seconds(deps.clock, wanted + _SECONDS_AFTER_MODEL) - _SECONDS_AFTER_MODEL)
    deadline = deps.clock.monotonic() + max(seconds, _MIN_MODEL_SECONDS)
    redacted = deps.engine.redact(reading.text, reading.seen.known_values)
    subject = salted_hash(reading.seen.customer_digest or reading.loaded.delivery.conversation_id, deps.salt)
    return deps.classifiers.classify(name, redacted, deadline, subject)
