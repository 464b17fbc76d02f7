"""Brings together what a decision is made from: the ticket, what is new in it, and since when it waits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from rp_mw_shared.errors import TransientError
from rp_mw_worker.dependencies import Tools
from rp_mw_worker.domain.model import Author, OrderLookup, TicketMessage
from rp_mw_worker.domain.new_messages import new_messages, up_to
from rp_mw_worker.domain.recorded_plan import from_json
from rp_mw_worker.ports import HelpdeskTicket
from rp_mw_worker.steps.delivery import Arrival
from rp_mw_worker.steps.load_event import LOOKUP_EXPIRED, Recalled


class Nothing(StrEnum):
    """Why an event needs no decision of its own."""

    COVERED = "covered"  # an earlier run read this message together with its own
    SUPERSEDED = "superseded"  # nobody waits for this lookup's answer any more
    NOT_A_CUSTOMER = "not_a_customer"  # the ticket says the message is an operator's or a note


@dataclass(frozen=True, slots=True)
class Gathered:
    """The input of a decision. `messages` are the customer's new ones, oldest first; the last one is answered."""

    recalled: Recalled
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


def gather(tools: Tools, recalled: Recalled) -> Gathered | Nothing:
    """Return what is new, or why nothing is; raises TransientError when the message is not to be seen yet."""
    arrival, state = recalled.arrival, recalled.loaded.state
    if arrival.lookup is not None and _is_replaced(recalled):
        return Nothing.SUPERSEDED
    seen = recalled.seen or tools.helpdesk.load_ticket(arrival.conversation_id)
    seen = _with_arrived_message(tools, arrival, seen)
    if arrival.message_id is not None and arrival.lookup is None:
        shown = [message for message in seen.ticket.messages if message.message_id == arrival.message_id]
        if any(message.author is Author.OPERATOR for message in shown):
            return Nothing.NOT_A_CUSTOMER
    messages = new_messages(_planned_part(recalled, seen), state)
    if not messages or not _holds(messages, recalled):
        return _covered_or_raise(arrival, seen)
    return Gathered(recalled, seen, messages, _received_at(tools, recalled, messages), _find_lookup(recalled))


def _planned_part(recalled: Recalled, seen: HelpdeskTicket) -> tuple[TicketMessage, ...]:
    """On a takeover only the messages up to the recorded plan's count: what came later has events of its own."""
    record = recalled.abandoned
    if record is None or record.plan is None:
        return seen.ticket.messages
    return up_to(seen.ticket.messages, from_json(record.plan).message_id)


def _is_awaited(recalled: Recalled) -> bool:
    arrival, pending = recalled.arrival, recalled.loaded.state.pending
    if arrival.lookup is not None and arrival.lookup.reason == LOOKUP_EXPIRED:
        return True
    if recalled.abandoned is not None and recalled.abandoned.plan is not None:
        return True  # it was awaited when it was planned: the flow may expire before the plan is carried out
    return pending is not None and pending.request_id == arrival.request_id


def _is_replaced(recalled: Recalled) -> bool:
    """A newer question is with the enricher: its flow covers what the older one was about."""
    pending = recalled.loaded.state.pending
    return pending is not None and pending.request_id is not None and not _is_awaited(recalled)


def _find_lookup(recalled: Recalled) -> OrderLookup | None:
    """Say how the order was looked up, which only the parked flow knows; behind its expiry nobody may use the answer.

    Such a message is still to be handled: the parked event is over, and this answer is its only delivery.
    """
    lookup, pending = recalled.arrival.lookup, recalled.loaded.state.pending
    if lookup is None:
        return None
    if not _is_awaited(recalled):
        return OrderLookup(lookup.by, "failed", None, LOOKUP_EXPIRED)
    return replace(lookup, by=pending.lookup_by) if pending is not None and pending.lookup_by else lookup


def _with_arrived_message(tools: Tools, arrival: Arrival, seen: HelpdeskTicket) -> HelpdeskTicket:
    """Add the webhook's message when the ticket does not show it yet: losing it would be worse than reading early."""
    ticket = seen.ticket
    is_shown = any(message.message_id == arrival.message_id for message in ticket.messages)
    if arrival.message_id is None or is_shown or arrival.text is None or arrival.lookup is not None:
        return seen
    message = TicketMessage(
        arrival.message_id,
        Author.CUSTOMER,
        tools.core.clean_text(arrival.text, False),
        arrival.received_at_epoch_ms,
        arrival.attachment_count,
    )
    return replace(seen, ticket=replace(ticket, messages=(*ticket.messages, message)))


def _holds(messages: tuple[TicketMessage, ...], recalled: Recalled) -> bool:
    """Tell whether the arrival's own message is among the new ones; an awaited answer brings none."""
    arrival = recalled.arrival
    if arrival.message_id is None or (arrival.lookup is not None and _is_awaited(recalled)):
        return True
    return any(message.message_id == arrival.message_id for message in messages)


def _covered_or_raise(arrival: Arrival, seen: HelpdeskTicket) -> Nothing:
    if arrival.lookup is not None:
        return Nothing.SUPERSEDED
    is_shown = any(message.message_id == arrival.message_id for message in seen.ticket.messages)
    if arrival.message_id is not None and not is_shown:
        raise TransientError("the message is not in the ticket yet", code="message_not_visible")
    return Nothing.COVERED


def _received_at(tools: Tools, recalled: Recalled, messages: tuple[TicketMessage, ...]) -> int:
    """Return since when the customer waits: a sweep and a lookup's answer come later than their message."""
    arrival, pending = recalled.arrival, recalled.loaded.state.pending
    if arrival.lookup is not None:
        is_ours = pending is not None and pending.request_id == arrival.request_id
        return pending.expires_at_epoch_ms - tools.core.lookup_wait_ms if pending is not None and is_ours else 0
    if arrival.origin == "webhook":
        return arrival.received_at_epoch_ms
    return min(arrival.received_at_epoch_ms, messages[-1].created_at_epoch_ms)
