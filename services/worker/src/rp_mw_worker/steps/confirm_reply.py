"""Reads the ticket back: only a reply that stands there was sent."""

from __future__ import annotations

from rp_mw_shared.errors import PermanentError, TransientError
from rp_mw_shared.idempotency.ledger import MAX_ACTION_ATTEMPTS, ActionRecord
from rp_mw_shared.observability import LogEvent, Metric, log, metric
from rp_mw_worker.dependencies import Dependencies
from rp_mw_worker.domain.comment_match import is_written
from rp_mw_worker.steps.context import (
    REPLY,
    ClaimedEvent,
    QueueDelivery,
    ReplyEnd,
    ReplySent,
    reply_done,
    reply_unknown,
    reply_unproven,
)


def confirm_reply(deps: Dependencies, delivery: QueueDelivery, event: ClaimedEvent, sent: ReplySent) -> ReplyEnd:
    """Return the end of a reply just sent; raises TransientError when a later delivery has to look for it."""
    record = sent.record
    if find_reply(deps, event, record, sent.text, deps.options.read_back_waits_seconds):
        metric(Metric.AUTOMATION_SENT)
        return reply_done(record)
    if record.attempts < MAX_ACTION_ATTEMPTS and not delivery.is_last_delivery:
        raise reply_unproven(deps.options.proof_after_seconds)
    return reply_unknown(record)


def find_reply(
    deps: Dependencies, event: ClaimedEvent, record: ActionRecord, text: str | None, waits: tuple[float, ...] = ()
) -> bool | None:
    """Look for the reply in the ticket: True when it is there, False when not, None when the ticket cannot be read."""
    seen = None
    for wait in (0.0, *waits):
        deps.clock.sleep(wait)
        try:
            seen = deps.helpdesk.load_ticket(event.conversation_id)
        except (TransientError, PermanentError) as error:
            log(LogEvent.ACTION_FAILED, action=REPLY, operation="read_back", error_code=error.code)
            continue
        if is_written(seen.written, event.plan.message_id, record.body_digest, text):
            return True
    return None if seen is None else False
