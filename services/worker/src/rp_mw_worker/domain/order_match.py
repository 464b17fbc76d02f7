"""The deterministic match: the only thing that lets an order fact out.

The sender's contact is the order's, on every channel where anything proves the sender (`proof`), and the order is the
one meant:
(a) the customer gave one order number, and the order found bears it; or
(b) the helpdesk links exactly one order to the conversation, and that is the order found; or
(c) it is the one open order of the address the answer goes to.
A link or an address chooses an order. It proves nobody. Where codes are asked, the code stands for the contact.
"""

from __future__ import annotations

from dataclasses import dataclass

from rp_mw_shared.messages.types import BY_EMAIL, OrderFacts
from rp_mw_shared.reasons import Reason
from rp_mw_worker.domain.entities import is_called
from rp_mw_worker.domain.model import OrderLookup, OrderQuestion, Ticket
from rp_mw_worker.domain.proof import BY_ADDRESS, BY_LINK, NOTHING, ONE_TIME_CODE, ChannelProof


@dataclass(frozen=True, slots=True)
class Match:
    """Whether facts of the order may be disclosed, and why or why not. `question`: what to look up to find out.

    `order` without a match: the one a one-time code would prove.
    """

    matched: bool
    reason: Reason
    order: OrderFacts | None = None
    question: OrderQuestion | None = None


def plain_order_id(value: str) -> str:
    """Return the number in an order id: `gid://shopify/Order/5551001` and `5551001` are the same order."""
    return value.rsplit("/", 1)[-1]


def match_order(
    ticket: Ticket,
    numbers: tuple[str, ...],
    lookup: OrderLookup | None,
    proof: ChannelProof,
    *,
    is_proved_by_code: bool = False,
) -> Match:
    """Return whether the order looked up may be disclosed to the sender of this ticket; `proof` is its channel's.

    `numbers` are normalised. Without a lookup the answer says what to look up, if one order is meant.
    `is_proved_by_code`: a right one-time code proved this very order.
    """
    if proof.by == NOTHING:
        return Match(False, Reason.NOBODY_PROVED)
    if lookup is None:
        return _what_to_ask(ticket, numbers, proof)
    if proof.by == ONE_TIME_CODE:
        return _match_by_code(numbers, lookup, is_proved_by_code)
    if lookup.outcome == "found" and lookup.order is not None:
        return _match_found(ticket, numbers, lookup.order, proof, by_address=lookup.by == BY_EMAIL)
    return Match(False, _FAILED_LOOKUPS.get((lookup.outcome, lookup.by), Reason.ORDER_LOOKUP_FAILED))


# An order the helpdesk links but the shop does not show is older than the shop's horizon or another shop's: asking the
# customer for its number would lead nowhere.
_FAILED_LOOKUPS = {
    ("not_found", "order_name"): Reason.ORDER_NOT_FOUND,
    ("ambiguous", "order_name"): Reason.SEVERAL_ORDERS,
    ("not_found", BY_EMAIL): Reason.NO_ORDER_OF_ADDRESS,
    ("ambiguous", BY_EMAIL): Reason.SEVERAL_OF_ADDRESS,
}


def _what_to_ask(ticket: Ticket, numbers: tuple[str, ...], proof: ChannelProof) -> Match:
    # The customer's own number comes before the link: it says which order they mean.
    if len(numbers) == 1:
        question = OrderQuestion("order_name", numbers[0], with_address=proof.by == ONE_TIME_CODE)
        return Match(False, Reason.ORDER_LOOKUP_NEEDED, question=question)
    if len(numbers) > 1 or len({plain_order_id(order_id) for order_id in ticket.linked_order_ids}) > 1:
        return Match(False, Reason.SEVERAL_ORDERS)
    if BY_LINK in proof.chosen_by and ticket.linked_order_ids:
        question = OrderQuestion("order_id", ticket.linked_order_ids[0])
        return Match(False, Reason.ORDER_LOOKUP_NEEDED, question=question)
    if BY_ADDRESS in proof.chosen_by and ticket.sender_contact_digests:
        # The address itself stays with the run: only the question's recorder needs it.
        question = OrderQuestion(BY_EMAIL, min(ticket.sender_contact_digests))
        return Match(False, Reason.ORDER_LOOKUP_NEEDED, question=question)
    return Match(False, Reason.NO_ORDER_NUMBER)


def _match_by_code(numbers: tuple[str, ...], lookup: OrderLookup, is_proved: bool) -> Match:
    """Whatever the lookup gave, the same: a code is needed. Only a right one makes a difference."""
    if len(numbers) != 1:
        return Match(False, Reason.SEVERAL_ORDERS if numbers else Reason.NO_ORDER_NUMBER)
    order = lookup.order if lookup.outcome == "found" else None
    if order is None or not is_called(order, numbers[0]):
        return Match(False, Reason.CODE_NEEDED)
    return Match(True, Reason.MATCHED_BY_CODE, order) if is_proved else Match(False, Reason.CODE_NEEDED, order)


def _match_found(
    ticket: Ticket, numbers: tuple[str, ...], order: OrderFacts, proof: ChannelProof, *, by_address: bool
) -> Match:
    if len(numbers) > 1:
        return Match(False, Reason.SEVERAL_ORDERS)
    if numbers and not is_called(order, numbers[0]):
        return Match(False, Reason.NUMBER_MISMATCH)
    linked = {plain_order_id(order_id) for order_id in ticket.linked_order_ids} if BY_LINK in proof.chosen_by else set()
    is_linked = linked == {plain_order_id(order.order_id)}
    is_by_address = by_address and BY_ADDRESS in proof.chosen_by and not linked
    if not numbers and not is_linked and not is_by_address:
        return Match(False, Reason.SEVERAL_ORDERS if linked else Reason.NO_ORDER_NUMBER)
    if not ticket.sender_contact_digests & frozenset(order.contact_digests):
        return Match(False, Reason.CONTACT_MISMATCH)
    if not numbers and not is_linked:
        return Match(True, Reason.MATCHED_SENDER_ADDRESS, order)
    return Match(True, Reason.MATCHED_LINKED_ORDER if is_linked else Reason.MATCHED_NUMBER_AND_CONTACT, order)
