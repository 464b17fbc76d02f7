"""Carries out a recorded plan, in the order that is safe to interrupt anywhere:

    reply ── close ── assign ── tags ── note

The reply comes first because everything behind it tells what became of it. Close, assignment and tags may be repeated
and are; reply and note happen at most once. Before the note nothing has to be remembered: the claim counts the runs,
the first may write it, the second looks for it before it does, a third leaves it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from rp_mw_shared.errors import OutcomeUnknownError, PermanentError, TransientError
from rp_mw_shared.idempotency.keys import action_key
from rp_mw_shared.idempotency.ledger import ActionStatus
from rp_mw_shared.observability import LogEvent, log
from rp_mw_worker.dependencies import Dependencies
from rp_mw_worker.domain.comment_match import NOTE_MARKER, has_note
from rp_mw_worker.domain.model import Mode
from rp_mw_worker.domain.recorded_plan import Plan
from rp_mw_worker.domain.tags import Tag
from rp_mw_worker.ports import SettledAction
from rp_mw_worker.records import ActionResult, Results
from rp_mw_worker.steps.context import ClaimedEvent
from rp_mw_worker.steps.send_reply import ReplyEnd, send_reply

_MAX_NOTE_RUNS = 2
_NOT_CLOSED, _NOT_ASSIGNED = "not_closed", "not_assigned"


@dataclass(slots=True)
class Acted:
    """What became of each action; `refused` is set when the helpdesk will never take the tags."""

    results: Results = field(default_factory=dict)
    settled: list[SettledAction] = field(default_factory=list)
    refused: PermanentError | None = None


def execute_plan(deps: Dependencies, run: ClaimedEvent) -> Acted:
    """Carry out the plan. Raises TransientError when a later delivery has to go on with it."""
    acted = Acted()
    if run.plan.mode is Mode.DRY_RUN:
        return acted
    replied = send_reply(deps, run)
    if replied is not None:
        acted.results["rp_reply"] = replied.result
        acted.settled += [replied.settled] if replied.settled else []
    if run.plan.close and _is_done(replied):
        acted.results["rp_status"] = _close(deps, run)
    assignee_id = run.plan.assignee_id
    if assignee_id is not None:
        acted.results["rp_assign"] = _assign(deps, run, assignee_id)
    _tag(deps, run, replied, acted)
    if run.plan.has_note:
        acted.results["rp_note"] = _note(deps, run, acted)
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


def _close(deps: Dependencies, run: ClaimedEvent) -> ActionResult:
    return _settle("rp_status", lambda: deps.helpdesk.close(run.conversation_id), _NOT_CLOSED)


def _assign(deps: Dependencies, run: ClaimedEvent, assignee_id: str) -> ActionResult:
    return _settle("rp_assign", lambda: deps.helpdesk.assign(run.conversation_id, assignee_id), _NOT_ASSIGNED)


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


def _tag(deps: Dependencies, run: ClaimedEvent, replied: ReplyEnd | None, acted: Acted) -> None:
    tags = final_tags(run.plan, replied)
    if not tags:
        return
    try:
        deps.helpdesk.add_tags(run.conversation_id, tags)
    except PermanentError as error:
        log(LogEvent.ACTION_FAILED, action="rp_tags", error_code=error.code)
        acted.results["rp_tags"] = ActionResult(ActionStatus.BLOCKED, error.code)
        acted.refused = error
        return
    log(LogEvent.ACTION_DONE, action="rp_tags", tags=tags)
    acted.results["rp_tags"] = ActionResult(ActionStatus.DONE)
    key = action_key("rp_tags", run.conversation_id, run.plan.message_id)
    acted.settled.append(SettledAction(key, ActionStatus.DONE, None))


def _note(deps: Dependencies, run: ClaimedEvent, acted: Acted) -> ActionResult:
    """Write the note at most once. It is worth no second delivery of the event: what fails is left."""
    try:
        if run.is_resumed:
            seen = deps.helpdesk.load_ticket(run.conversation_id)
            if has_note(seen.written, run.plan.message_id):
                return ActionResult(ActionStatus.DONE)
            if run.attempts > _MAX_NOTE_RUNS:
                return ActionResult(ActionStatus.UNKNOWN)
        deps.helpdesk.add_note(run.conversation_id, _note_text(run, acted))
    except OutcomeUnknownError as error:
        log(LogEvent.ACTION_UNKNOWN, action="rp_note", error_code=error.code)
        return ActionResult(ActionStatus.UNKNOWN, error.code)
    except (PermanentError, TransientError) as error:
        log(LogEvent.ACTION_FAILED, action="rp_note", error_code=error.code)
        return ActionResult(ActionStatus.BLOCKED, error.code)
    log(LogEvent.ACTION_DONE, action="rp_note")
    return ActionResult(ActionStatus.DONE)


def _note_text(run: ClaimedEvent, acted: Acted) -> str:
    said = run.made.decision.note or f"{run.plan.intent}, confidence {run.plan.confidence:.2f}"
    replied = acted.results.get("rp_reply")
    if replied is not None and replied.status is not ActionStatus.DONE:
        said += f"\nReply not confirmed: {replied.reason or replied.status.value}."
    return said if said.startswith(NOTE_MARKER) else f"{NOTE_MARKER} {said}"
