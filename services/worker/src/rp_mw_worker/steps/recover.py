"""Everything a run does because an earlier run of the same event died, and nothing else.

a message that a minimal delivery took up and did not finish     find_left_behind
died after the conversation's state was written, or was refused  find_late_plan, late_end
  its tags and comes back from the DLQ
died after its question went to the enricher and was parked      find_late_flow, late_park
died with a plan, and another run has handled its message since  with_row_of_plan
died with a plan, before that                                    planned_message_id, and for its reply:

rewrite_reply ── find_prior_reply ──┬── never begun: sent as if for the first time
                                    ├── settled: left
                                    └── in doubt: the ticket is read, then settle_doubt
      found                        done
      absent, long enough after    proved: one more try, and never a third
      absent, just now             the vendor may still be at it: returned to the queue for a while
      unreadable                   unknown: never sent again by itself, a person looks (mw-send-unknown)
"""

from __future__ import annotations

from dataclasses import replace

from rp_mw_shared.errors import PermanentError, TransientError
from rp_mw_shared.flags.model import open_flags
from rp_mw_shared.idempotency.keys import action_key
from rp_mw_shared.idempotency.keys import event_id as to_event_id
from rp_mw_shared.idempotency.ledger import (
    MAX_ACTION_ATTEMPTS,
    SETTLED,
    ActionRecord,
    ActionStatus,
    EventRecord,
    EventStatus,
)
from rp_mw_shared.observability import LogEvent, log
from rp_mw_worker.dependencies import Dependencies
from rp_mw_worker.domain.comments import body_digest, is_written, up_to
from rp_mw_worker.domain.model import Author, ConversationState, Mode, PendingFlow
from rp_mw_worker.domain.records import (
    COMPLETED,
    PARKED,
    ActionResult,
    Plan,
    note_head,
    note_text,
    plan_from_json,
    to_codes,
    to_late_audit,
)
from rp_mw_worker.ports import TICKET_NOT_FOUND, Finish, HelpdeskTicket
from rp_mw_worker.steps.context import (
    DRAFT,
    REPLY,
    Acted,
    ClaimedEvent,
    DecisionMade,
    Ending,
    LoadedEvent,
    QueueDelivery,
    ReplyAttempt,
    ReplyEnd,
    ReplyInDoubt,
    reply_done,
    reply_unknown,
    reply_unproven,
    settled,
)

# What a customer may write between two deliveries; each message after it costs one read, of a redelivery only.
_LOOK_BACK_MESSAGES = 50
_MAX_NOTE_RUNS = 2


def find_left_behind(deps: Dependencies, delivery: QueueDelivery) -> tuple[QueueDelivery, ...]:
    """Return the messages that earlier deliveries of this one took up and did not finish, oldest first.

    A delivery that names no message is about the newest one. When it comes again that may be another one, and what the
    run before began (a reply, perhaps) would be nobody's.
    """
    if delivery.event_id is not None or not delivery.is_redelivery:
        return ()
    seen, now = _find_ticket(deps, delivery.conversation_id), deps.clock.now_epoch_ms()
    if seen is None:
        return ()
    theirs = [message for message in seen.ticket.messages if message.author is not Author.OPERATOR]
    left = []
    for message in theirs[-1 - _LOOK_BACK_MESSAGES : -1]:
        key = to_event_id(delivery.conversation_id, message.message_id)
        record = deps.records.load(key, delivery.conversation_id, None, now).event
        if record is not None and record.status is EventStatus.CLAIMED:
            left.append(replace(delivery, event_id=key, message_id=message.message_id))
    return tuple(left)


def _find_ticket(deps: Dependencies, conversation_id: str) -> HelpdeskTicket | None:
    """Return the ticket, None when the helpdesk has no such one any more."""
    try:
        return deps.helpdesk.load_ticket(conversation_id)
    except PermanentError as error:
        if error.code != TICKET_NOT_FOUND:
            raise
        return None


def planned_message_id(record: EventRecord) -> str | None:
    """Return the message of a dead run's recorded plan, None when it recorded none."""
    return plan_from_json(record.plan).message_id if record.plan is not None else None


def find_late_plan(loaded: LoadedEvent) -> Plan | None:
    """Return the plan of a dead run that has written the conversation's state already, or None."""
    state, record = loaded.state, loaded.abandoned
    if record is None or state.last_event_id != loaded.event_id:
        return None
    if record.plan is not None:
        plan = plan_from_json(record.plan)
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


def late_end(
    deps: Dependencies, delivery: QueueDelivery, loaded: LoadedEvent, plan: Plan, owner: str, acted: Acted
) -> Ending:
    """Return the end of an event whose run died after its last write but one, or was refused its tags.

    `owner` is this run, which has claimed the event again; `acted` says what it did. The rest is in the tables.
    """
    audit = to_late_audit(delivery.conversation_id, plan, loaded.event_id)
    finish = Finish(loaded.event_id, owner, deps.clock.now_epoch_ms(), None, audit, tuple(acted.settled))
    result = {"outcome": COMPLETED, "route": plan.route, "intent": plan.intent, "late": True}
    return Ending(owner, plan.mode, result | {"actions": to_codes(acted.results)}, finish)


def with_row_of_plan(deps: Dependencies, delivery: QueueDelivery, loaded: LoadedEvent, ending: Ending) -> Ending:
    """Return the end with the audit row of a dead run's recorded plan: what that run did is told nowhere else.

    The row says why nobody went on with the plan; the run's own row, if it came to writing it, stays instead.
    """
    record = loaded.abandoned
    if record is None or record.plan is None:
        return ending
    plan, outcome, now = plan_from_json(record.plan), str(ending.result["outcome"]), deps.clock.now_epoch_ms()
    audit = to_late_audit(delivery.conversation_id, plan, loaded.event_id, outcome)
    finish = Finish(loaded.event_id, ending.owner, now, None, audit)
    return replace(ending, mode=plan.mode, finish=finish)


def find_late_reply(deps: Dependencies, state: ConversationState, plan: Plan) -> ReplyEnd | None:
    """Return the end of the planned reply, with what its run did not write down; None for no reply.

    Only for a run that wrote the conversation's state: it knew the end, told it by its tags, and counted a reply that
    may have gone out. Which of the two it was, done or unknown, the ticket shows.
    """
    if plan.reply is None:
        return None
    prior = deps.records.load_action(action_key(REPLY, state.conversation_id, plan.message_id))
    if prior is None or prior.status is ActionStatus.PLANNED:
        return ReplyEnd(ActionResult(ActionStatus.BLOCKED))
    if prior.status in SETTLED:
        return ReplyEnd(ActionResult(prior.status))
    end = _find_late_status(deps, state, plan, prior)
    return ReplyEnd(ActionResult(end), settled(prior, end))


def find_late_draft(deps: Dependencies, event: ClaimedEvent) -> ActionRecord | None:
    """Return the record of a draft whose end a dead run did not write down, None where there is nothing to settle."""
    if event.plan.draft is None:
        return None
    prior = deps.records.load_action(action_key(DRAFT, event.conversation_id, event.plan.message_id))
    return prior if prior is not None and prior.status not in SETTLED | {ActionStatus.PLANNED} else None


def _find_late_status(deps: Dependencies, state: ConversationState, plan: Plan, prior: ActionRecord) -> ActionStatus:
    if all(kept.sent_at_epoch_ms != plan.decided_at_epoch_ms for kept in state.auto_replies):
        return ActionStatus.BLOCKED
    seen = _find_ticket(deps, state.conversation_id)
    is_there = seen is not None and is_written(seen.written, plan.message_id, prior.body_digest, None, deps.salt)
    return ActionStatus.DONE if is_there else ActionStatus.UNKNOWN


def find_late_flow(loaded: LoadedEvent) -> PendingFlow | None:
    """Return the flow a dead run has parked already: its question is with the enricher, only the end is open."""
    state, record = loaded.state, loaded.abandoned
    if record is None or record.plan is not None or state.last_event_id != loaded.event_id:
        return None
    return state.pending if state.pending is not None and state.pending.request_id is not None else None


def late_park(deps: Dependencies, delivery: QueueDelivery, loaded: LoadedEvent, pending: PendingFlow) -> Ending:
    """Return the end of a parked event. Deciding again would take the parked flow for an older question."""
    assert loaded.abandoned is not None
    state, mode = loaded.state, Mode(loaded.abandoned.mode)
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
    audit = to_late_audit(delivery.conversation_id, plan, loaded.event_id, PARKED)
    result = {"outcome": PARKED, "request": pending.request_id, "by": pending.lookup_by}
    return Ending(owner, mode, result, Finish(loaded.event_id, owner, now, None, audit))


def rewrite_reply(deps: Dependencies, made: DecisionMade, event: ClaimedEvent) -> str | None:
    """Return the words of a dead run's reply, which are kept nowhere.

    Decides once more as of the plan: the same messages, the same moment, and all switches on.
    """
    ticket = made.case.ticket
    messages = up_to(ticket.messages, event.plan.message_id)
    then = replace(
        made.case,
        ticket=replace(ticket, messages=messages, is_open=True),
        flags=open_flags(
            automation_enabled_channels=frozenset({ticket.channel, "email"}), chat_codes=event.plan.code is not None
        ),
        now_epoch_ms=event.plan.decided_at_epoch_ms,
    )
    return deps.engine.reply_text(replace(deps.engine.decide(then), mode=event.plan.mode), ticket.channel)


def find_prior_reply(
    deps: Dependencies, event: ClaimedEvent, text: str | None
) -> ReplyAttempt | ReplyInDoubt | ReplyEnd:
    """Return where a dead run left the reply."""
    prior = deps.records.load_action(action_key(REPLY, event.conversation_id, event.plan.message_id))
    if prior is None or prior.status is ActionStatus.PLANNED:
        return ReplyAttempt(text, prior)
    if prior.status in SETTLED:
        return _left(prior.status)
    return ReplyInDoubt(prior, text)


def settle_doubt(
    deps: Dependencies, delivery: QueueDelivery, doubt: ReplyInDoubt, found: bool | None
) -> ReplyAttempt | ReplyEnd:
    """Say what became of an earlier try; one more follows only where it is proved to have had no effect.

    `found` is whether the ticket shows the reply, None when it cannot be read.
    """
    prior = doubt.record
    if found:
        return reply_done(prior)
    if found is None or doubt.text is None or prior.attempts >= MAX_ACTION_ATTEMPTS:
        return reply_unknown(prior)
    age_seconds = (deps.clock.now_epoch_ms() - prior.updated_at_epoch_ms) / 1000
    if age_seconds < deps.options.proof_after_seconds:
        if delivery.is_last_delivery:
            return reply_unknown(prior)
        raise reply_unproven(deps.options.proof_after_seconds - age_seconds)
    return ReplyAttempt(doubt.text, prior)


def _left(status: ActionStatus) -> ReplyEnd:
    log(LogEvent.ACTION_SKIPPED, action=REPLY, action_status=status.value)
    return ReplyEnd(ActionResult(status))


def find_prior_note(deps: Dependencies, event: ClaimedEvent, acted: Acted) -> ActionResult | None:
    """Return the end of a note that a dead run may have written, None when this run may still write it.

    Before the note nothing is remembered: the claim counts the runs, the second looks for it, a third leaves it.
    """
    try:
        seen = deps.helpdesk.load_ticket(event.conversation_id)
    except (PermanentError, TransientError) as error:
        log(LogEvent.ACTION_FAILED, action="rp_note", error_code=error.code)
        return ActionResult(ActionStatus.BLOCKED, error.code)
    digest = body_digest(note_text(event.plan, acted.results), deps.salt)
    if is_written(seen.written, event.plan.message_id, digest, note_head(event.plan), deps.salt) is not False:
        return ActionResult(ActionStatus.DONE)
    return ActionResult(ActionStatus.UNKNOWN) if event.attempts > _MAX_NOTE_RUNS else None
