"""A one-time code, after the chat's reply: its record, and where there is an order to answer about, its mail.

begin: attempting ── record of the digest ── (order's, address's count) ── last look ── mail ── done | blocked | unknown

The mail leaves at most once for a message. The code is made here and kept nowhere: a run that died in between is not
made good, the customer asks again or gets a person. Without an order all is the same but the mail. Imported only where
a plan has a code.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from rp_mw_shared.errors import OutcomeUnknownError, PermanentError, TransientError
from rp_mw_shared.idempotency.keys import action_key
from rp_mw_shared.idempotency.ledger import ActionRecord, ActionStatus, AlreadyDone, LeaseLostError, NeedsProof
from rp_mw_shared.observability import LogEvent, log
from rp_mw_shared.reasons import Reason
from rp_mw_shared.redaction.hashing import contact_digest, salted_hash
from rp_mw_worker.dependencies import Dependencies
from rp_mw_worker.domain.code_digests import code_digest, order_of_code
from rp_mw_worker.domain.codes import CODE_DIGITS, MAIL, CodeRecord, issued
from rp_mw_worker.domain.records import ActionResult, event_digest
from rp_mw_worker.domain.tags import Tag
from rp_mw_worker.last_look import NotAllowedAnyMore
from rp_mw_worker.ports import Mail
from rp_mw_worker.steps.context import CODE, ClaimedEvent, EventContext

_SAVE_TRIES = 3
_MS_PER_MINUTE = 60_000
_NOBODYS_CODE_BYTES = 32


def issue_code(deps: Dependencies, context: EventContext, event: ClaimedEvent) -> ActionResult:
    """Make the planned code once and say how it ended; raises TransientError when a later delivery has to."""
    key = action_key(CODE, event.conversation_id, event.plan.message_id)
    began = deps.records.begin_action(key, owner=event.owner, body_digest="", now=deps.clock.now_epoch_ms())
    if isinstance(began, AlreadyDone):
        return ActionResult(began.record.status)
    if isinstance(began, NeedsProof):
        return _after_death(deps, context, event, began.record)
    try:
        result = _issue(deps, context, event)
    except LeaseLostError:
        raise
    except TransientError:
        _finish(deps, began.record, ActionStatus.PLANNED)  # no mail left, so the next run begins anew
        raise
    _finish(deps, began.record, result.status)
    log(
        LogEvent.ACTION_DONE if result.status is ActionStatus.DONE else LogEvent.ACTION_BLOCKED,
        action=CODE,
        reason=result.reason,
    )
    return result


def end_begun_code(deps: Dependencies, context: EventContext, event: ClaimedEvent) -> ActionResult | None:
    """Say of a code that a dead run began how it ended, without making one; None where none was begun."""
    record = deps.records.load_action(action_key(CODE, event.conversation_id, event.plan.message_id))
    if record is None or record.status is ActionStatus.PLANNED:
        return None
    if record.status is not ActionStatus.ATTEMPTING:
        return ActionResult(record.status)
    return _after_death(deps, context, event, record)


def _after_death(deps: Dependencies, context: EventContext, event: ClaimedEvent, record: ActionRecord) -> ActionResult:
    """A run died with the mail perhaps sent. It is never sent again; where no digest was kept, nothing will match."""
    _save(deps, context, event, code=None)
    if record.status is not ActionStatus.UNKNOWN:
        _finish(deps, record, ActionStatus.UNKNOWN)
    log(LogEvent.ACTION_UNKNOWN, action=CODE, attempt=record.attempts)
    return ActionResult(ActionStatus.UNKNOWN)


def _issue(deps: Dependencies, context: EventContext, event: ClaimedEvent) -> ActionResult:
    reason = _find_obstacle(deps, context, event)
    if reason is not None:
        _save(deps, context, event, code=None)
        return ActionResult(ActionStatus.BLOCKED, reason.value)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    _save(deps, context, event, code=code)
    return _mail(deps, context, event, code)


def _find_obstacle(deps: Dependencies, context: EventContext, event: ClaimedEvent) -> Reason | None:
    """Return why no code goes out. Nobody on the chat learns of it."""
    lookup, address = context.reading.lookup, context.delivery.order_address
    order = lookup.order if lookup is not None else None
    contact = contact_digest(address, deps.salt) if address else None
    if event.plan.code != MAIL or order is None:
        return Reason.CODE_NEEDED
    if contact is None or contact not in order.contact_digests:
        return Reason.CONTACT_MISMATCH
    rules, by = deps.engine.code_rules, event_digest(event.event_id)
    counts = (
        (f"codes for order {order.order_id}", rules.max_per_order_24h),
        (f"codes to address {contact}", rules.max_per_address_24h),
    )
    for name, limit in counts:
        digest, now = salted_hash(name, deps.salt), deps.clock.now_epoch_ms()
        if not deps.records.reserve_reply(digest, by=by, known=None, limit=limit, now=now):
            return Reason.CODE_LIMIT
    return None


def _save(deps: Dependencies, context: EventContext, event: ClaimedEvent, *, code: str | None) -> None:
    """Write the conversation's record; without a code its digests are of what nobody knows.

    After a death (`code` None) the record of this very event stays: the code it belongs to may be in a mail.
    """
    pending, lookup = context.loaded.state.pending, context.reading.lookup
    by = event_digest(event.event_id)
    order = lookup.order if lookup is not None and code is not None else None
    for _ in range(_SAVE_TRIES):
        now = deps.clock.now_epoch_ms()
        before = deps.records.load_code(event.conversation_id, now)
        is_ours = before is not None and before.made_for == by
        if is_ours and code is None:
            return
        nobodys = secrets.token_hex(_NOBODYS_CODE_BYTES)
        fresh = CodeRecord(
            conversation_id=event.conversation_id,
            version=0,
            made_for=by,
            asked=(pending.order_key_digest if pending is not None else None) or salted_hash(nobodys, deps.salt),
            order=order_of_code(order.order_id if order is not None else nobodys, deps.salt),
            digest=code_digest(code or nobodys, event.conversation_id, by, deps.salt),
            until_epoch_ms=now + deps.engine.code_rules.minutes * _MS_PER_MINUTE,
        )
        record = issued(before, fresh, now, is_known_event=is_ours)
        if deps.records.save_code(record, before.version if before is not None else 0, now):
            return
    raise TransientError("the one-time code changes too fast", code="code_contended")


def _mail(deps: Dependencies, context: EventContext, event: ClaimedEvent, code: str) -> ActionResult:
    subject, body, opening = deps.engine.code_mail(code, context.made.case.language)
    mailbox, address = deps.engine.code_rules.mailbox, context.delivery.order_address or ""
    mail = Mail(address, subject, body, opening, Tag.CODE_MAIL.value, mailbox)
    try:
        deps.helpdesk.send_mail(mail, _last_look(deps, context, event, body))
    except OutcomeUnknownError as error:
        return ActionResult(ActionStatus.UNKNOWN, error.code)
    except PermanentError as error:
        return ActionResult(ActionStatus.BLOCKED, error.code)
    return ActionResult(ActionStatus.DONE)


def _last_look(deps: Dependencies, context: EventContext, event: ClaimedEvent, body: str) -> Callable[[], None]:
    """Return what the transport calls after every wait: past any cache, may this mail still go out, as it is?"""
    case = context.made.case

    def look() -> None:
        if not deps.engine.may_mail(deps.flags.fresh(), case.ticket.channel):
            raise NotAllowedAnyMore("the switches forbid the mail", code=Reason.CODE_WITHHELD.value)
        if deps.engine.find_unfit_mail(body, case):
            raise NotAllowedAnyMore("the mail is not fit to leave", code=Reason.REPLY_UNFIT.value)
        if deps.clock.now_epoch_ms() >= event.lease_until_epoch_ms:
            raise LeaseLostError("this run was held up beyond its lease: another one may be at work")

    return look


def _finish(deps: Dependencies, record: ActionRecord, status: ActionStatus) -> None:
    deps.records.finish_action(record.key, owner=record.owner, status=status, now=deps.clock.now_epoch_ms())
