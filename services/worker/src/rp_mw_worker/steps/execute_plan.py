"""Carries out a recorded plan after its reply, in the order that is safe to interrupt anywhere:

    (send_reply, write_draft) ── close, assign, tags ── note

The reply, or the draft of one, comes first because everything after it tells what became of it. Close, assignment and
tags may be repeated and are; the note is written at most once.
"""

from __future__ import annotations

from rp_mw_shared.errors import OutcomeUnknownError, PermanentError, TransientError
from rp_mw_shared.idempotency.ledger import ActionStatus, EventRecord, EventStatus
from rp_mw_shared.observability import LogEvent, Metric, log, metric
from rp_mw_worker.dependencies import Dependencies
from rp_mw_worker.domain.model import Flags, Mode, RolloutStage
from rp_mw_worker.domain.records import ActionResult, Plan, note_text, plan_from_json
from rp_mw_worker.domain.tags import Tag
from rp_mw_worker.ports import TAG_UNKNOWN, TICKET_NOT_FOUND, HelpdeskTicket, TicketUpdate
from rp_mw_worker.steps.context import DRAFT, REPLY, Acted, ClaimedEvent, Duplicate, ReplyEnd

# The same tags would be refused again, or there is nothing left to tag: no redrive would help.
_FAILS_THE_ACTION_ONLY = frozenset({TAG_UNKNOWN, TICKET_NOT_FOUND})


def execute_plan(deps: Dependencies, event: ClaimedEvent, seen: HelpdeskTicket, replied: ReplyEnd | None) -> Acted:
    """Close, assign and tag as planned the ticket this run has `seen`.

    Raises TransientError when a later delivery has to go on with it.
    """
    acted = Acted()
    if event.plan.mode is Mode.DRY_RUN:
        return acted
    if replied is not None:
        acted.results[_kind(event.plan)] = replied.result
        acted.settled += [replied.settled] if replied.settled else []
    wanted = TicketUpdate(
        close=event.plan.close and _is_done(replied),
        assignee_id=event.plan.assignee_id,
        tags=final_tags(event.plan, replied),
    )
    _update(deps, seen, wanted, acted)
    return acted


def final_tags(plan: Plan, replied: ReplyEnd | None) -> tuple[str, ...]:
    """Return the planned tags as what happened makes them: a reply or draft that is not there is not announced."""
    if replied is None or _is_done(replied):
        return plan.tags
    if plan.draft is not None:
        return tuple(tag for tag in plan.tags if tag != Tag.DRAFTED)
    kept = tuple(tag for tag in plan.tags if tag != Tag.AUTO_REPLIED)
    is_unknown = replied.result.status is ActionStatus.UNKNOWN
    return (*kept, Tag.SEND_UNKNOWN.value if is_unknown else Tag.REPLY_BLOCKED.value)


def _kind(plan: Plan) -> str:
    return DRAFT if plan.draft is not None else REPLY


def _is_done(replied: ReplyEnd | None) -> bool:
    return replied is not None and replied.result.status is ActionStatus.DONE


def tag_late(deps: Dependencies, event: ClaimedEvent, replied: ReplyEnd | None, *, is_tagged: bool) -> Acted:
    """Set the planned tags where no run before this one did, and do nothing else; a ticket that is gone needs none.

    `is_tagged` is what the conversation's state, which is at this event, says of them. Raises TransientError when a
    later delivery has to set them.
    """
    acted = Acted(settled=[replied.settled] if replied is not None and replied.settled is not None else [])
    is_dry = event.plan.mode is Mode.DRY_RUN
    if is_dry or not event.plan.tags or is_tagged:
        return acted
    try:
        seen = deps.helpdesk.load_ticket(event.conversation_id)
    except PermanentError as error:
        if error.code != TICKET_NOT_FOUND:
            raise
        return acted
    tags = final_tags(event.plan, replied)
    _update(deps, seen, TicketUpdate(tags=tags), acted)
    return acted


def _update(deps: Dependencies, seen: HelpdeskTicket, wanted: TicketUpdate, acted: Acted) -> None:
    """Do what may be repeated; what the helpdesk refuses, or takes without effect, does not hold up the rest."""
    updated = deps.helpdesk.update(seen, wanted)
    parts = (("rp_status", updated.status), ("rp_assign", updated.assignee), ("rp_tags", updated.tags))
    for kind, result in parts:
        if result is not None:
            acted.results[kind] = result
            _log_end(kind, result, wanted.tags if kind == "rp_tags" else None)
    refused = updated.refused
    acted.refused = None if refused is None or refused.code in _FAILS_THE_ACTION_ONLY else refused
    if refused is not None and refused.code == TAG_UNKNOWN:
        metric(Metric.TAGS_UNKNOWN)


def _log_end(kind: str, result: ActionResult, tags: tuple[str, ...] | None) -> None:
    if result.status is ActionStatus.DONE:
        log(LogEvent.ACTION_DONE, action=kind, tags=tags)
    elif result.status is ActionStatus.BLOCKED:
        log(LogEvent.ACTION_FAILED, action=kind, error_code=result.reason)
    else:
        log(LogEvent.ACTION_FAILED, action=kind, reason=result.reason)


def mark_again(deps: Dependencies, conversation_id: str, finished: Duplicate, flags: Flags) -> None:
    """Tag the ticket of a finished event once more when it was just read and carries no mark.

    The helpdesk took the tags without effect, and its silent answer was believed: the sweep brings such a ticket back.
    """
    seen, event_id = finished.seen, finished.last_event_id
    if seen is None or event_id is None or Tag.PROCESSED in seen.ticket.tags or _is_dry(flags):
        return
    record = deps.records.load(event_id, conversation_id, None, deps.clock.now_epoch_ms()).event
    tags = _tags_of(record) if record is not None else ()
    if tags:
        deps.helpdesk.update(seen, TicketUpdate(tags=tags))
        log(LogEvent.ACTION_DONE, action="rp_tags", tags=tags)


def _is_dry(flags: Flags) -> bool:
    return flags.safe_mode or flags.rollout_stage is RolloutStage.SHADOW


def _tags_of(record: EventRecord) -> tuple[str, ...]:
    """Return the tags that a finished event's run has set; () where it set none, or its records do not tell."""
    if record.status is not EventStatus.COMPLETED or record.plan is None:
        return ()
    plan, actions = plan_from_json(record.plan), (record.result or {}).get("actions", {})
    code = str(actions.get(_kind(plan), ""))
    if actions.get("rp_tags") != ActionStatus.DONE.value or (plan.worded is not None and not code):
        return ()
    replied = ReplyEnd(ActionResult(ActionStatus(code.partition(":")[0]))) if code else None
    return final_tags(plan, replied)


def add_note(deps: Dependencies, event: ClaimedEvent, acted: Acted) -> ActionResult:
    """Write the note at most once. It is worth no second delivery of the event: what fails is left."""
    try:
        deps.helpdesk.add_note(event.conversation_id, note_text(event.plan, acted.results))
    except OutcomeUnknownError as error:
        log(LogEvent.ACTION_UNKNOWN, action="rp_note", error_code=error.code)
        return ActionResult(ActionStatus.UNKNOWN, error.code)
    except (PermanentError, TransientError) as error:
        log(LogEvent.ACTION_FAILED, action="rp_note", error_code=error.code)
        return ActionResult(ActionStatus.BLOCKED, error.code)
    log(LogEvent.ACTION_DONE, action="rp_note")
    return ActionResult(ActionStatus.DONE)
