"""The one action that must never happen twice and never happen wrongly: the reply to the customer.

still allowed ── customer's slot ── begin: attempting ── (waits) last look ── send ── confirm: the answer shows it,
      |                  |                    |                    |                    |      or the ticket read back
      |-- no: blocked    |-- none left:       |-- begun before:    |-- off: blocked     |-- found: done
                             blocked              in doubt                              |-- not found: in doubt,
                                                                                             which `recover` settles

The last look at the switches is the transport's: nothing is waited for between it and the first byte.
"""

from __future__ import annotations

from rp_mw_shared.errors import OutcomeUnknownError, PermanentError, TransientError
from rp_mw_shared.idempotency.keys import action_key
from rp_mw_shared.idempotency.ledger import (
    MAX_ACTION_ATTEMPTS,
    ActionRecord,
    ActionStatus,
    AlreadyDone,
    LeaseLostError,
    NeedsProof,
)
from rp_mw_shared.observability import LogEvent, Metric, log, metric
from rp_mw_shared.reasons import Reason
from rp_mw_shared.redaction.hashing import salted_hash
from rp_mw_shared.times import MS_PER_HOUR
from rp_mw_worker.dependencies import Dependencies
from rp_mw_worker.domain.comments import is_written
from rp_mw_worker.domain.model import Mode
from rp_mw_worker.domain.records import ActionResult, PlannedReply, event_digest, is_as_planned, slot_digest
from rp_mw_worker.last_look import PLAN_DIFFERS, Leaving, NotAllowedAnyMore, find_block, to_last_look
from rp_mw_worker.ports import HelpdeskTicket, SettledAction
from rp_mw_worker.steps.context import (
    REPLY,
    ClaimedEvent,
    EventContext,
    ReplyAttempt,
    ReplyEnd,
    ReplyInDoubt,
    ReplySent,
    reply_done,
    reply_unknown,
    reply_unproven,
    settled,
)

_PROVED_TIER = 2
_SLOT_TAKEN = "cooldown_customer"
_DOMAIN_FULL = Reason.COOLDOWN_DOMAIN.value


def keep_planned(deps: Dependencies, text: str | None, planned: PlannedReply) -> str | None:
    """Return the reply's words, or None, with a line in the log, when they are not those that were planned."""
    if is_as_planned(text, planned, deps.salt):
        return text
    log(LogEvent.PLAN_DIFFERS, template=planned.template)
    return None


def send_reply(
    deps: Dependencies, context: EventContext, event: ClaimedEvent, planned: PlannedReply, attempt: ReplyAttempt
) -> ReplySent | ReplyInDoubt | ReplyEnd:
    """Send for the first time, or once more after proof that the try of `attempt.prior` had no effect.

    Raises TransientError when a later delivery has to send it.
    """
    key = action_key(REPLY, event.conversation_id, event.plan.message_id)
    text, prior = attempt.text, attempt.prior
    leaving = Leaving(context.made.case, context.made.decision, planned, Mode.LIVE)
    reason = PLAN_DIFFERS if text is None else find_block(deps, leaving, deps.flags.current())
    if reason is None and not _reserve(deps, context, planned):
        reason = _SLOT_TAKEN
    if reason is None and not _reserve_of_domain(deps, context, planned):
        reason = _DOMAIN_FULL
    if reason is not None or text is None:
        return _blocked(key, planned, reason or PLAN_DIFFERS, prior)
    began = deps.records.begin_action(
        key,
        owner=event.owner,
        body_digest=planned.body_digest,
        now=deps.clock.now_epoch_ms(),
        proven_absent=prior if attempt.is_again else None,
    )
    if isinstance(began, AlreadyDone):
        return ReplyEnd(ActionResult(began.record.status))
    if isinstance(began, NeedsProof):
        return reply_unknown(began.record) if attempt.is_again else ReplyInDoubt(began.record, text)
    return _send(deps, leaving, event, began.record, text)


def _reserve(deps: Dependencies, context: EventContext, planned: PlannedReply) -> bool:
    """Take one of the customer's replies: a proved customer's own, or one of whoever gave this contact."""
    loaded, digest = context.loaded, context.reading.seen.customer_digest
    if digest is None:
        return True  # nobody to count by: the conversation's own limits hold
    asked_for = loaded.seen.customer_digest if loaded.seen else context.delivery.customer_digest
    return deps.records.reserve_reply(
        digest,
        by=slot_digest(loaded.event_id, is_proved=planned.tier == _PROVED_TIER),
        known=loaded.customer if digest == asked_for else None,
        limit=deps.engine.customer_limit,
        now=deps.clock.now_epoch_ms(),
    )


def _reserve_of_domain(deps: Dependencies, context: EventContext, planned: PlannedReply) -> bool:
    """Take one of the hour's replies of this template to the sender's domain: the last net under a loop of machines.

    Where everybody may have a mailbox, and where there is no domain, the customer's own limit is the net.
    """
    from rp_mw_worker.domain.machine_mail import SHARED_DOMAIN

    domain = context.reading.seen.sender_domain_digest
    if domain is None or SHARED_DOMAIN in context.made.case.ticket.sender_marks:
        return True
    return deps.records.reserve_reply(
        salted_hash(f"replies of {planned.template} to {domain}", deps.salt),
        by=event_digest(context.loaded.event_id),
        known=None,
        limit=deps.engine.domain_limit,
        now=deps.clock.now_epoch_ms(),
        within_ms=MS_PER_HOUR,
    )


def _send(
    deps: Dependencies, leaving: Leaving, event: ClaimedEvent, record: ActionRecord, text: str
) -> ReplySent | ReplyEnd:
    shown, look = None, to_last_look(deps, leaving, text, event.lease_until_epoch_ms)
    try:
        shown = deps.helpdesk.send_reply(leaving.case.ticket, text, look)
    except OutcomeUnknownError as error:
        log(LogEvent.ACTION_UNKNOWN, action=REPLY, error_code=error.code, attempt=record.attempts)
    except NotAllowedAnyMore as error:
        return _blocked(record.key, leaving.planned, error.code, record)
    except PermanentError as error:
        log(LogEvent.ACTION_FAILED, action=REPLY, error_code=error.code)
        return ReplyEnd(ActionResult(ActionStatus.BLOCKED, error.code), settled(record, ActionStatus.BLOCKED))
    except LeaseLostError:
        raise
    except TransientError:
        # It certainly was not sent, so the next run may begin as if this one had not.
        now = deps.clock.now_epoch_ms()
        deps.records.finish_action(record.key, owner=record.owner, status=ActionStatus.PLANNED, now=now)
        raise
    _watch_switches(deps)
    return ReplySent(record, text, shown)


def _watch_switches(deps: Dependencies) -> None:
    """Sound the alarm when a reply went out that the switches forbid: a look of its own, not what the gates saw."""
    flags = deps.flags.fresh()
    if flags.safe_mode or not flags.automation_enabled:
        log(LogEvent.AUTOMATION_WHILE_OFF, action=REPLY)
        metric(Metric.AUTOMATION_WHILE_OFF)


def _blocked(key: str, planned: PlannedReply, reason: str, prior: ActionRecord | None) -> ReplyEnd:
    log(LogEvent.ACTION_BLOCKED, action=REPLY, reason=reason)
    metric(Metric.AUTOMATION_BLOCKED, Reason=reason)
    owner = prior.owner if prior is not None else None
    ended = SettledAction(key, ActionStatus.BLOCKED, owner, planned.body_digest)
    return ReplyEnd(ActionResult(ActionStatus.BLOCKED, reason), ended)


def confirm_reply(deps: Dependencies, context: EventContext, event: ClaimedEvent, sent: ReplySent) -> ReplyEnd:
    """Return the end of a reply just sent; raises TransientError when a later delivery has to look for it."""
    record = sent.record
    is_there = is_shown(context.reading.seen, event.plan.message_id, sent, deps.salt)
    if is_there or find_reply(deps, event, record, sent.text, deps.options.read_back_waits_seconds):
        done = reply_done(record)
        metric(Metric.AUTOMATION_SENT)
        return done
    if record.attempts < MAX_ACTION_ATTEMPTS and not context.delivery.is_last_delivery:
        raise reply_unproven(deps.options.proof_after_seconds)
    return reply_unknown(record)


def is_shown(before: HelpdeskTicket, message_id: str, sent: ReplySent, salt: str) -> bool:
    """Tell whether the answer carries our comment: with an id of its own, after the message, not there before."""
    known = {comment.comment_id for comment in before.written} - {message_id}
    added = [comment for comment in sent.shown or () if comment.comment_id and comment.comment_id not in known]
    is_after_message = any(comment.comment_id == message_id for comment in added)
    return is_after_message and is_written(added, message_id, sent.record.body_digest, sent.text, salt) is True


def find_reply(
    deps: Dependencies, event: ClaimedEvent, record: ActionRecord, text: str | None, waits: tuple[float, ...] = ()
) -> bool | None:
    """Look for the reply in the ticket: True when it is there, False when not.

    None when the ticket cannot be read, or shows the words as nobody's, so that they may have reached nobody.
    """
    found: bool | None = None
    for wait in (0.0, *waits):
        deps.clock.sleep(wait)
        try:
            written = deps.helpdesk.load_written(event.conversation_id)
        except (TransientError, PermanentError) as error:
            log(LogEvent.ACTION_FAILED, action=REPLY, operation="read_back", error_code=error.code)
            continue
        found = is_written(written, event.plan.message_id, record.body_digest, text, deps.salt)
        if found:
            return True
    return found
