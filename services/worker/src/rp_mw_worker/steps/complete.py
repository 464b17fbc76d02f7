"""The last writes of an event: what it leaves in the tables, and then its final state, always last."""

from __future__ import annotations

from typing import Any

from rp_mw_shared.errors import PermanentError
from rp_mw_shared.idempotency.ledger import AlreadyCompleted, EventRecord, EventStatus, LeaseHeld
from rp_mw_shared.observability import LogEvent, log
from rp_mw_shared.redaction.hashing import order_digest
from rp_mw_worker.dependencies import Dependencies
from rp_mw_worker.domain.model import Case, Mode
from rp_mw_worker.domain.records import COMPLETED, Plan, to_audit, to_codes, to_state
from rp_mw_worker.ports import Finish
from rp_mw_worker.steps.context import (
    Acted,
    ClaimedEvent,
    DecisionMade,
    Duplicate,
    Ended,
    Ending,
    EventContext,
    HeldElsewhere,
    Nothing,
    QueueDelivery,
)


def only_recorded(deps: Dependencies, context: EventContext, plan: Plan) -> Ending:
    """Return the end of an event that is written down and not carried out."""
    owner, acted = deps.new_owner(), Acted()
    finish = _to_finish(deps, context.made, plan, context.loaded.event_id, owner, plan.decided_at_epoch_ms, acted)
    return Ending(owner, plan.mode, to_result(plan, acted), finish)


def nothing_to_decide(deps: Dependencies, why: Nothing) -> Ending:
    """Return, and log, the end of an event that needs no decision of its own."""
    log(LogEvent.EVENT_SUPERSEDED if why is Nothing.SUPERSEDED else LogEvent.EVENT_COVERED, reason=why.value)
    return Ending(deps.new_owner(), Mode.DRY_RUN, {"outcome": why.value}, None)


def record_final(deps: Dependencies, delivery: QueueDelivery, event_id: str, ending: Ending) -> Ended:
    """Write an event that nobody claimed in its final state, with all it leaves behind, in one call."""
    now = ending.finish.now if ending.finish else deps.clock.now_epoch_ms()
    event = EventRecord(
        event_id=event_id,
        status=EventStatus.COMPLETED,
        owner=ending.owner,
        mode=ending.mode.value,
        fingerprint=delivery.fingerprint,
        created_at_epoch_ms=now,
        result=ending.result,
        completed_at_epoch_ms=now,
        trace_id=delivery.trace_id,
    )
    recorded = deps.records.record_final(event, ending.finish)
    if isinstance(recorded, AlreadyCompleted):
        return Duplicate(event_id)
    if isinstance(recorded, LeaseHeld):
        return HeldElsewhere(event_id, recorded.until_epoch_ms)
    return str(ending.result["outcome"])


def complete_ending(deps: Dependencies, event_id: str, ending: Ending, refused: PermanentError | None = None) -> Ended:
    """Write what a claimed event leaves behind, then its final state; raises `refused`: then it is quarantined."""
    if ending.finish is not None:
        deps.records.finish(ending.finish)
    _complete(deps, event_id, ending.owner, ending.result, refused)
    return str(ending.result["outcome"])


def _complete(
    deps: Dependencies, event_id: str, owner: str, result: dict[str, Any], refused: PermanentError | None
) -> None:
    status = EventStatus.COMPLETED if refused is None else EventStatus.QUARANTINED
    deps.records.complete(event_id, owner=owner, result=result, now=deps.clock.now_epoch_ms(), status=status)
    if refused is not None:
        raise refused


def write_records(deps: Dependencies, made: DecisionMade, event: ClaimedEvent, acted: Acted) -> None:
    """Write the conversation's state, the audit row and the actions' ends."""
    now = deps.clock.now_epoch_ms()
    deps.records.finish(_to_finish(deps, made, event.plan, event.event_id, event.owner, now, acted))


def complete(deps: Dependencies, event: ClaimedEvent, acted: Acted) -> Ended:
    """Put the event into its final state; raises the helpdesk's refusal, after which it is quarantined."""
    _complete(deps, event.event_id, event.owner, to_result(event.plan, acted), acted.refused)
    return COMPLETED


def to_result(plan: Plan, acted: Acted) -> dict[str, Any]:
    """Return the short result that stays with the event."""
    return {"outcome": COMPLETED, "route": plan.route, "intent": plan.intent, "actions": to_codes(acted.results)}


def _to_finish(
    deps: Dependencies, made: DecisionMade, plan: Plan, event_id: str, owner: str, now: int, acted: Acted
) -> Finish:
    case, decision, results = made.case, made.decision, acted.results
    state = to_state(case, decision, plan, event_id, results, deps.salt)
    replay, order = deps.engine.replay_record(case), _order_digest(deps, case)
    audit = to_audit(case, decision, plan, event_id, COMPLETED, results, replay, order)
    return Finish(event_id, owner, now, state, audit, tuple(acted.settled))


def _order_digest(deps: Dependencies, case: Case) -> str | None:
    from rp_mw_worker.domain.entities import find_meant_number, order_numbers

    number = find_meant_number(order_numbers(case.entities), case.order_lookup)
    return order_digest(number, deps.salt) if number is not None else None
