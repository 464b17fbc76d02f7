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

from dataclasses import dataclass, replace

from rp_mw_shared.errors import TransientError
from rp_mw_shared.idempotency.keys import event_id as to_event_id
from rp_mw_shared.idempotency.keys import result_event_id
from rp_mw_shared.idempotency.ledger import EventRecord, EventStatus
from rp_mw_worker.dependencies import Dependencies
from rp_mw_worker.domain.model import Author, OrderLookup
from rp_mw_worker.domain.new_messages import latest_customer_message
from rp_mw_worker.ports import HelpdeskTicket, Loaded
from rp_mw_worker.steps.delivery import QueueDelivery

PARKED = "parked"
LOOKUP_EXPIRED = "lookup_expired"
# What a customer may write between two deliveries; each message behind it costs one read, of a redelivery only.
_LOOK_BACK_MESSAGES = 50


@dataclass(frozen=True, slots=True)
class LoadedEvent:
    """An event to be worked on. `abandoned` is the record of a run that did not finish."""

    delivery: QueueDelivery
    event_id: str
    known: Loaded
    seen: HelpdeskTicket | None
    abandoned: EventRecord | None


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A finished event."""

    event_id: str


@dataclass(frozen=True, slots=True)
class HeldElsewhere:
    """Another run has the event until `until_epoch_ms`."""

    event_id: str
    until_epoch_ms: int


def load_event(deps: Dependencies, delivery: QueueDelivery) -> LoadedEvent | Duplicate | HeldElsewhere:
    """Return what the tables know of the delivery; reads the ticket only when nothing else names the message."""
    seen, event_id = None, delivery.event_id
    if event_id is None:
        seen = deps.helpdesk.load_ticket(delivery.conversation_id)
        event_id = _canonical_event_id(delivery, seen)
    now = deps.clock.now_epoch_ms()
    customer_digest = seen.customer_digest if seen else delivery.customer_digest
    known = deps.records.load(event_id, delivery.conversation_id, customer_digest, now)
    return _to_outcome(deps, LoadedEvent(delivery, event_id, known, seen, known.event), now)


def find_left_behind(deps: Dependencies, delivery: QueueDelivery) -> tuple[QueueDelivery, ...]:
    """Return the messages that earlier deliveries of this one took up and did not finish, oldest first.

    A delivery that names no message is about the newest one. When it comes again that may be another one, and what the
    run before began (a reply, perhaps) would be nobody's.
    """
    if delivery.event_id is not None or not delivery.is_redelivery:
        return ()
    seen, now = deps.helpdesk.load_ticket(delivery.conversation_id), deps.clock.now_epoch_ms()
    theirs = [message for message in seen.ticket.messages if message.author is not Author.OPERATOR]
    left = []
    for message in theirs[-1 - _LOOK_BACK_MESSAGES : -1]:
        key = to_event_id(delivery.conversation_id, message.message_id)
        record = deps.records.load(key, delivery.conversation_id, None, now).event
        if record is not None and record.status is EventStatus.CLAIMED:
            left.append(replace(delivery, event_id=key, message_id=message.message_id))
    return tuple(left)


def _to_outcome(deps: Dependencies, found: LoadedEvent, now: int) -> LoadedEvent | Duplicate | HeldElsewhere:
    record = found.abandoned
    if record is None or record.status is EventStatus.QUARANTINED:
        return found
    if record.status is EventStatus.CLAIMED:
        is_running = record.lease_until_epoch_ms > now
        return HeldElsewhere(found.event_id, record.lease_until_epoch_ms) if is_running else found
    late = _find_lost_lookup(found, record)
    return load_event(deps, late) if late else Duplicate(found.event_id)


def _canonical_event_id(delivery: QueueDelivery, seen: HelpdeskTicket) -> str:
    """Name the event by the latest customer message: the same one for every delivery that found this ticket."""
    latest = latest_customer_message(seen.ticket.messages)
    if latest is None:
        raise TransientError("the ticket shows no customer message yet", code="message_not_visible")
    return to_event_id(delivery.conversation_id, latest.message_id)


def _find_lost_lookup(found: LoadedEvent, record: EventRecord) -> QueueDelivery | None:
    """Return the parked event's lookup as failed, when its answer is overdue and nobody waits for it any more."""
    result = record.result or {}
    if result.get("outcome") != PARKED or found.known.state.pending is not None:
        return None
    if found.delivery.request_id is not None:
        return None
    request_id = str(result["request"])
    return replace(
        found.delivery,
        event_id=result_event_id(request_id),
        message_id=None,
        text=None,
        request_id=request_id,
        lookup=OrderLookup(str(result["by"]), "failed", None, LOOKUP_EXPIRED),
    )
