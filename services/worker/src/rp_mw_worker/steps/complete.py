"""The four ways an event ends: parked, recorded only, carried out, or nothing to do. Each completes the event last."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rp_mw_shared.errors import RpMwError
from rp_mw_shared.idempotency.keys import request_id as to_request_id
from rp_mw_shared.idempotency.ledger import (
    AlreadyCompleted,
    Claimed,
    EventRecord,
    EventStatus,
    LeaseHeld,
    LeaseLostError,
)
from rp_mw_shared.messages.types import EnrichmentRequest
from rp_mw_shared.observability import LogEvent, log
from rp_mw_shared.redaction.hashing import salted_hash
from rp_mw_worker.dependencies import Dependencies
from rp_mw_worker.domain.model import Mode, OrderQuestion, PendingFlow
from rp_mw_worker.domain.recorded_plan import Plan, from_json, to_json
from rp_mw_worker.ports import AuditRow, Finish
from rp_mw_worker.records import (
    COMPLETED,
    Results,
    to_audit,
    to_codes,
    to_late_audit,
    to_parked_state,
    to_state,
)
from rp_mw_worker.steps.context import ClaimedEvent, to_claimed
from rp_mw_worker.steps.execute_plan import Acted, execute_plan
from rp_mw_worker.steps.load_event import PARKED, Duplicate, HeldElsewhere, LoadedEvent
from rp_mw_worker.steps.make_decision import DecisionMade, to_plan
from rp_mw_worker.steps.read_ticket import Nothing
from rp_mw_worker.steps.send_reply import settle_late

AWAITING_ORDER = "awaiting_order"
Ended = str | Duplicate | HeldElsewhere


def park(deps: Dependencies, made: DecisionMade, question: OrderQuestion) -> Ended:
    """Ask the enricher and park the flow. A crash between the two asks again under the same id."""
    loaded, now = made.reading.loaded, made.case.now_epoch_ms
    request = EnrichmentRequest(
        request_id=to_request_id(loaded.event_id, question.by),
        conversation_id=loaded.delivery.conversation_id,
        event_id=loaded.event_id,
        message_id=made.reading.message.message_id,
        lookup_kind=question.by,
        lookup_value=question.value,
        requested_at_epoch_ms=now,
        trace_id=loaded.delivery.trace_id,
    )
    deps.enrichment.send(request)
    log(LogEvent.EVENT_PARKED, request_id=request.request_id)
    pending = _to_pending(deps, made, request)
    owner, plan = deps.new_owner(), to_plan(deps, made)
    finish = Finish(
        loaded.event_id,
        owner,
        now,
        to_parked_state(made, loaded.event_id, pending),
        _to_audit(deps, made, plan, loaded.event_id, PARKED, {}),
    )
    result = {"outcome": PARKED, "request": request.request_id, "by": question.by}
    return _settle(deps, loaded, owner, plan.mode, result, finish)


def record_only(deps: Dependencies, made: DecisionMade) -> Ended:
    """Write down what would have been done: table A, B and C in one call."""
    loaded, owner, plan = made.reading.loaded, deps.new_owner(), to_plan(deps, made)
    finish = Finish(
        loaded.event_id,
        owner,
        plan.decided_at_epoch_ms,
        to_state(made, plan, loaded.event_id, {}),
        _to_audit(deps, made, plan, loaded.event_id, COMPLETED, {}),
    )
    return _settle(deps, loaded, owner, plan.mode, _result(plan, Acted()), finish)


def carry_out(deps: Dependencies, made: DecisionMade) -> Ended:
    """Claim with the plan, act, write B and C, complete. On a takeover the recorded plan is the one that counts."""
    loaded, plan = made.reading.loaded, to_plan(deps, made)
    claimed = _claim(deps, loaded, deps.new_owner(), plan.mode, plan)
    if not isinstance(claimed, Claimed):
        return _refused(loaded, claimed)
    run = to_claimed(made, claimed.record, plan)
    try:
        acted = execute_plan(deps, run)
        deps.records.finish(_to_finish(deps, run, acted))
    except LeaseLostError:
        raise
    except RpMwError:
        _release(deps, run.event_id, run.owner)
        raise
    status = EventStatus.COMPLETED if acted.refused is None else EventStatus.QUARANTINED
    now = deps.clock.now_epoch_ms()
    deps.records.complete(run.event_id, owner=run.owner, result=_result(run.plan, acted), now=now, status=status)
    if acted.refused is not None:
        raise acted.refused
    return COMPLETED


def complete_late(deps: Dependencies, loaded: LoadedEvent, plan: Plan) -> Ended:
    """Complete an event whose run died behind its last write but one: everything else is in the tables."""
    claimed = _claim(deps, loaded, deps.new_owner(), plan.mode, plan)
    if not isinstance(claimed, Claimed):
        return _refused(loaded, claimed)
    record, now = claimed.record, deps.clock.now_epoch_ms()
    audit = to_late_audit(loaded.delivery.conversation_id, plan, loaded.event_id)
    settled = settle_late(deps, loaded.known.state, plan)
    deps.records.finish(Finish(loaded.event_id, record.owner, now, None, audit, settled))
    result = _result(plan, Acted()) | {"late": True}
    deps.records.complete(loaded.event_id, owner=record.owner, result=result, now=now)
    return COMPLETED


def find_late_plan(loaded: LoadedEvent) -> Plan | None:
    """Return the plan of an abandoned run that has written table B already, or None."""
    state, record = loaded.known.state, loaded.abandoned
    if record is None or state.last_event_id != loaded.event_id:
        return None
    if record.plan is not None:
        plan = from_json(record.plan)
        return plan if plan.message_id == state.last_message_id else None
    if state.last_message_id is None or state.pending is not None:
        return None
    return Plan(
        message_id=state.last_message_id,
        message_at_epoch_ms=state.last_message_at_epoch_ms,
        decided_at_epoch_ms=state.updated_at_epoch_ms,
        mode=Mode(record.mode),
        route=state.last_route or "",
        intent=state.last_intent or "",
        confidence=state.last_confidence or 0.0,
        tags=(),
    )


def find_late_flow(loaded: LoadedEvent) -> PendingFlow | None:
    """Return the flow an abandoned run has parked already: its question is with the enricher, only the end is open."""
    state, record = loaded.known.state, loaded.abandoned
    if record is None or record.plan is not None or state.last_event_id != loaded.event_id:
        return None
    return state.pending if state.pending is not None and state.pending.request_id is not None else None


def park_late(deps: Dependencies, loaded: LoadedEvent, pending: PendingFlow) -> Ended:
    """Complete an event whose flow is parked. Deciding again would take the parked flow for an older question."""
    assert loaded.abandoned is not None
    state, mode = loaded.known.state, Mode(loaded.abandoned.mode)
    best = pending.intents[0] if pending.intents else None
    plan = Plan(
        message_id=pending.message_id,
        message_at_epoch_ms=state.last_message_at_epoch_ms,
        decided_at_epoch_ms=state.updated_at_epoch_ms,
        mode=mode,
        route="",
        intent=best.label if best else "",
        confidence=best.confidence if best else 0.0,
        tags=(),
    )
    owner, now = deps.new_owner(), deps.clock.now_epoch_ms()
    audit = to_late_audit(loaded.delivery.conversation_id, plan, loaded.event_id, PARKED)
    result = {"outcome": PARKED, "request": pending.request_id, "by": pending.lookup_by}
    return _settle(deps, loaded, owner, mode, result, Finish(loaded.event_id, owner, now, None, audit))


def end_without_decision(deps: Dependencies, loaded: LoadedEvent, why: Nothing) -> Ended:
    """Write down that there was nothing to decide."""
    log(LogEvent.EVENT_SUPERSEDED if why is Nothing.SUPERSEDED else LogEvent.EVENT_COVERED, reason=why.value)
    return _settle(deps, loaded, deps.new_owner(), Mode.DRY_RUN, {"outcome": why.value}, None)


def _settle(
    deps: Dependencies, loaded: LoadedEvent, owner: str, mode: Mode, result: dict[str, Any], finish: Finish | None
) -> Ended:
    """End an event without side effects: in one write, or behind a claim where an abandoned record is in the way."""
    outcome = str(result["outcome"])
    if loaded.abandoned is None:
        now = finish.now if finish else deps.clock.now_epoch_ms()
        delivery = loaded.delivery
        event = EventRecord(
            event_id=loaded.event_id,
            status=EventStatus.COMPLETED,
            owner=owner,
            mode=mode.value,
            fingerprint=delivery.fingerprint,
            created_at_epoch_ms=now,
            result=result,
            completed_at_epoch_ms=now,
            trace_id=delivery.trace_id,
        )
        recorded = deps.records.record_final(event, finish)
        return _refused(loaded, recorded) if isinstance(recorded, LeaseHeld | AlreadyCompleted) else outcome
    claimed = _claim(deps, loaded, owner, mode, None)
    if not isinstance(claimed, Claimed):
        return _refused(loaded, claimed)
    if finish is not None:
        deps.records.finish(finish)
    deps.records.complete(loaded.event_id, owner=owner, result=result, now=deps.clock.now_epoch_ms())
    return outcome


def _claim(
    deps: Dependencies, loaded: LoadedEvent, owner: str, mode: Mode, plan: Plan | None
) -> Claimed | LeaseHeld | AlreadyCompleted:
    claimed = deps.records.claim(
        loaded.event_id,
        owner=owner,
        lease_ms=deps.options.lease_ms,
        mode=mode.value,
        fingerprint=loaded.delivery.fingerprint,
        plan=to_json(plan) if plan else None,
        now=deps.clock.now_epoch_ms(),
        trace_id=loaded.delivery.trace_id,
    )
    if isinstance(claimed, Claimed) and claimed.record.attempts > 1:
        log(LogEvent.LEASE_TAKEN_OVER, attempt=claimed.record.attempts)
    return claimed


def _refused(loaded: LoadedEvent, outcome: LeaseHeld | AlreadyCompleted) -> Duplicate | HeldElsewhere:
    if isinstance(outcome, AlreadyCompleted):
        return Duplicate(loaded.event_id)
    return HeldElsewhere(loaded.event_id, outcome.until_epoch_ms)


def _to_finish(deps: Dependencies, run: ClaimedEvent, acted: Acted) -> Finish:
    state = to_state(run.made, run.plan, run.event_id, acted.results)
    audit = _to_audit(deps, run.made, run.plan, run.event_id, COMPLETED, acted.results)
    now = deps.clock.now_epoch_ms()
    return Finish(run.event_id, run.owner, now, state, audit, tuple(acted.settled))


def _to_audit(
    deps: Dependencies, made: DecisionMade, plan: Plan, event_id: str, outcome: str, results: Results
) -> AuditRow:
    return to_audit(made, plan, event_id, outcome, results, deps.engine.replay_record(made.case))


def _result(plan: Plan, acted: Acted) -> dict[str, Any]:
    return {"outcome": COMPLETED, "route": plan.route, "intent": plan.intent, "actions": to_codes(acted.results)}


def _to_pending(deps: Dependencies, made: DecisionMade, request: EnrichmentRequest) -> PendingFlow:
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
        order_key_digest=salted_hash(request.lookup_value, deps.salt),
    )


def _release(deps: Dependencies, event_id: str, owner: str) -> None:
    """End the lease early. Best effort: the error that led here is the one to report."""
    try:
        deps.records.release(event_id, owner=owner)
    except RpMwError as error:
        log(LogEvent.LEASE_LOST, error_code=error.code)
