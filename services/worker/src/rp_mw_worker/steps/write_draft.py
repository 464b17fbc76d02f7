"""The reply as a private note, for an agent to send: written at most once, as a reply is, and never tried again.

still allowed ── begin: attempting ── (waits) last look ── write ── the ticket is read
      |                 |                    |                           |-- found: done
      |-- no: blocked   |-- settled: left    |-- off: blocked            |-- else unknown, and left so
"""

from __future__ import annotations

from rp_mw_shared.errors import OutcomeUnknownError, PermanentError, TransientError
from rp_mw_shared.idempotency.keys import action_key
from rp_mw_shared.idempotency.ledger import (
    SETTLED,
    ActionRecord,
    ActionStatus,
    AlreadyDone,
    LeaseLostError,
    NeedsProof,
)
from rp_mw_shared.observability import LogEvent, Metric, log, metric
from rp_mw_worker.dependencies import Dependencies
from rp_mw_worker.domain.comments import is_written
from rp_mw_worker.domain.model import Mode
from rp_mw_worker.domain.records import ActionResult, PlannedReply, draft_text, is_as_planned
from rp_mw_worker.last_look import PLAN_DIFFERS, Leaving, NotAllowedAnyMore, find_block, to_last_look
from rp_mw_worker.ports import SettledAction
from rp_mw_worker.steps.context import DRAFT, ClaimedEvent, DecisionMade, ReplyEnd, settled


def write_draft(
    deps: Dependencies, made: DecisionMade, event: ClaimedEvent, planned: PlannedReply, reply_text: str | None
) -> ReplyEnd:
    """Bring the planned draft to its end; `reply_text` is the reply's words, None where they cannot be written again.

    Raises TransientError when it certainly was not written and a later delivery has to write it.
    """
    key = action_key(DRAFT, event.conversation_id, event.plan.message_id)
    prior = deps.records.load_action(key) if event.attempts > 1 else None
    if prior is not None and prior.status is not ActionStatus.PLANNED:
        return _of_earlier_run(deps, event, prior)
    text = draft_text(event.plan, reply_text) if reply_text is not None else None
    if text is None or not is_as_planned(text, planned, deps.salt):
        log(LogEvent.PLAN_DIFFERS, template=planned.template)
        return _blocked(key, planned, PLAN_DIFFERS, prior)
    reason = find_block(deps, Leaving(made.case, made.decision, planned, Mode.DRAFT), deps.flags.current())
    if reason is not None:
        return _blocked(key, planned, reason, prior)
    began = deps.records.begin_action(
        key, owner=event.owner, body_digest=planned.body_digest, now=deps.clock.now_epoch_ms()
    )
    if isinstance(began, AlreadyDone | NeedsProof):
        return _of_earlier_run(deps, event, began.record)
    return _write(deps, made, event, planned, began.record, text, reply_text or "")


def _write(
    deps: Dependencies,
    made: DecisionMade,
    event: ClaimedEvent,
    planned: PlannedReply,
    record: ActionRecord,
    text: str,
    reply_text: str,
) -> ReplyEnd:
    leaving = Leaving(made.case, made.decision, planned, Mode.DRAFT)
    look = to_last_look(deps, leaving, reply_text, event.lease_until_epoch_ms)
    try:
        deps.helpdesk.add_note(event.conversation_id, text, look)
    except OutcomeUnknownError as error:
        log(LogEvent.ACTION_UNKNOWN, action=DRAFT, error_code=error.code)
        return find_draft(deps, event, record)
    except NotAllowedAnyMore as error:
        return _blocked(record.key, planned, error.code, record)
    except PermanentError as error:
        log(LogEvent.ACTION_FAILED, action=DRAFT, error_code=error.code)
        return ReplyEnd(ActionResult(ActionStatus.BLOCKED, error.code), settled(record, ActionStatus.BLOCKED))
    except LeaseLostError:
        raise
    except TransientError:
        # It certainly was not written, so the next run may begin as if this one had not.
        now = deps.clock.now_epoch_ms()
        deps.records.finish_action(record.key, owner=record.owner, status=ActionStatus.PLANNED, now=now)
        raise
    return find_draft(deps, event, record)  # a 200 proves nothing here


def _blocked(key: str, planned: PlannedReply, reason: str, prior: ActionRecord | None) -> ReplyEnd:
    log(LogEvent.ACTION_BLOCKED, action=DRAFT, reason=reason)
    owner = prior.owner if prior is not None else None
    return ReplyEnd(
        ActionResult(ActionStatus.BLOCKED, reason),
        SettledAction(key, ActionStatus.BLOCKED, owner, planned.body_digest),
    )


def _of_earlier_run(deps: Dependencies, event: ClaimedEvent, record: ActionRecord) -> ReplyEnd:
    if record.status in SETTLED:
        log(LogEvent.ACTION_SKIPPED, action=DRAFT, action_status=record.status.value)
        return ReplyEnd(ActionResult(record.status))
    return find_draft(deps, event, record)


def find_draft(deps: Dependencies, event: ClaimedEvent, record: ActionRecord) -> ReplyEnd:
    """Return the end of a draft in doubt: done where the ticket shows it, whoever is said to have written it."""
    try:
        seen = deps.helpdesk.load_ticket(event.conversation_id)
        is_there = is_written(seen.written, event.plan.message_id, record.body_digest, None, deps.salt) is not False
    except (PermanentError, TransientError) as error:
        log(LogEvent.ACTION_FAILED, action=DRAFT, operation="read_back", error_code=error.code)
        is_there = False
    if is_there:
        return _done(record)
    log(LogEvent.ACTION_UNKNOWN, action=DRAFT, error_code="not_proven")
    return ReplyEnd(ActionResult(ActionStatus.UNKNOWN), settled(record, ActionStatus.UNKNOWN))


def _done(record: ActionRecord) -> ReplyEnd:
    log(LogEvent.ACTION_DONE, action=DRAFT, attempt=record.attempts)
    metric(Metric.DRAFTS_WRITTEN)
    return ReplyEnd(ActionResult(ActionStatus.DONE), settled(record, ActionStatus.DONE))
