"""Carries out a recorded plan after its reply, in the order that is safe to interrupt anywhere:

    (send_reply) ── close ── assign ── tags ── note

The reply comes first because everything after it tells what became of it. Close, assignment and tags may be repeated
and are; the note is written at most once.
"""

from __future__ import annotations

from collections.abc import Callable

from rp_mw_shared.errors import OutcomeUnknownError, PermanentError, TransientError
from rp_mw_shared.idempotency.keys import action_key
from rp_mw_shared.idempotency.ledger import ActionStatus
from rp_mw_shared.observability import LogEvent, Metric, log, metric
from rp_mw_worker.dependencies import Dependencies
from rp_mw_worker.domain.model import Mode
from rp_mw_worker.domain.records import ActionResult, Plan, note_text
from rp_mw_worker.domain.tags import Tag
from rp_mw_worker.ports import TAG_UNKNOWN, TICKET_NOT_FOUND, SettledAction
from rp_mw_worker.steps.context import REPLY, Acted, ClaimedEvent, ReplyEnd

_NOT_CLOSED, _NOT_ASSIGNED = "not_closed", "not_assigned"
# The same tags would be refused again, or there is nothing left to tag: no redrive would help.
_FAILS_THE_ACTION_ONLY = frozenset({TAG_UNKNOWN, TICKET_NOT_FOUND})


def execute_plan(deps: Dependencies, event: ClaimedEvent, replied: ReplyEnd | None) -> Acted:
    """Close, assign and tag as planned. Raises TransientError when a later delivery has to go on with it."""
    acted = Acted()
    if event.plan.mode is Mode.DRY_RUN:
        return acted
    if replied is not None:
        acted.results[REPLY] = replied.result
        acted.settled += [replied.settled] if replied.settled else []
    if event.plan.close and _is_done(replied):
        acted.results["rp_status"] = _close(deps, event)
    assignee_id = event.plan.assignee_id
    if assignee_id is not None:
        acted.results["rp_assign"] = _assign(deps, event, assignee_id)
    _tag(deps, event, replied, acted)
    return acted


def final_tags(plan: Plan, replied: ReplyEnd | None) -> tuple[str, ...]:
    """Return the planned tags as what happened makes them: a reply that did not go out is not announced."""
    if replied is None or _is_done(replied):
        return plan.tags
    kept = tuple(tag for tag in plan.tags if tag != Tag.AUTO_REPLIED)
    is_unknown = replied.result.status is ActionStatus.UNKNOWN
    return (*kept, Tag.SEND_UNKNOWN.value if is_unknown else Tag.REPLY_BLOCKED.value)


def _is_done(replied: ReplyEnd | None) -> bool:
    return replied is not None and replied.result.status is ActionStatus.DONE


def _close(deps: Dependencies, event: ClaimedEvent) -> ActionResult:
    return _settle("rp_status", lambda: deps.helpdesk.close(event.conversation_id), _NOT_CLOSED)


def _assign(deps: Dependencies, event: ClaimedEvent, assignee_id: str) -> ActionResult:
    return _settle("rp_assign", lambda: deps.helpdesk.assign(event.conversation_id, assignee_id), _NOT_ASSIGNED)


def _settle(kind: str, effect: Callable[[], bool], not_seen: str) -> ActionResult:
    """Do what may be repeated; what the helpdesk refuses, or takes without effect, does not hold up the rest."""
    try:
        is_seen = effect()
    except PermanentError as error:
        log(LogEvent.ACTION_FAILED, action=kind, error_code=error.code)
        return ActionResult(ActionStatus.BLOCKED, error.code)
    if not is_seen:
        log(LogEvent.ACTION_FAILED, action=kind, reason=not_seen)
        return ActionResult(ActionStatus.UNKNOWN, not_seen)
    log(LogEvent.ACTION_DONE, action=kind)
    return ActionResult(ActionStatus.DONE)


def _tag(deps: Dependencies, event: ClaimedEvent, replied: ReplyEnd | None, acted: Acted) -> None:
    tags = final_tags(event.plan, replied)
    if not tags:
        return
    try:
        deps.helpdesk.add_tags(event.conversation_id, tags)
    except PermanentError as error:
        log(LogEvent.ACTION_FAILED, action="rp_tags", error_code=error.code)
        acted.results["rp_tags"] = ActionResult(ActionStatus.BLOCKED, error.code)
        acted.refused = None if error.code in _FAILS_THE_ACTION_ONLY else error
        if error.code == TAG_UNKNOWN:
            metric(Metric.TAGS_UNKNOWN)
        return
    log(LogEvent.ACTION_DONE, action="rp_tags", tags=tags)
    acted.results["rp_tags"] = ActionResult(ActionStatus.DONE)
    key = action_key("rp_tags", event.conversation_id, event.plan.message_id)
    acted.settled.append(SettledAction(key, ActionStatus.DONE, None))


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
