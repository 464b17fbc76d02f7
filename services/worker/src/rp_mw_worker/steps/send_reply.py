"""The one action that must never happen twice and never happen wrongly: the reply to the customer.

flags read fresh ── customer's slot ── begin: attempting ── send ── read the ticket back
      |                  |                                            |-- found: done
      |-- off: blocked   |-- none left: blocked                       |-- not found, or no answer: in doubt

in doubt (also after a crash behind begin), seen by a later delivery:
      found                        done
      absent, long enough after    proved: one more try, and never a third
      absent, just now             the vendor may still be at it: handed back to the queue for a while
      unreadable                   unknown: never sent again by itself, a person looks (mw-send-unknown)
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rp_mw_shared.errors import OutcomeUnknownError, PermanentError, TransientError
from rp_mw_shared.idempotency.keys import action_key
from rp_mw_shared.idempotency.ledger import (
    MAX_ACTION_ATTEMPTS,
    SETTLED,
    ActionRecord,
    ActionStatus,
    AlreadyDone,
    LeaseLostError,
    NeedsProof,
)
from rp_mw_shared.observability import LogEvent, Metric, log, metric
from rp_mw_worker.dependencies import Dependencies
from rp_mw_worker.domain.comment_match import body_digest, is_written
from rp_mw_worker.domain.model import ConversationState, Flags, Mode, RolloutStage
from rp_mw_worker.domain.new_messages import up_to
from rp_mw_worker.domain.recorded_plan import Plan
from rp_mw_worker.ports import SettledAction
from rp_mw_worker.records import ActionResult
from rp_mw_worker.steps.context import ClaimedEvent
from rp_mw_worker.steps.make_decision import decide_case, slot_digest

KIND = "rp_reply"
PLAN_DIFFERS = "plan_differs"
NOT_PROVEN = "not_proven"
_SLOT_TAKEN = "cooldown_customer"


@dataclass(frozen=True, slots=True)
class ReplyEnd:
    """How the reply ended, and what table A has to say about it."""

    result: ActionResult
    settled: SettledAction | None = None


def send_reply(deps: Dependencies, run: ClaimedEvent) -> ReplyEnd | None:
    """Carry out the planned reply and return its end, None for a plan without one.

    Raises TransientError when a later delivery has to prove what became of it, or has to send it.
    """
    if run.plan.reply is None:
        return None
    key = action_key(KIND, run.conversation_id, run.plan.message_id)
    text = _find_text(deps, run)
    prior = deps.records.load_action(key) if run.is_resumed else None
    if prior is not None and prior.status is not ActionStatus.PLANNED:
        return _after(deps, run, prior, text)
    return _try(deps, run, key, text, prior)


def settle_late(deps: Dependencies, state: ConversationState, plan: Plan) -> tuple[SettledAction, ...]:
    """Return the end of a reply whose run died before it wrote it down; () when it is known.

    Only for a run that wrote the conversation's state: it knew the end, told it by its tags, and counted a reply that
    may have gone out. Which of the two it was, done or unknown, the ticket shows.
    """
    if plan.reply is None:
        return ()
    prior = deps.records.load_action(action_key(KIND, state.conversation_id, plan.message_id))
    if prior is None or prior.status not in {ActionStatus.ATTEMPTING, ActionStatus.UNKNOWN}:
        return ()
    if all(kept.sent_at_epoch_ms != plan.decided_at_epoch_ms for kept in state.auto_replies):
        return (_settled(prior, ActionStatus.BLOCKED),)
    seen = deps.helpdesk.load_ticket(state.conversation_id)
    is_there = is_written(seen.written, plan.message_id, prior.body_digest, None)
    return (_settled(prior, ActionStatus.DONE if is_there else ActionStatus.UNKNOWN),)


def _find_text(deps: Dependencies, run: ClaimedEvent) -> str | None:
    """Return the planned reply's words, or None when they cannot be written again exactly as planned.

    A takeover decides once more as of the plan: the same messages, the same moment, and all switches on.
    """
    assert run.plan.reply is not None
    made = run.made
    if run.is_resumed:
        ticket = made.case.ticket
        messages = up_to(ticket.messages, run.plan.message_id)
        flags = Flags(False, True, frozenset({ticket.channel}), RolloutStage.TIER2)
        then = replace(
            made.case,
            ticket=replace(ticket, messages=messages, is_open=True),
            flags=flags,
            now_epoch_ms=run.plan.decided_at_epoch_ms,
        )
        made = decide_case(deps, made.reading, then)
    text = made.reply_text
    if text is not None and body_digest(text) == run.plan.reply.body_digest:
        return text
    log(LogEvent.PLAN_DIFFERS, template=run.plan.reply.template)
    return None


def _try(deps: Dependencies, run: ClaimedEvent, key: str, text: str | None, prior: ActionRecord | None) -> ReplyEnd:
    """Send for the first time, or once more after proof that the try of `prior` had no effect."""
    assert run.plan.reply is not None
    is_again = prior is not None and prior.status is not ActionStatus.PLANNED
    reason = PLAN_DIFFERS if text is None else _find_block(deps, run)
    if reason is None and not _reserve(deps, run):
        reason = _SLOT_TAKEN
    if reason is not None or text is None:
        return _blocked(run, key, reason or PLAN_DIFFERS, prior)
    began = deps.records.begin_action(
        key,
        owner=run.owner,
        body_digest=run.plan.reply.body_digest,
        now=deps.clock.now_epoch_ms(),
        proven_absent=prior if is_again else None,
    )
    if isinstance(began, AlreadyDone):
        return ReplyEnd(ActionResult(began.record.status))
    if isinstance(began, NeedsProof):
        return _unknown(began.record) if is_again else _after(deps, run, began.record, text)
    return _send(deps, run, began.record, text)


def _find_block(deps: Dependencies, run: ClaimedEvent) -> str | None:
    """Decide again with the flags as they are this moment; return why the reply may not go out any more."""
    assert run.plan.reply is not None
    case = replace(run.made.case, flags=deps.flags.fresh(), now_epoch_ms=deps.clock.now_epoch_ms())
    decision = deps.engine.decide(case)
    if decision.mode is Mode.LIVE and decision.template_id == run.plan.reply.template:
        return None
    return next((gate.code for gate in decision.gates if not gate.allowed), PLAN_DIFFERS)


def _reserve(deps: Dependencies, run: ClaimedEvent) -> bool:
    reading = run.made.reading
    digest = reading.seen.customer_digest
    if digest is None:
        return True  # nobody to count by: the conversation's own limits hold
    known = reading.loaded.known.customer if digest == _loaded_digest(run) else None
    return deps.records.reserve_reply(
        digest,
        by=slot_digest(run.event_id),
        known=known,
        limit=deps.engine.customer_limit,
        now=deps.clock.now_epoch_ms(),
    )


def _loaded_digest(run: ClaimedEvent) -> str | None:
    loaded = run.made.reading.loaded
    return loaded.seen.customer_digest if loaded.seen else loaded.delivery.customer_digest


def _send(deps: Dependencies, run: ClaimedEvent, record: ActionRecord, text: str) -> ReplyEnd:
    if deps.clock.now_epoch_ms() >= run.lease_until_epoch_ms:
        raise LeaseLostError("this run was held up beyond its lease: another one may be at work")
    try:
        deps.helpdesk.send_reply(run.made.case.ticket, text)
    except OutcomeUnknownError as error:
        log(LogEvent.ACTION_UNKNOWN, action=KIND, error_code=error.code, attempt=record.attempts)
    except PermanentError as error:
        log(LogEvent.ACTION_FAILED, action=KIND, error_code=error.code)
        return ReplyEnd(ActionResult(ActionStatus.BLOCKED, error.code), _settled(record, ActionStatus.BLOCKED))
    except TransientError:
        # It certainly was not sent, so the next run may begin as if this one had not.
        now = deps.clock.now_epoch_ms()
        deps.records.finish_action(record.key, owner=record.owner, status=ActionStatus.PLANNED, now=now)
        raise
    _watch_switches(deps)
    if _is_read_back(deps, run, record, text, deps.options.read_back_waits_seconds):
        metric(Metric.AUTOMATION_SENT)
        return _done(record)
    may_wait = record.attempts < MAX_ACTION_ATTEMPTS and not run.made.reading.loaded.delivery.is_last_delivery
    if may_wait:
        raise _unproven(deps.options.proof_after_seconds)
    return _unknown(record)


def _watch_switches(deps: Dependencies) -> None:
    """Sound the alarm when a reply went out that the switches forbid: a look of its own, apart from the gates."""
    flags = deps.flags.current()
    if flags.safe_mode or not flags.automation_enabled:
        log(LogEvent.AUTOMATION_WHILE_OFF, action=KIND)
        metric(Metric.AUTOMATION_WHILE_OFF)


def _after(deps: Dependencies, run: ClaimedEvent, prior: ActionRecord, text: str | None) -> ReplyEnd:
    """Find out what became of an earlier try, and try once more only where it is proved to have had no effect."""
    if prior.status in SETTLED:
        log(LogEvent.ACTION_SKIPPED, action=KIND, action_status=prior.status.value)
        return ReplyEnd(ActionResult(prior.status))
    found = _is_read_back(deps, run, prior, text, ())
    if found:
        return _done(prior)
    if found is None or text is None or prior.attempts >= MAX_ACTION_ATTEMPTS:
        return _unknown(prior)
    age_seconds = (deps.clock.now_epoch_ms() - prior.updated_at_epoch_ms) / 1000
    if age_seconds < deps.options.proof_after_seconds:
        if run.made.reading.loaded.delivery.is_last_delivery:
            return _unknown(prior)
        raise _unproven(deps.options.proof_after_seconds - age_seconds)
    return _try(deps, run, prior.key, text, prior)


def _is_read_back(
    deps: Dependencies, run: ClaimedEvent, record: ActionRecord, text: str | None, waits: tuple[float, ...]
) -> bool | None:
    """Look for the reply in the ticket: True when it is there, False when not, None when the ticket cannot be read."""
    seen = None
    for wait in (0.0, *waits):
        deps.clock.sleep(wait)
        try:
            seen = deps.helpdesk.load_ticket(run.conversation_id)
        except (TransientError, PermanentError) as error:
            log(LogEvent.ACTION_FAILED, action=KIND, operation="read_back", error_code=error.code)
            continue
        if is_written(seen.written, run.plan.message_id, record.body_digest, text):
            return True
    return None if seen is None else False


def _done(record: ActionRecord) -> ReplyEnd:
    log(LogEvent.ACTION_DONE, action=KIND, attempt=record.attempts)
    return ReplyEnd(ActionResult(ActionStatus.DONE), _settled(record, ActionStatus.DONE))


def _unknown(record: ActionRecord) -> ReplyEnd:
    log(LogEvent.ACTION_UNKNOWN, action=KIND, error_code=NOT_PROVEN, attempt=record.attempts)
    metric(Metric.SEND_UNKNOWN)
    return ReplyEnd(ActionResult(ActionStatus.UNKNOWN), _settled(record, ActionStatus.UNKNOWN))


def _blocked(run: ClaimedEvent, key: str, reason: str, prior: ActionRecord | None) -> ReplyEnd:
    assert run.plan.reply is not None
    log(LogEvent.ACTION_BLOCKED, action=KIND, reason=reason)
    metric(Metric.AUTOMATION_BLOCKED, Reason=reason)
    owner = prior.owner if prior is not None else None
    settled = SettledAction(key, ActionStatus.BLOCKED, owner, run.plan.reply.body_digest)
    return ReplyEnd(ActionResult(ActionStatus.BLOCKED, reason), settled)


def _settled(record: ActionRecord, status: ActionStatus) -> SettledAction:
    return SettledAction(record.key, status, record.owner, record.body_digest)


def _unproven(seconds: float) -> TransientError:
    return TransientError(
        "whether the reply arrived has to be looked up later", code="reply_unproven", retry_after_seconds=seconds
    )
