"""The worker: the order of the steps, from a delivered record to its final state.

load ── (recover) ── read ── decide ──┬── an order is needed: park
  |          |         |              ├── nothing may be done: only recorded
  |          |         |              └── claim with plan ── send_reply ── execute_plan ── records ── complete
  |          |         └ nothing new: recorded so
  |          └ a dead run left all but its end: completed; it left a plan: read, decided and carried out as planned
  └ finished: acknowledged · in other hands: later
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from rp_mw_shared.clients.richpanel_budget import CALLS_OF_ONE_EVENT, CALLS_TO_ANSWER, CALLS_TO_BEGIN
from rp_mw_shared.clock import cpu_budget, until
from rp_mw_shared.errors import PermanentError, RpMwError, TransientError
from rp_mw_shared.idempotency.ledger import ActionStatus, EventRecord, LeaseLostError
from rp_mw_shared.messages.parsing import parse_message
from rp_mw_shared.messages.types import ENRICHMENT_RESULT
from rp_mw_shared.observability import LogEvent, Metric, flush_metrics, log, metric, tracing
from rp_mw_shared.redaction.hashing import short_hash
from rp_mw_shared.sqs.batch import MAX_RECEIVE_COUNT, Counting, QueueRecord, process_fifo_batch
from rp_mw_worker.dependencies import Dependencies
from rp_mw_worker.domain.codes import DECOY, MAIL
from rp_mw_worker.domain.model import Flags, Mode
from rp_mw_worker.domain.records import ActionResult, Plan, PlannedReply, event_digest, to_plan
from rp_mw_worker.domain.tags import ROUTE_PREFIX, Tag
from rp_mw_worker.ports import TOO_MUCH_TO_READ
from rp_mw_worker.steps import recover
from rp_mw_worker.steps.claim import claim, release, to_claimed
from rp_mw_worker.steps.coalesce import find_mark, is_covered, note_read, require_rate
from rp_mw_worker.steps.complete import (
    complete,
    complete_ending,
    nothing_to_decide,
    only_recorded,
    record_final,
    write_records,
)
from rp_mw_worker.steps.context import (
    CODE,
    Acted,
    ClaimedEvent,
    DecisionMade,
    Duplicate,
    Ended,
    Ending,
    EventContext,
    HeldElsewhere,
    LoadedEvent,
    Nothing,
    QueueDelivery,
    ReplyAttempt,
    ReplyEnd,
    ReplyInDoubt,
    ReplySent,
    TicketReading,
    to_delivery,
)
from rp_mw_worker.steps.execute_plan import add_note, execute_plan, mark_again, tag_late
from rp_mw_worker.steps.leave_to_person import leave_to_person
from rp_mw_worker.steps.load_event import load_event
from rp_mw_worker.steps.park import park
from rp_mw_worker.steps.read_ticket import read_ticket
from rp_mw_worker.steps.send_reply import confirm_reply, find_reply, keep_planned, send_reply
from rp_mw_worker.steps.write_draft import find_draft, write_draft

_RESERVE_SECONDS = 4.0
# CPU for reading a ticket, and again for deciding: the worst text known takes a tenth, the function has 60 s.
CPU_SECONDS = 5.0
MESSAGE_NOT_VISIBLE, NO_CUSTOMER_MESSAGE = "message_not_visible", "no_customer_message"
# An event begins with so much of the function's time left, or not at all.
_LEAST_SECONDS_FOR_AN_EVENT = 15.0
OnPermanent = Callable[[QueueRecord, PermanentError], None]
ChangeVisibility = Callable[[str, int], None]


class Worker:
    """Handles batches of the events queue; everything it does to the world goes through `deps`."""

    def __init__(
        self,
        deps: Dependencies,
        *,
        on_permanent: OnPermanent,
        change_visibility: ChangeVisibility,
        counting: Counting | None = None,
    ) -> None:
        self._deps = deps
        self._counting = counting
        self._on_permanent = on_permanent
        self._change_visibility = change_visibility

    def handle(self, event: Mapping[str, Any], remaining_ms: Callable[[], int]) -> dict[str, Any]:
        """Run a batch as Lambda delivers it and return the partial batch response."""

        def handle_record(record: QueueRecord) -> None:
            left_seconds = remaining_ms() / 1000 - _RESERVE_SECONDS
            with until(self._deps.clock.monotonic() + left_seconds):
                self.handle_record(record)

        def admit(record: QueueRecord) -> None:
            if self._deps.budget is None:
                return
            begin_before = self._deps.clock.monotonic() + remaining_ms() / 1000 - _LEAST_SECONDS_FOR_AN_EVENT
            # one that was cut off by the budget before gets all that an event can need, so that it comes to its end
            to_begin = CALLS_TO_ANSWER if f'"{ENRICHMENT_RESULT}"' in record.body else CALLS_TO_BEGIN
            self._deps.budget.reserve(CALLS_OF_ONE_EVENT if record.waits else to_begin, begin_before)

        try:
            return process_fifo_batch(
                event,
                handle_record,
                on_permanent=self._on_permanent,
                remaining_ms=remaining_ms,
                change_visibility=self._change_visibility,
                reserve_ms=round(_LEAST_SECONDS_FOR_AN_EVENT * 1000),
                admit=admit,
                counting=self._counting,
            )
        finally:
            flush_metrics()

    def handle_record(self, record: QueueRecord) -> None:
        """Bring one record to its final state; raises PermanentError (to the DLQ) or TransientError (again later)."""
        message = parse_message(record.body)
        is_last, is_again, salt = record.run >= MAX_RECEIVE_COUNT, record.receive_count > 1, self._deps.salt
        with tracing(message.trace_id):
            delivery = to_delivery(message, record.body, salt, is_last_delivery=is_last, is_redelivery=is_again)
            log(
                LogEvent.EVENT_STARTED,
                record_id=record.message_id,
                conversation=short_hash(delivery.conversation_id, salt),
                message_type=message.type,
                origin=delivery.origin,
            )
            try:
                self._bring_to_end(delivery)
            except PermanentError:
                _note_swept(self._deps, delivery)
                raise
            _note_swept(self._deps, delivery)

    def _bring_to_end(self, delivery: QueueDelivery) -> None:
        deps, began_at_epoch_ms = self._deps, self._deps.clock.now_epoch_ms()
        mark = find_mark(deps, delivery)
        if is_covered(delivery, mark):
            return
        require_rate(deps, mark)
        try:
            for left in recover.find_left_behind(deps, delivery) if delivery.is_redelivery else ():
                _conclude(deps, left, process(deps, left))
            ended = _process(deps, delivery)
        except PermanentError as error:
            if error.code not in TOO_MUCH_TO_READ:
                raise
            ended = _leave_to_person(deps, delivery, error)
        _conclude(deps, delivery, ended)
        note_read(deps, delivery, mark, began_at_epoch_ms)


def _leave_to_person(deps: Dependencies, delivery: QueueDelivery, why: PermanentError) -> Ended:
    """End the event of a ticket that nobody can read here.

    Raises `why` when an earlier run has begun the event and what it did cannot be looked up any more.
    """
    ending = leave_to_person(deps, delivery, why)
    if delivery.event_id is None:
        return why.code  # nothing but the ticket names the message
    ended = record_final(deps, delivery, delivery.event_id, ending)
    if isinstance(ended, HeldElsewhere):
        raise why
    return ended


def _process(deps: Dependencies, delivery: QueueDelivery) -> Ended:
    """Process, and end a swept ticket that an agent opened: it has no customer's message, and none is on its way."""
    try:
        return process(deps, delivery)
    except TransientError as error:
        if delivery.origin == "sweep" and error.code == MESSAGE_NOT_VISIBLE:
            return NO_CUSTOMER_MESSAGE
        raise


def _note_swept(deps: Dependencies, delivery: QueueDelivery) -> None:
    """Remember that a swept ticket was handled as it is, whatever came of it: the next sweep leaves it."""
    if delivery.origin != "sweep":
        return
    with suppress(TransientError):  # then the next sweep queues it once more
        deps.sweep_marks.note(delivery.conversation_id, delivery.delivery_id)


def process(deps: Dependencies, delivery: QueueDelivery) -> Ended:
    """Bring one delivery to its final state and say which one."""
    flags = deps.flags.current()
    with cpu_budget(CPU_SECONDS):  # an event without a name is named by its ticket, which is read for that
        while isinstance(loaded := load_event(deps, delivery), QueueDelivery):
            delivery = loaded
    if isinstance(loaded, Duplicate):
        mark_again(deps, delivery.conversation_id, loaded, flags)
    if not isinstance(loaded, LoadedEvent):
        return loaded
    if loaded.abandoned is not None and (ended := _finish_late(deps, delivery, loaded)) is not None:
        return ended
    planned_id = recover.planned_message_id(loaded.abandoned) if loaded.abandoned is not None else None
    with cpu_budget(CPU_SECONDS):
        reading = read_ticket(deps, delivery, loaded, planned_id)
    if reading is Nothing.TRASHED and loaded.abandoned is None:
        return reading.value  # nothing is recorded: it is to be worked on should somebody take it out again
    if isinstance(reading, Nothing):
        ending = recover.with_row_of_plan(deps, delivery, loaded, nothing_to_decide(deps, reading))
        return _end(deps, delivery, loaded, ending)
    from rp_mw_worker.steps.make_decision import make_decision  # with the domain: a duplicate needs neither

    with cpu_budget(CPU_SECONDS):
        if loaded.state.code_until_epoch_ms > deps.clock.now_epoch_ms():
            reading = _read_code(deps, loaded, reading, flags)
        made = make_decision(deps, delivery, loaded, reading, flags)
    _report(deps, made, loaded.event_id)
    context, plan = EventContext(delivery, loaded, reading, made), _to_plan(deps, made, reading)
    question = made.decision.order_question
    if planned_id is None and question is not None:
        return _end(deps, delivery, loaded, park(deps, context, plan, question))
    if planned_id is None and plan.mode is Mode.DRY_RUN:
        return _end(deps, delivery, loaded, only_recorded(deps, context, plan))
    return _carry_out(deps, context, plan)


def _finish_late(deps: Dependencies, delivery: QueueDelivery, loaded: LoadedEvent) -> Ended | None:
    """Complete what a dead run left all but complete; None when there is more to do than that."""
    plan = recover.find_late_plan(loaded)
    if plan is not None:
        record = claim(deps, delivery, loaded.event_id, deps.new_owner(), plan.mode, plan)
        if not isinstance(record, EventRecord):
            return record
        return _end_late(deps, delivery, loaded, plan, record)
    flow = recover.find_late_flow(loaded)
    return _end(deps, delivery, loaded, recover.late_park(deps, delivery, loaded, flow)) if flow is not None else None


def _end_late(
    deps: Dependencies, delivery: QueueDelivery, loaded: LoadedEvent, plan: Plan, record: EventRecord
) -> Ended:
    """Set the tags that an earlier run left, and complete; refused again they quarantine the event again."""
    event = to_claimed(delivery.conversation_id, record, plan)
    replied, draft = recover.find_late_reply(deps, loaded.state, plan), recover.find_late_draft(deps, event)
    if draft is not None:
        replied = find_draft(deps, event, draft)
    try:
        acted = tag_late(deps, event, replied, is_tagged=loaded.state.is_tagged)
    except TransientError:
        release(deps, loaded.event_id, record.owner)
        raise
    ending = recover.late_end(deps, delivery, loaded, plan, record.owner, acted)
    return complete_ending(deps, loaded.event_id, ending, acted.refused)


def _end(deps: Dependencies, delivery: QueueDelivery, loaded: LoadedEvent, ending: Ending) -> Ended:
    """End an event without side effects: in one write, or after a claim where an abandoned record is in the way."""
    if loaded.abandoned is None:
        return record_final(deps, delivery, loaded.event_id, ending)
    record = claim(deps, delivery, loaded.event_id, ending.owner, ending.mode, None)
    return complete_ending(deps, loaded.event_id, ending) if isinstance(record, EventRecord) else record


def _carry_out(deps: Dependencies, context: EventContext, plan: Plan) -> Ended:
    """Claim with the plan, act, write the records, complete. On a takeover the recorded plan is the one that counts."""
    delivery, made, event_id = context.delivery, context.made, context.loaded.event_id
    record = claim(deps, delivery, event_id, deps.new_owner(), plan.mode, plan)
    if not isinstance(record, EventRecord):
        return record
    event = to_claimed(made.case.ticket.conversation_id, record, plan)
    try:
        acted = _act(deps, context, event)
        write_records(deps, made, event, acted)
    except LeaseLostError:
        raise
    except RpMwError:
        release(deps, event.event_id, event.owner)
        raise
    return complete(deps, event, acted)


def _act(deps: Dependencies, context: EventContext, event: ClaimedEvent) -> Acted:
    replied = _reply_or_draft(deps, context, event)
    code = _issue_code(deps, context, event, replied)
    acted = execute_plan(deps, event, context.reading.seen, replied)
    acted.results |= {CODE: code} if code is not None else {}
    if event.plan.note is not None:
        prior = recover.find_prior_note(deps, event, acted) if event.attempts > 1 else None
        acted.results["rp_note"] = prior or add_note(deps, event, acted)
    return acted


def _issue_code(
    deps: Dependencies, context: EventContext, event: ClaimedEvent, replied: ReplyEnd | None
) -> ActionResult | None:
    """Make the planned one-time code, once the chat has been told of it; rare, so loaded when needed.

    Where it is in doubt whether the chat was told, none is made, and one that a dead run began is ended.
    """
    if event.plan.code not in {MAIL, DECOY} or replied is None:
        return None
    from rp_mw_worker.steps.issue_code import end_begun_code, issue_code

    if replied.result.status is ActionStatus.DONE:
        return issue_code(deps, context, event)
    return end_begun_code(deps, context, event) if event.attempts > 1 else None


def _read_code(deps: Dependencies, loaded: LoadedEvent, reading: TicketReading, flags: Flags) -> TicketReading:
    from rp_mw_worker.steps.typed_code import read_code

    return read_code(deps, loaded, reading, flags)


def _reply_or_draft(deps: Dependencies, context: EventContext, event: ClaimedEvent) -> ReplyEnd | None:
    plan, made = event.plan, context.made
    if plan.reply is not None:
        return _reply(deps, context, event, plan.reply)
    if plan.draft is None:
        return None
    text = recover.rewrite_reply(deps, made, event) if event.attempts > 1 else made.reply_text
    return write_draft(deps, made, event, plan.draft, text)


def _reply(deps: Dependencies, context: EventContext, event: ClaimedEvent, planned: PlannedReply) -> ReplyEnd:
    """Bring the planned reply to its end; raises TransientError when that is a later delivery's to do."""
    made, delivery = context.made, context.delivery
    reply: ReplyAttempt | ReplySent | ReplyInDoubt | ReplyEnd
    if event.attempts > 1:
        text = keep_planned(deps, recover.rewrite_reply(deps, made, event), planned)
        reply = recover.find_prior_reply(deps, event, text)
    else:
        reply = ReplyAttempt(keep_planned(deps, made.reply_text, planned))
    while not isinstance(reply, ReplyEnd):
        if isinstance(reply, ReplyAttempt):
            reply = send_reply(deps, context, event, planned, reply)
        elif isinstance(reply, ReplySent):
            reply = confirm_reply(deps, context, event, reply)
        else:
            found = find_reply(deps, event, reply.record, reply.text)
            reply = recover.settle_doubt(deps, delivery, reply, found)
    return reply


def _to_plan(deps: Dependencies, made: DecisionMade, reading: TicketReading) -> Plan:
    assignee_id = None if Tag.MACHINE in made.decision.tags else deps.engine.assignee(made.decision.route_team)
    return to_plan(made.case, made.decision, reading.messages[-1], made.reply_text, assignee_id, deps.salt)


def _report(deps: Dependencies, made: DecisionMade, event_id: str) -> None:
    decision, case = made.decision, made.case
    blocked = [gate.code for gate in decision.gates if not gate.allowed]
    route = next((tag for tag in decision.tags if tag.startswith(ROUTE_PREFIX)), None)
    is_overridden = deps.engine.is_overridden(case)
    log(
        LogEvent.EVENT_DECIDED,
        conversation=short_hash(case.ticket.conversation_id, deps.salt),
        event_digest="e" + event_digest(event_id),
        mode=decision.mode.value,
        rollout_stage=case.flags.rollout_stage.name.lower(),
        intent=decision.intent,
        route=route,
        tier=decision.tier,
        confidence=decision.confidence,
        template=decision.template_id,
        gates_blocked=blocked,
        reasons=decision.reasons,
        classifier=case.classification.classifier,
    )
    if is_overridden:
        log(LogEvent.ROUTE_OVERRIDDEN)
        metric(Metric.AGENT_OVERRIDES)
    metric(Metric.DECISIONS, Tier="route" if decision.tier is None else str(decision.tier))
    if decision.template_id is not None:
        metric(Metric.AUTOMATION_ATTEMPTED)
    elif blocked:
        metric(Metric.AUTOMATION_BLOCKED, Reason=blocked[0])


def _conclude(deps: Dependencies, delivery: QueueDelivery, ended: Ended) -> None:
    """Count and log the end; an event in other hands returns to the queue until their lease is over."""
    if isinstance(ended, HeldElsewhere):
        log(LogEvent.LEASE_HELD)
        wait = max(1.0, (ended.until_epoch_ms - deps.clock.now_epoch_ms()) / 1000)
        raise TransientError("another run is at work on this event", code="lease_held", retry_after_seconds=wait)
    if isinstance(ended, Duplicate):
        log(LogEvent.DUPLICATE, event_digest="e" + event_digest(ended.event_id))
        metric(Metric.DUPLICATES)
        return
    latency_ms = deps.clock.now_epoch_ms() - delivery.received_at_epoch_ms
    log(LogEvent.EVENT_COMPLETED, outcome=ended)
    metric(Metric.COMPLETED)
    if delivery.received_at_epoch_ms:
        metric(Metric.END_TO_END_LATENCY, latency_ms)
