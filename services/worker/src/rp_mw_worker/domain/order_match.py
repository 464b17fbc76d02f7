"""The deterministic match: the only thing that lets an order fact out.

The sender's contact is the order's, on every channel, and the order is the one meant:
(a) the helpdesk links exactly one order to the conversation, and that is the order found; or
(b) the customer gave one order number, and the order found bears it.
A link chooses an order. It proves nobody.
"""

from __future__ import annotations

from dataclasses import dataclass

from rp_mw_shared.messages.types import OrderFacts
from rp_mw_worker.domain.entities import normalised_number
from rp_mw_worker.domain.model import OrderLookup, OrderQuestion, Ticket
from rp_mw_worker.domain.reasons import Reason


@dataclass(frozen=True, slots=True)
class Match:
    """Whether facts of the order may be disclosed, and why or why not. `question`: what to look up to find out."""

    matched: bool
    reason: Reason
    order: OrderFacts | None = None
    question: OrderQuestion | None = None


# Elsewhere an order needs its number (and the contact) before anything of it is said, whatever is linked.
_LINK_CHANNELS = frozenset({"email"})


def may_choose_by_link(channel: str, numbers: tuple[str, ...]) -> bool:
    """Tell whether the helpdesk's link could choose the order: the customer's own number comes before it."""
    return channel in _LINK_CHANNELS and not numbers


def plain_order_id(value: str) -> str:
    """Return the number in an order id: `gid://shopify/Order/5551001` and `5551001` are the same order."""
    return value.rsplit("/", 1)[-1]


def is_called(order: OrderFacts, number: str) -> bool:
    """Tell whether the order bears the number, which is normalised, with or without the shop's prefix and suffix."""
    return number == normalised_number(order.name) or number in order.spellings


def find_meant_number(numbers: tuple[str, ...], lookup: OrderLookup | None) -> str | None:
    """Return the number of the one order a case is about, in its shortest spelling; None for none or several.

    The shop's order counts before the customer's words only where they are about the same one, or give no number.
    """
    order = lookup.order if lookup is not None else None
    if len(numbers) > 1:
        return None
    if order is not None and (not numbers or is_called(order, numbers[0])):
        return min((normalised_number(order.name), *order.spellings), key=len)
    return numbers[0] if numbers else None


def match_order(ticket: Ticket, numbers: tuple[str, ...], lookup: OrderLookup | None) -> Match:
    """Return whether the order looked up may be disclosed to the sender of this ticket.

    `numbers` are normalised. Without a lookup the answer says what to look up, if one order is meant.
    """
    if lookup is None:
        return _what_to_ask(ticket, numbers)
    if lookup.outcome == "found" and lookup.order is not None:
        return _match_found(ticket, numbers, lookup.order)
    return Match(False, _FAILED_LOOKUPS.get((lookup.outcome, lookup.by), Reason.ORDER_LOOKUP_FAILED))


# An order the helpdesk links but the shop does not show is older than the shop's horizon or another shop's: asking the
# customer for its number would lead nowhere.
_FAILED_LOOKUPS = {
    ("not_found", "order_name"): Reason.ORDER_NOT_FOUND,
    ("ambiguous", "order_name"): Reason.SEVERAL_ORDERS,
}


def _what_to_ask(ticket: Ticket, numbers: tuple[str, ...]) -> Match:
    # The customer's own number comes before the link: it says which order they mean.
    if len(numbers) == 1:
        return Match(False, Reason.ORDER_LOOKUP_NEEDED, question=OrderQuestion("order_name", numbers[0]))
    if len(numbers) > 1 or len({plain_order_id(order_id) for order_id in ticket.linked_order_ids}) > 1:
        return Match(False, Reason.SEVERAL_ORDERS)
    if ticket.linked_order_ids:
        question = OrderQuestion("order_id", ticket.linked_order_ids[0])
        return Match(False, Reason.ORDER_LOOKUP_NEEDED, question=question)
    return Match(False, Reason.NO_ORDER_NUMBER)


def _match_found(ticket: Ticket, numbers: tuple[str, ...], order: OrderFacts) -> Match:
    if len(numbers) > 1:
        return Match(False, Reason.SEVERAL_ORDERS)
    if numbers and not is_called(order, numbers[0]):
        return Match(False, Reason.NUMBER_MISMATCH)
    linked = {plain_order_id(order_id) for order_id in ticket.linked_order_ids}
    is_linked = linked == {plain_order_id(order.order_id)}
    if not numbers and not is_linked:
        return Match(False, Reason.SEVERAL_ORDERS if linked else Reason.NO_ORDER_NUMBER)
    if not ticket.sender_contact_digests & frozenset(order.contact_digests):
        return Match(False, Reason.CONTACT_MISMATCH)
    return Match(True, Reason.MATCHED_LINKED_ORDER if is_linked else Reason.MATCHED_NUMBER_AND_CONTACT, order)
