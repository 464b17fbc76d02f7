"""The worker: the order of the steps, from a delivered record to its final state.

flags ── recall ── gather ── screen ── classify ── decide ──┬── an order is needed: ask and park
          |          |       (judge)                        ├── nothing may be done: record only
          |          └ nothing new: record so               └── claim with plan ── act ── records ── complete
          └ finished: acknowledge · in other hands: later · abandoned: carry out the recorded plan
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rp_mw_shared.errors import PermanentError, TransientError
from rp_mw_shared.messages.parsing import parse_message
from rp_mw_shared.observability import LogEvent, Metric, flush_metrics, log, metric, tracing
from rp_mw_shared.redaction.hashing import short_hash
from rp_mw_shared.sqs.batch import MAX_RECEIVE_COUNT, process_fifo_batch
from rp_mw_shared.sqs.records import QueueRecord
from rp_mw_worker.deadline import run_until
from rp_mw_worker.dependencies import Dependencies
from rp_mw_worker.domain.model import Mode
from rp_mw_worker.records import event_digest
from rp_mw_worker.steps.complete import (
    Ended,
    carry_out,
    complete_late,
    end_without_decision,
    find_late_flow,
    find_late_plan,
    park,
    park_late,
    record_only,
)
from rp_mw_worker.steps.delivery import QueueDelivery, to_delivery
from rp_mw_worker.steps.load_event import Duplicate, HeldElsewhere, LoadedEvent, find_left_behind, load_event
from rp_mw_worker.steps.make_decision import DecisionMade, make_decision
from rp_mw_worker.steps.read_ticket import Nothing, read_ticket

_RESERVE_SECONDS = 4.0
OnPermanent = Callable[[QueueRecord, PermanentError], None]
ChangeVisibility = Callable[[str, int], None]


class Worker:
    """Handles batches of the events queue; everything it does to the world goes through `deps`."""

    def __init__(self, deps: Dependencies, *, on_permanent: OnPermanent, change_visibility: ChangeVisibility) -> None:
        self._deps = deps
        self._on_permanent = on_permanent
        self._change_visibility = change_visibility

    def handle(self, event: Mapping[str, Any], remaining_ms: Callable[[], int]) -> dict[str, Any]:
        """Run a batch as Lambda delivers it and return the partial batch response."""

        def handle_record(record: QueueRecord) -> None:
            left_seconds = remaining_ms() / 1000 - _RESERVE_SECONDS
            with run_until(self._deps.clock.monotonic() + left_seconds):
                self.handle_record(record)

        try:
            return process_fifo_batch(
                event,
                handle_record,
                on_permanent=self._on_permanent,
                remaining_ms=remaining_ms,
                change_visibility=self._change_visibility,
            )
        finally:
            flush_metrics()

    def handle_record(self, record: QueueRecord) -> None:
        """Bring one record to its final state; raises PermanentError (to the DLQ) or TransientError (again later)."""
        message = parse_message(record.body)
        is_last, is_again = record.receive_count >= MAX_RECEIVE_COUNT, record.receive_count > 1
        with tracing(message.trace_id):
            delivery = to_delivery(
                message, record.body, self._deps.salt, is_last_delivery=is_last, is_redelivery=is_again
            )
            conversation = short_hash(delivery.conversation_id, self._deps.salt)
            log(LogEvent.EVENT_STARTED, conversation=conversation, message_type=message.type, origin=delivery.origin)
            for left in find_left_behind(self._deps, delivery):
                _conclude(self._deps, left, process(self._deps, left))
            _conclude(self._deps, delivery, process(self._deps, delivery))


def process(deps: Dependencies, delivery: QueueDelivery) -> Ended:
    """Bring one delivery to its final state and say which one."""
    flags = deps.flags.current()
    loaded = load_event(deps, delivery)
    if not isinstance(loaded, LoadedEvent):
        return loaded
    late_plan = find_late_plan(loaded)
    if late_plan is not None:
        return complete_late(deps, loaded, late_plan)
    late_flow = find_late_flow(loaded)
    if late_flow is not None:
        return park_late(deps, loaded, late_flow)
    reading = read_ticket(deps, loaded)
    if isinstance(reading, Nothing):
        return end_without_decision(deps, loaded, reading)
    made = make_decision(deps, reading, flags)
    _report(deps, made)
    has_plan = loaded.abandoned is not None and loaded.abandoned.plan is not None
    if has_plan:
        return carry_out(deps, made)
    if made.decision.order_question is not None:
        return park(deps, made, made.decision.order_question)
    return record_only(deps, made) if made.decision.mode is Mode.DRY_RUN else carry_out(deps, made)


def _report(deps: Dependencies, made: DecisionMade) -> None:
    decision, case = made.decision, made.case
    blocked = [gate.code for gate in decision.gates if not gate.allowed]
    log(
        LogEvent.EVENT_DECIDED,
        conversation=short_hash(case.ticket.conversation_id, deps.salt),
        event_digest="e" + event_digest(made.reading.loaded.event_id),
        mode=decision.mode.value,
        rollout_stage=case.flags.rollout_stage.name.lower(),
        intent=decision.intent,
        tier=decision.tier,
        confidence=decision.confidence,
        template=decision.template_id,
        gates_blocked=blocked,
        reasons=decision.reasons,
        classifier=case.classification.classifier,
    )
    if deps.engine.is_overridden(case):
        log(LogEvent.ROUTE_OVERRIDDEN)
        metric(Metric.AGENT_OVERRIDES)
    metric(Metric.DECISIONS, Tier="route" if decision.tier is None else str(decision.tier))
    if decision.template_id is not None:
        metric(Metric.AUTOMATION_ATTEMPTED)
    elif blocked:
        metric(Metric.AUTOMATION_BLOCKED, Reason=blocked[0])


def _conclude(deps: Dependencies, delivery: QueueDelivery, ended: Ended) -> None:
    """Count and log the end; an event in other hands is handed back until their lease is over."""
    if isinstance(ended, HeldElsewhere):
        log(LogEvent.LEASE_HELD)
        left_seconds = (ended.until_epoch_ms - deps.clock.now_epoch_ms()) / 1000
        raise TransientError(
            "another run is at work on this event", code="lease_held", retry_after_seconds=max(1.0, left_seconds)
        )
    if isinstance(ended, Duplicate):
        log(LogEvent.DUPLICATE, event_digest="e" + event_digest(ended.event_id))
        metric(Metric.DUPLICATES)
        return
    log(LogEvent.EVENT_COMPLETED, outcome=ended)
    metric(Metric.COMPLETED)
    if delivery.received_at_epoch_ms:
        metric(Metric.END_TO_END_LATENCY, deps.clock.now_epoch_ms() - delivery.received_at_epoch_ms)
