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
from rp_mw_worker.dependencies import Tools
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
from rp_mw_worker.steps.context import Run, to_run
from rp_mw_worker.steps.execute_plan import Acted, act
from rp_mw_worker.steps.load_event import PARKED, Duplicate, HeldElsewhere, Recalled
from rp_mw_worker.steps.make_decision import Judged, to_plan
from rp_mw_worker.steps.read_ticket import Nothing
from rp_mw_worker.steps.send_reply import settle_late

AWAITING_ORDER = "awaiting_order"
Ended = str | Duplicate | HeldElsewhere


def park(tools: Tools, judged: Judged, question: OrderQuestion) -> Ended:
    """Ask the enricher and park the flow. A crash between the two asks again under the same id."""
    recalled, now = judged.gathered.recalled, judged.case.now_epoch_ms
    request = EnrichmentRequest(
        request_id=to_request_id(recalled.event_id, question.by),
        conversation_id=recalled.arrival.conversation_id,
        event_id=recalled.event_id,
        message_id=judged.gathered.message.message_id,
        lookup_kind=question.by,
        lookup_value=question.value,
        requested_at_epoch_ms=now,
        trace_id=recalled.arrival.trace_id,
    )
    tools.enrichment.send(request)
    log(LogEvent.EVENT_PARKED, request_id=request.request_id)
    pending = _to_pending(tools, judged, request)
    owner, plan = tools.new_owner(), to_plan(tools, judged)
    finish = Finish(
        recalled.event_id,
        owner,
        now,
        to_parked_state(judged, recalled.event_id, pending),
        _to_audit(tools, judged, plan, recalled.event_id, PARKED, {}),
    )
    result = {"outcome": PARKED, "request": request.request_id, "by": question.by}
    return _settle(tools, recalled, owner, plan.mode, result, finish)


def record_only(tools: Tools, judged: Judged) -> Ended:
    """Write down what would have been done: table A, B and C in one call."""
    recalled, owner, plan = judged.gathered.recalled, tools.new_owner(), to_plan(tools, judged)
    finish = Finish(
        recalled.event_id,
        owner,
        plan.decided_at_epoch_ms,
        to_state(judged, plan, recalled.event_id, {}),
        _to_audit(tools, judged, plan, recalled.event_id, COMPLETED, {}),
    )
    return _settle(tools, recalled, owner, plan.mode, _result(plan, Acted()), finish)


def carry_out(tools: Tools, judged: Judged) -> Ended:
    """Claim with the plan, act, write B and C, complete. On a takeover the recorded plan is the one that counts."""
    recalled, plan = judged.gathered.recalled, to_plan(tools, judged)
    claimed = _claim(tools, recalled, tools.new_owner(), plan.mode, plan)
    if not isinstance(claimed, Claimed):
        return _refused(recalled, claimed)
    run = to_run(judged, claimed.record, plan)
    try:
        acted = act(tools, run)
        tools.records.finish(_to_finish(tools, run, acted))
    except LeaseLostError:
        raise
    except RpMwError:
        _release(tools, run.event_id, run.owner)
        raise
    status = EventStatus.COMPLETED if acted.refused is None else EventStatus.QUARANTINED
    now = tools.clock.now_epoch_ms()
    tools.records.complete(run.event_id, owner=run.owner, result=_result(run.plan, acted), now=now, status=status)
    if acted.refused is not None:
        raise acted.refused
    return COMPLETED


def complete_late(tools: Tools, recalled: Recalled, plan: Plan) -> Ended:
    """Complete an event whose run died behind its last write but one: everything else is in the tables."""
    claimed = _claim(tools, recalled, tools.new_owner(), plan.mode, plan)
    if not isinstance(claimed, Claimed):
        return _refused(recalled, claimed)
    record, now = claimed.record, tools.clock.now_epoch_ms()
    audit = to_late_audit(recalled.arrival.conversation_id, plan, recalled.event_id)
    settled = settle_late(tools, recalled.loaded.state, plan)
    tools.records.finish(Finish(recalled.event_id, record.owner, now, None, audit, settled))
    result = _result(plan, Acted()) | {"late": True}
    tools.records.complete(recalled.event_id, owner=record.owner, result=result, now=now)
    return COMPLETED


def find_late_plan(recalled: Recalled) -> Plan | None:
    """Return the plan of an abandoned run that has written table B already, or None."""
    state, record = recalled.loaded.state, recalled.abandoned
    if record is None or state.last_event_id != recalled.event_id:
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


def find_late_flow(recalled: Recalled) -> PendingFlow | None:
    """Return the flow an abandoned run has parked already: its question is with the enricher, only the end is open."""
    state, record = recalled.loaded.state, recalled.abandoned
    if record is None or record.plan is not None or state.last_event_id != recalled.event_id:
        return None
    return state.pending if state.pending is not None and state.pending.request_id is not None else None


def park_late(tools: Tools, recalled: Recalled, pending: PendingFlow) -> Ended:
    """Complete an event whose flow is parked. Deciding again would take the parked flow for an older question."""
    assert recalled.abandoned is not None
    state, mode = recalled.loaded.state, Mode(recalled.abandoned.mode)
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
    owner, now = tools.new_owner(), tools.clock.now_epoch_ms()
    audit = to_late_audit(recalled.arrival.conversation_id, plan, recalled.event_id, PARKED)
    result = {"outcome": PARKED, "request": pending.request_id, "by": pending.lookup_by}
    return _settle(tools, recalled, owner, mode, result, Finish(recalled.event_id, owner, now, None, audit))


def end_without_decision(tools: Tools, recalled: Recalled, why: Nothing) -> Ended:
    """Write down that there was nothing to decide."""
    log(LogEvent.EVENT_SUPERSEDED if why is Nothing.SUPERSEDED else LogEvent.EVENT_COVERED, reason=why.value)
    return _settle(tools, recalled, tools.new_owner(), Mode.DRY_RUN, {"outcome": why.value}, None)


def _settle(
    tools: Tools, recalled: Recalled, owner: str, mode: Mode, result: dict[str, Any], finish: Finish | None
) -> Ended:
    """End an event without side effects: in one write, or behind a claim where an abandoned record is in the way."""
    outcome = str(result["outcome"])
    if recalled.abandoned is None:
        now = finish.now if finish else tools.clock.now_epoch_ms()
        arrival = recalled.arrival
        event = EventRecord(
            event_id=recalled.event_id,
            status=EventStatus.COMPLETED,
            owner=owner,
            mode=mode.value,
            fingerprint=arrival.fingerprint,
            created_at_epoch_ms=now,
            result=result,
            completed_at_epoch_ms=now,
            trace_id=arrival.trace_id,
        )
        recorded = tools.records.record_final(event, finish)
        return _refused(recalled, recorded) if isinstance(recorded, LeaseHeld | AlreadyCompleted) else outcome
    claimed = _claim(tools, recalled, owner, mode, None)
    if not isinstance(claimed, Claimed):
        return _refused(recalled, claimed)
    if finish is not None:
        tools.records.finish(finish)
    tools.records.complete(recalled.event_id, owner=owner, result=result, now=tools.clock.now_epoch_ms())
    return outcome


def _claim(
    tools: Tools, recalled: Recalled, owner: str, mode: Mode, plan: Plan | None
) -> Claimed | LeaseHeld | AlreadyCompleted:
    claimed = tools.records.claim(
        recalled.event_id,
        owner=owner,
        lease_ms=tools.options.lease_ms,
        mode=mode.value,
        fingerprint=recalled.arrival.fingerprint,
        plan=to_json(plan) if plan else None,
        now=tools.clock.now_epoch_ms(),
        trace_id=recalled.arrival.trace_id,
    )
    if isinstance(claimed, Claimed) and claimed.record.attempts > 1:
        log(LogEvent.LEASE_TAKEN_OVER, attempt=claimed.record.attempts)
    return claimed


def _refused(recalled: Recalled, outcome: LeaseHeld | AlreadyCompleted) -> Duplicate | HeldElsewhere:
    if isinstance(outcome, AlreadyCompleted):
        return Duplicate(recalled.event_id)
    return HeldElsewhere(recalled.event_id, outcome.until_epoch_ms)


def _to_finish(tools: Tools, run: Run, acted: Acted) -> Finish:
    state = to_state(run.judged, run.plan, run.event_id, acted.results)
    audit = _to_audit(tools, run.judged, run.plan, run.event_id, COMPLETED, acted.results)
    now = tools.clock.now_epoch_ms()
    return Finish(run.event_id, run.owner, now, state, audit, tuple(acted.settled))


def _to_audit(tools: Tools, judged: Judged, plan: Plan, event_id: str, outcome: str, results: Results) -> AuditRow:
    return to_audit(judged, plan, event_id, outcome, results, tools.core.replay_record(judged.case))


def _result(plan: Plan, acted: Acted) -> dict[str, Any]:
    return {"outcome": COMPLETED, "route": plan.route, "intent": plan.intent, "actions": to_codes(acted.results)}


def _to_pending(tools: Tools, judged: Judged, request: EnrichmentRequest) -> PendingFlow:
    base = judged.decision.next_pending or PendingFlow(
        AWAITING_ORDER,
        request.message_id,
        judged.case.classification.intents,
        request.requested_at_epoch_ms + tools.core.lookup_wait_ms,
    )
    return replace(
        base,
        kind=AWAITING_ORDER,
        message_id=request.message_id,
        request_id=request.request_id,
        lookup_by=request.lookup_kind,
        order_key_digest=salted_hash(request.lookup_value, tools.salt),
    )


def _release(tools: Tools, event_id: str, owner: str) -> None:
    """End the lease early. Best effort: the error that led here is the one to report."""
    try:
        tools.records.release(event_id, owner=owner)
    except RpMwError as error:
        log(LogEvent.LEASE_LOST, error_code=error.code)
