"""Brings together what a decision is made from: the ticket, what is new in it, and since when it waits."""

from __future__ import annotations

from dataclasses import replace

from rp_mw_shared.errors import PermanentError, TransientError
from rp_mw_worker.dependencies import Dependencies
from rp_mw_worker.domain.comments import is_digest_of, new_messages, up_to, without_repeated
from rp_mw_worker.domain.model import Author, ConversationState, OrderLookup, TicketMessage
from rp_mw_worker.ports import TICKET_NOT_FOUND, HelpdeskTicket
from rp_mw_worker.steps.context import (
    LOOKUP_EXPIRED,
    LoadedEvent,
    Nothing,
    QueueDelivery,
    TicketReading,
    without_notes,
)


def read_ticket(
    deps: Dependencies, delivery: QueueDelivery, loaded: LoadedEvent, planned_message_id: str | None = None
) -> TicketReading | Nothing:
    """Return what is new, or why nothing is; raises TransientError when the message is not to be seen yet.

    `planned_message_id` is the message of a recorded plan: what came later has events of its own.
    """
    is_awaited = _is_awaited(delivery, loaded, planned_message_id)
    if (known := _find_handled(delivery, loaded, is_awaited, planned_message_id)) is not None:
        return known
    found = _load_ticket(deps, delivery, loaded)
    if found is None:
        return Nothing.GONE
    if found.is_trashed:
        return Nothing.TRASHED
    seen = without_notes(found, loaded.state, deps.salt)
    if _is_note(delivery, seen, loaded.state, deps.salt):
        return Nothing.NOT_A_CUSTOMER
    if _is_unseen(delivery, seen):
        seen = _read_again(deps, delivery, loaded, seen)
    seen = _with_delivered_message(deps, delivery, seen)
    if delivery.message_id is not None and delivery.lookup is None:
        shown = [message for message in seen.ticket.messages if message.message_id == delivery.message_id]
        if any(message.author is Author.OPERATOR for message in shown):
            return Nothing.NOT_A_CUSTOMER
    shown_messages = seen.ticket.messages
    planned = up_to(shown_messages, planned_message_id) if planned_message_id is not None else shown_messages
    messages = new_messages(planned, loaded.state)
    if not messages or not _holds(messages, delivery, is_awaited):
        return _covered_or_raise(delivery, seen)
    received_at, lookup = _received_at(deps, delivery, loaded, messages), _find_lookup(delivery, loaded, is_awaited)
    return TicketReading(seen, messages, received_at, lookup)


def _load_ticket(deps: Dependencies, delivery: QueueDelivery, loaded: LoadedEvent) -> HelpdeskTicket | None:
    """Return the ticket as read already or now, None when the helpdesk has no such ticket any more."""
    if loaded.seen is not None or loaded.is_gone:
        return loaded.seen
    try:
        return deps.helpdesk.load_ticket(delivery.conversation_id)
    except PermanentError as error:
        if error.code != TICKET_NOT_FOUND:
            raise
        return None


def _is_note(delivery: QueueDelivery, seen: HelpdeskTicket, state: ConversationState, salt: str) -> bool:
    """Tell whether the webhook is about a private note, shown in the ticket or not to be seen there yet."""
    if any(message.message_id == delivery.message_id for message in seen.ticket.messages):
        return False
    if delivery.message_id in seen.note_ids:
        return True
    text = delivery.text
    return text is not None and any(is_digest_of(digest, text, salt) for digest in state.note_digests)


def _is_awaited(delivery: QueueDelivery, loaded: LoadedEvent, planned_message_id: str | None) -> bool:
    if delivery.lookup is not None and delivery.lookup.reason == LOOKUP_EXPIRED:
        return True
    if planned_message_id is not None:
        return True  # it was awaited when it was planned: the flow may expire before the plan is carried out
    pending = loaded.state.pending
    return pending is not None and pending.request_id == delivery.request_id


def _find_handled(
    delivery: QueueDelivery, loaded: LoadedEvent, is_awaited: bool, planned_message_id: str | None
) -> Nothing | None:
    """Return why nothing is left to do where the tables alone can tell: such an event costs no call."""
    state = loaded.state
    if delivery.lookup is None:
        is_new_run = planned_message_id is None and loaded.abandoned is None
        is_last = delivery.message_id is not None and delivery.message_id == state.last_message_id
        return Nothing.COVERED if is_new_run and is_last else None
    if _is_replaced(loaded, is_awaited):
        return Nothing.SUPERSEDED
    # Parking left its own event as the last one: another one since then has read the message with its own.
    has_moved_on = state.pending is None and state.last_event_id not in (None, delivery.parked_event_id)
    return Nothing.SUPERSEDED if has_moved_on and not is_awaited and planned_message_id is None else None


def _is_replaced(loaded: LoadedEvent, is_awaited: bool) -> bool:
    """A newer question is with the enricher: its flow covers what the older one was about."""
    pending = loaded.state.pending
    return pending is not None and pending.request_id is not None and not is_awaited


def _find_lookup(delivery: QueueDelivery, loaded: LoadedEvent, is_awaited: bool) -> OrderLookup | None:
    """Say how the order was looked up, which only the parked flow knows; after its expiry nobody may use the answer.

    Such a message is still to be handled: the parked event is over, and this answer is its only delivery.
    """
    lookup, pending = delivery.lookup, loaded.state.pending
    if lookup is None:
        return None
    if not is_awaited:
        return OrderLookup(lookup.by, "failed", None, LOOKUP_EXPIRED)
    return replace(lookup, by=pending.lookup_by) if pending is not None and pending.lookup_by else lookup


def _is_unseen(delivery: QueueDelivery, seen: HelpdeskTicket) -> bool:
    """Tell whether the webhook brings a message that the ticket does not show."""
    is_shown = any(message.message_id == delivery.message_id for message in seen.ticket.messages)
    return not (delivery.message_id is None or is_shown or delivery.text is None or delivery.lookup is not None)


def _read_again(
    deps: Dependencies, delivery: QueueDelivery, loaded: LoadedEvent, seen: HelpdeskTicket
) -> HelpdeskTicket:
    """Return the ticket as it stands some seconds later: the helpdesk may be slower than its webhook."""
    deps.clock.sleep(deps.options.reread_after_seconds)
    try:
        return without_notes(deps.helpdesk.load_ticket(delivery.conversation_id), loaded.state, deps.salt)
    except PermanentError as error:
        if error.code != TICKET_NOT_FOUND:
            raise
        return seen


def _with_delivered_message(deps: Dependencies, delivery: QueueDelivery, seen: HelpdeskTicket) -> HelpdeskTicket:
    """Add the webhook's message where the ticket does not show it: losing it would be worse than a forged one.

    It is nobody's until the ticket shows it: routed, never answered.
    """
    ticket = seen.ticket
    if delivery.text is None or delivery.message_id is None or not _is_unseen(delivery, seen):
        return seen
    body = deps.engine.read_body(delivery.text)
    agents = [shown.text for shown in ticket.messages if shown.author is Author.OPERATOR]
    message = TicketMessage(
        delivery.message_id,
        Author.UNSEEN,
        body.text,
        delivery.received_at_epoch_ms,
        delivery.attachment_count,
        without_repeated(body.doubtful, agents),
        body.with_notices,
    )
    return replace(seen, ticket=replace(ticket, messages=(*ticket.messages, message)))


def _holds(messages: tuple[TicketMessage, ...], delivery: QueueDelivery, is_awaited: bool) -> bool:
    """Tell whether the delivery's own message is among the new ones; an awaited answer brings none."""
    if delivery.message_id is None or (delivery.lookup is not None and is_awaited):
        return True
    return any(message.message_id == delivery.message_id for message in messages)


def _covered_or_raise(delivery: QueueDelivery, seen: HelpdeskTicket) -> Nothing:
    if delivery.lookup is not None:
        return Nothing.SUPERSEDED
    is_shown = any(message.message_id == delivery.message_id for message in seen.ticket.messages)
    if delivery.message_id is not None and not is_shown:
        raise TransientError("the message is not in the ticket yet", code="message_not_visible")
    return Nothing.COVERED


def _received_at(
    deps: Dependencies, delivery: QueueDelivery, loaded: LoadedEvent, messages: tuple[TicketMessage, ...]
) -> int:
    """Return since when the customer waits: a sweep and a lookup's answer come later than their message."""
    pending = loaded.state.pending
    if delivery.lookup is not None:
        is_ours = pending is not None and pending.request_id == delivery.request_id
        return pending.expires_at_epoch_ms - deps.engine.lookup_wait_ms if pending is not None and is_ours else 0
    if delivery.origin == "webhook":
        return delivery.received_at_epoch_ms
    return min(delivery.received_at_epoch_ms, messages[-1].created_at_epoch_ms)
