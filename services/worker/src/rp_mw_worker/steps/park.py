"""Ask the enricher for an order, and keep what the conversation waits for until it answers."""

from __future__ import annotations

from dataclasses import replace

from rp_mw_shared.idempotency.keys import request_id as to_request_id
from rp_mw_shared.messages.types import BY_EMAIL, EnrichmentRequest
from rp_mw_shared.observability import LogEvent, log
from rp_mw_shared.redaction.hashing import salted_hash
from rp_mw_worker.dependencies import Dependencies
from rp_mw_worker.domain.model import AWAITING_ORDER, OrderQuestion, PendingFlow
from rp_mw_worker.domain.records import PARKED, Plan, to_audit, to_parked_state
from rp_mw_worker.ports import Finish
from rp_mw_worker.steps.context import DecisionMade, Ending, EventContext


def park(deps: Dependencies, context: EventContext, plan: Plan, question: OrderQuestion) -> Ending:
    """Ask the enricher and return the parked flow. A crash before it is written asks again under the same id."""
    delivery, made, event_id = context.delivery, context.made, context.loaded.event_id
    case, now = made.case, made.case.now_epoch_ms
    request = EnrichmentRequest(
        request_id=to_request_id(event_id, question.by),
        conversation_id=delivery.conversation_id,
        event_id=event_id,
        message_id=plan.message_id,
        lookup_kind=question.by,
        lookup_value=_value(context, question),
        requested_at_epoch_ms=now,
        trace_id=delivery.trace_id,
        with_address=question.with_address or None,
    )
    deps.enrichment.send(request)
    log(LogEvent.EVENT_PARKED, request_id=request.request_id)
    state = to_parked_state(case.state, event_id, _to_pending(deps, made, request, question))
    audit = to_audit(case, made.decision, plan, event_id, PARKED, {}, deps.engine.replay_record(case))
    owner = deps.new_owner()
    result = {"outcome": PARKED, "request": request.request_id, "by": question.by}
    return Ending(owner, plan.mode, result, Finish(event_id, owner, now, state, audit))


def _value(context: EventContext, question: OrderQuestion) -> str:
    """Return what to look up: a question by address names its digest, and only the run has the address."""
    if question.by != BY_EMAIL:
        return question.value
    address = context.reading.seen.reply_address
    if address is None:
        raise AssertionError("an order was to be found by an address that the ticket does not have")
    return address


def _to_pending(
    deps: Dependencies, made: DecisionMade, request: EnrichmentRequest, question: OrderQuestion
) -> PendingFlow:
    base = made.decision.next_pending or PendingFlow(
        AWAITING_ORDER,
        request.message_id,
        made.case.classification.intents,
        request.requested_at_epoch_ms + deps.engine.lookup_wait_ms,
    )
    return replace(
        base,
        kind=AWAITING_ORDER,
        message_id=request.message_id,
        request_id=request.request_id,
        lookup_by=request.lookup_kind,
        order_key_digest=salted_hash(question.value, deps.salt),
    )
