"""What is known of an event before anything is done: finished before, in somebody's hands, abandoned, or new.

no record                      new
completed                      duplicate: acknowledged, one read and nothing else
completed "parked", and its    the lookup never answered: taken up as a failed lookup, so that a person sees it
  flow has expired
claimed, lease running         another run's; delivered again when the lease is over
claimed, lease over            abandoned by a run that died: its recorded plan is carried out
quarantined                    came back from the DLQ: its recorded plan is carried out
"""

from __future__ import annotations

from dataclasses import replace

from rp_mw_shared.errors import PermanentError, TransientError
from rp_mw_shared.idempotency.keys import event_id as to_event_id
from rp_mw_shared.idempotency.keys import result_event_id
from rp_mw_shared.idempotency.ledger import EventRecord, EventStatus
from rp_mw_worker.dependencies import Dependencies
from rp_mw_worker.domain.comments import latest_customer_message
from rp_mw_worker.domain.model import OrderLookup
from rp_mw_worker.domain.records import PARKED
from rp_mw_worker.ports import TICKET_NOT_FOUND, HelpdeskTicket
from rp_mw_worker.steps.context import (
    LOOKUP_EXPIRED,
    Duplicate,
    HeldElsewhere,
    LoadedEvent,
    QueueDelivery,
    without_notes,
)


def load_event(deps: Dependencies, delivery: QueueDelivery) -> LoadedEvent | QueueDelivery | Duplicate | HeldElsewhere:
    """Return what the tables know of the delivery; reads the ticket only when nothing else names the message.

    A QueueDelivery is to be loaded in place of this one: a parked event's lookup, as failed.
    """
    if delivery.event_id is not None:
        loaded = _load(deps, delivery, delivery.event_id, delivery.seen)
    else:
        loaded = _load_named_by_ticket(deps, delivery)
    record, event_id, now = loaded.abandoned, loaded.event_id, deps.clock.now_epoch_ms()
    if record is None or record.status is EventStatus.QUARANTINED:
        return loaded
    if record.status is EventStatus.CLAIMED:
        is_running = record.lease_until_epoch_ms > now
        return HeldElsewhere(event_id, record.lease_until_epoch_ms) if is_running else loaded
    finished = Duplicate(event_id, loaded.seen, loaded.state.last_event_id)
    return _find_lost_lookup(delivery, loaded, record) or finished


def _load(
    deps: Dependencies, delivery: QueueDelivery, event_id: str, seen: HelpdeskTicket | None = None
) -> LoadedEvent:
    customer_digest = seen.customer_digest if seen else delivery.customer_digest
    now = deps.clock.now_epoch_ms()
    known = deps.records.load(event_id, delivery.conversation_id, customer_digest, now)
    return LoadedEvent(event_id, known.state, known.customer, seen, known.event)


def _load_named_by_ticket(deps: Dependencies, delivery: QueueDelivery) -> LoadedEvent:
    """Load the event the ticket names; once more where its latest message turns out to be a note of ours."""
    try:
        seen = deps.helpdesk.load_ticket(delivery.conversation_id)
    except PermanentError as error:
        if error.code != TICKET_NOT_FOUND:
            raise
        # There is no message any more that could name the event: its delivery does.
        event_id = to_event_id(delivery.conversation_id, delivery.delivery_id)
        return replace(_load(deps, delivery, event_id), is_gone=True)
    loaded = _load(deps, delivery, _canonical_event_id(delivery, seen), seen)
    event_id = _canonical_event_id(delivery, without_notes(seen, loaded.state, deps.salt))
    return loaded if event_id == loaded.event_id else _load(deps, delivery, event_id, seen)


def _canonical_event_id(delivery: QueueDelivery, seen: HelpdeskTicket) -> str:
    """Name the event by the latest customer message: the same one for every delivery that found this ticket."""
    latest = latest_customer_message(seen.ticket.messages)
    if latest is None:
        raise TransientError("the ticket shows no customer message yet", code="message_not_visible")
    return to_event_id(delivery.conversation_id, latest.message_id)


def _find_lost_lookup(delivery: QueueDelivery, loaded: LoadedEvent, record: EventRecord) -> QueueDelivery | None:
    """Return the parked event's lookup as failed, when its answer is overdue and nobody waits for it any more."""
    result = record.result or {}
    if result.get("outcome") != PARKED or loaded.state.pending is not None or delivery.request_id is not None:
        return None
    request_id = str(result["request"])
    return replace(
        delivery,
        event_id=result_event_id(request_id),
        message_id=None,
        text=None,
        request_id=request_id,
        lookup=OrderLookup(str(result["by"]), "failed", None, LOOKUP_EXPIRED),
        seen=loaded.seen,
    )
