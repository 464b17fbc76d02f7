"""Takes an event for this run, with the plan in the same write: from here on a crash is carried on, not repeated."""

from __future__ import annotations

from rp_mw_shared.errors import RpMwError
from rp_mw_shared.idempotency.ledger import AlreadyCompleted, EventRecord, LeaseHeld
from rp_mw_shared.observability import LogEvent, log
from rp_mw_worker.dependencies import Dependencies
from rp_mw_worker.domain.model import Mode
from rp_mw_worker.domain.records import Plan, plan_from_json, plan_to_json
from rp_mw_worker.steps.context import ClaimedEvent, Duplicate, HeldElsewhere, QueueDelivery


def claim(
    deps: Dependencies, delivery: QueueDelivery, event_id: str, owner: str, mode: Mode, plan: Plan | None
) -> EventRecord | Duplicate | HeldElsewhere:
    """Take the event; return its record, on a takeover with the dead run's plan, or why it is not this run's."""
    claimed = deps.records.claim(
        event_id,
        owner=owner,
        lease_ms=deps.options.lease_ms,
        mode=mode.value,
        fingerprint=delivery.fingerprint,
        plan=plan_to_json(plan) if plan else None,
        now=deps.clock.now_epoch_ms(),
        trace_id=delivery.trace_id,
    )
    if isinstance(claimed, AlreadyCompleted):
        return Duplicate(event_id)
    if isinstance(claimed, LeaseHeld):
        return HeldElsewhere(event_id, claimed.until_epoch_ms)
    if claimed.record.attempts > 1:
        log(LogEvent.LEASE_TAKEN_OVER, attempt=claimed.record.attempts)
    return claimed.record


def release(deps: Dependencies, event_id: str, owner: str) -> None:
    """End the lease early. Best effort: the error that led here is the one to report."""
    try:
        deps.records.release(event_id, owner=owner)
    except RpMwError as error:
        log(LogEvent.LEASE_LOST, error_code=error.code)


def to_claimed(conversation_id: str, record: EventRecord, plan: Plan) -> ClaimedEvent:
    """Return the run of a claimed event; `plan` is used only when the record holds none."""
    recorded = plan_from_json(record.plan) if record.plan else plan
    return ClaimedEvent(
        record.event_id, conversation_id, recorded, record.owner, record.attempts, record.lease_until_epoch_ms
    )
