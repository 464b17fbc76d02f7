"""Brings together what a decision is made from: the ticket, what is new in it, and since when it waits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from rp_mw_shared.errors import TransientError
from rp_mw_worker.dependencies import Dependencies
from rp_mw_worker.domain.model import Author, OrderLookup, TicketMessage
from rp_mw_worker.domain.new_messages import new_messages, up_to
from rp_mw_worker.domain.recorded_plan import from_json
from rp_mw_worker.ports import HelpdeskTicket
from rp_mw_worker.steps.delivery import QueueDelivery
from rp_mw_worker.steps.load_event import LOOKUP_EXPIRED, LoadedEvent


class Nothing(StrEnum):
    """Why an event needs no decision of its own."""

    COVERED = "covered"  # an earlier run read this message together with its own
    SUPERSEDED = "superseded"  # nobody waits for this lookup's answer any more
    NOT_A_CUSTOMER = "not_a_customer"  # the ticket says the message is an operator's or a note


@dataclass(frozen=True, slots=True)
class TicketReading:
    """The input of a decision. `messages` are the customer's new ones, oldest first; the last one is answered."""

    loaded: LoadedEvent
    seen: HelpdeskTicket
    messages: tuple[TicketMessage, ...]
    received_at_epoch_ms: int
    lookup: OrderLookup | None

    @property
    def message(self) -> TicketMessage:
        """The message that names the actions."""
        return self.messages[-1]

    @property
    def text(self) -> str:
        """Everything new, in the customer's words."""
        return "\n\n".join(message.text for message in self.messages if message.text.strip())


def read_ticket(deps: Dependencies, loaded: LoadedEvent) -> TicketReading | Nothing:
    """Return what is new, or why nothing is; raises TransientError when the message is not to be seen yet."""
    delivery, state = loaded.delivery, loaded.known.state
    if delivery.lookup is not None and _is_replaced(loaded):
        return Nothing.SUPERSEDED
    seen = loaded.seen or deps.helpdesk.load_ticket(delivery.conversation_id)
    seen = _with_arrived_message(deps, delivery, seen)
    if delivery.message_id is not None and delivery.lookup is None:
        shown = [message for message in seen.ticket.messages if message.message_id == delivery.message_id]
        if any(message.author is Author.OPERATOR for message in shown):
            return Nothing.NOT_A_CUSTOMER
    messages = new_messages(_planned_part(loaded, seen), state)
    if not messages or not _holds(messages, loaded):
        return _covered_or_raise(delivery, seen)
    return TicketReading(loaded, seen, messages, _received_at(deps, loaded, messages), _find_lookup(loaded))


def _planned_part(loaded: LoadedEvent, seen: HelpdeskTicket) -> tuple[TicketMessage, ...]:
    """On a takeover only the messages up to the recorded plan's count: what came later has events of its own."""
    record = loaded.abandoned
    if record is None or record.plan is None:
        return seen.ticket.messages
    return up_to(seen.ticket.messages, from_json(record.plan).message_id)


def _is_awaited(loaded: LoadedEvent) -> bool:
    delivery, pending = loaded.delivery, loaded.known.state.pending
    if delivery.lookup is not None and delivery.lookup.reason == LOOKUP_EXPIRED:
        return True
    if loaded.abandoned is not None and loaded.abandoned.plan is not None:
        return True  # it was awaited when it was planned: the flow may expire before the plan is carried out
    return pending is not None and pending.request_id == delivery.request_id


def _is_replaced(loaded: LoadedEvent) -> bool:
    """A newer question is with the enricher: its flow covers what the older one was about."""
    pending = loaded.known.state.pending
    return pending is not None and pending.request_id is not None and not _is_awaited(loaded)


def _find_lookup(loaded: LoadedEvent) -> OrderLookup | None:
    """Say how the order was looked up, which only the parked flow knows; behind its expiry nobody may use the answer.

    Such a message is still to be handled: the parked event is over, and this answer is its only delivery.
    """
    lookup, pending = loaded.delivery.lookup, loaded.known.state.pending
    if lookup is None:
        return None
    if not _is_awaited(loaded):
        return OrderLookup(lookup.by, "failed", None, LOOKUP_EXPIRED)
    return replace(lookup, by=pending.lookup_by) if pending is not None and pending.lookup_by else lookup


def _with_arrived_message(deps: Dependencies, delivery: QueueDelivery, seen: HelpdeskTicket) -> HelpdeskTicket:
    """Add the webhook's message when the ticket does not show it yet: losing it would be worse than reading early."""
    ticket = seen.ticket
    is_shown = any(message.message_id == delivery.message_id for message in ticket.messages)
    if delivery.message_id is None or is_shown or delivery.text is None or delivery.lookup is not None:
        return seen
    message = TicketMessage(
        delivery.message_id,
        Author.CUSTOMER,
        deps.engine.clean_text(delivery.text, False),
        delivery.received_at_epoch_ms,
        delivery.attachment_count,
    )
    return replace(seen, ticket=replace(ticket, messages=(*ticket.messages, message)))


def _holds(messages: tuple[TicketMessage, ...], loaded: LoadedEvent) -> bool:
    """Tell whether the delivery's own message is among the new ones; an awaited answer brings none."""
    delivery = loaded.delivery
    if delivery.message_id is None or (delivery.lookup is not None and _is_awaited(loaded)):
        return True
    return any(message.message_id == delivery.message_id for message in messages)


def _covered_or_raise(delivery: QueueDelivery, seen: HelpdeskTicket) -> Nothing:
    if delivery.lookup is not None:
        return Nothing.SUPERSEDED
    is_shown = any(message.message_id == delivery.message_id for message in seen.ticket.messages)
    if delivery.message_id is not None and not is_shown:
        raise TransientError("the message is not in the ticket yet", code="message_not_visible")
    return Nothing.COVERED


def _received_at(deps: Dependencies, loaded: LoadedEvent, messages: tuple[TicketMessage, ...]) -> int:
    """Return since when the customer waits: a sweep and a lookup's answer come later than their message."""
    delivery, pending = loaded.delivery, loaded.known.state.pending
    if delivery.lookup is not None:
        is_ours = pending is not None and pending.request_id == delivery.request_id
        return pending.expires_at_epoch_ms - deps.engine.lookup_wait_ms if pending is not None and is_ours else 0
    if delivery.origin == "webhook":
        return delivery.received_at_epoch_ms
    return min(delivery.received_at_epoch_ms, messages[-1].created_at_epoch_ms)
