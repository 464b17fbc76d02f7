"""The private note that tells a colleague why there was no automatic reply, and what is known.

A note is recorded as codes and days, which is little, and worded when it is written. It holds no word of a customer, no
number of an order and no contact, and of an order that is not proven the sender's nothing at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rp_mw_shared.messages.types import OrderFacts
from rp_mw_shared.reasons import Reason, by_weight, in_words
from rp_mw_worker.domain.carriers import CarrierRules
from rp_mw_worker.domain.model import Note
from rp_mw_worker.domain.policy import Policy, Shop

if TYPE_CHECKING:
    from rp_mw_worker.domain.gates.reply import Proposal
    from rp_mw_worker.domain.interpretation import Reading

_STATES = {
    "shipping": "fulfillment_status",
    "delivery": "delivery_status",
    "payment": "financial_status",
}
_DAYS = {
    "ordered": "created_at_epoch_ms",
    "shipped": "shipped_at_epoch_ms",
    "expected": "estimated_delivery_at_epoch_ms",
    "delivered": "delivered_at_epoch_ms",
    "cancelled": "cancelled_at_epoch_ms",
}
_MISSING_WORDS: Mapping[str, str] = {
    "order_number": "an order number",
    "which_order": "which of several orders is meant",
    "contact": "a proof that the order is the sender's",
    "tracking": "a tracking number",
    "estimate": "an estimated day of arrival",
    "method": "the shipping method",
}
_MISSING_OF_MATCH = {
    Reason.NO_ORDER_NUMBER: "order_number",
    Reason.SEVERAL_ORDERS: "which_order",
    Reason.SEVERAL_OF_ADDRESS: "which_order",
    Reason.NO_ORDER_OF_ADDRESS: "order_number",
    Reason.ORDER_NOT_FOUND: "order_number",
    Reason.NUMBER_MISMATCH: "which_order",
    Reason.CONTACT_MISMATCH: "contact",
    Reason.NOBODY_PROVED: "contact",
    Reason.CODE_NEEDED: "contact",
}


def to_note(reasons: tuple[str, ...], reading: Reading, proposal: Proposal, policy: Policy) -> Note:
    """Return the note of a decision without a reply; labels that the policy does not have are left out."""
    match = proposal.match
    order = match.order if match is not None and match.matched else None
    missing = () if match is None or match.matched else tuple(filter(None, [_MISSING_OF_MATCH.get(match.reason)]))
    return Note(
        why=tuple(by_weight(reasons)) or (Reason.TEMPLATE_MISSING.value,),
        asked=tuple(sorted(label for label in reading.present if label in policy.intents)),
        known=_known(order, policy.settings.shop) if order else (),
        missing=_missing(order, policy.carriers) if order else missing,
    )


def note_lines(note: Note) -> list[str]:
    """Return the note in words, below its head: why there was no reply, what was asked, what is known, what is not."""
    lines = ["No automatic reply:", *(f"- {sentence}" for sentence in in_words(note.why))]
    if note.asked:
        lines.append(f"Asked: {_list(label.replace('_', ' ') for label in note.asked)}.")
    if note.known:
        lines.append(f"The order: {_list(f'{name} {value}' for name, value in note.known)}.")
    if note.missing:
        lines.append(f"Not known: {_list(_MISSING_WORDS.get(code, code) for code in note.missing)}.")
    return lines


def note_to_json(note: Note) -> dict[str, Any]:
    """Return the note as a JSON object; empty parts are left out, because it shares an item of 1 KB with the event."""
    values = {
        "why": list(note.why),
        "asked": list(note.asked),
        "known": dict(note.known),
        "missing": list(note.missing),
    }
    return {name: value for name, value in values.items() if value}


def note_from_json(values: Any) -> Note | None:
    """Return the recorded note; None for none, and for a plan of an older worker, which has its words."""
    if not isinstance(values, dict):
        return None
    return Note(
        tuple(values["why"]),
        tuple(values.get("asked", ())),
        tuple((str(name), str(value)) for name, value in values.get("known", {}).items()),
        tuple(values.get("missing", ())),
    )


def _known(order: OrderFacts, shop: Shop) -> tuple[tuple[str, str], ...]:
    from rp_mw_worker.domain.delivery_window import local_date

    times = ((name, getattr(order, fact)) for name, fact in _DAYS.items())
    days = [(name, local_date(time, shop).isoformat()) for name, time in times if time is not None and time > 0]
    states = ((name, getattr(order, fact)) for name, fact in _STATES.items())
    return (*((name, state.lower().replace("_", " ")) for name, state in states if state), *days)


def _missing(order: OrderFacts, carriers: CarrierRules) -> tuple[str, ...]:
    found = {
        "tracking": any(one.number and carriers.is_number(one.number, one.company) for one in order.tracking),
        "estimate": order.estimated_delivery_at_epoch_ms is not None or order.delivered_at_epoch_ms is not None,
        "method": bool(order.shipping_method),
    }
    return tuple(code for code, is_known in found.items() if not is_known)


def _list(parts: Any) -> str:
    return ", ".join(parts)
