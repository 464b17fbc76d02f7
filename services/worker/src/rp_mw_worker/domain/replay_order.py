"""An order's facts in a replay record: what is kept of them, and the stand-in order that is made of it again."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from rp_mw_shared.messages.types import OrderFacts, ParcelFacts, TrackingFacts
from rp_mw_worker.domain.carriers import CarrierRules
from rp_mw_worker.domain.codes import proof_for
from rp_mw_worker.domain.delivery_window import method_words
from rp_mw_worker.domain.entities import is_called, order_numbers
from rp_mw_worker.domain.model import Case, CodeStanding
from rp_mw_worker.domain.order_match import match_order, plain_order_id
from rp_mw_worker.domain.order_obstacles import is_printable_order_name
from rp_mw_worker.domain.policy import Policy

FIRST_NUMBER = 1000
OUR_CONTACT, _OTHER_CONTACT = "sender", "somebody"
_MAX_TITLE_CHARS = 40
_NUMBER, _ODD, _NO_NUMBER = "PCL-", "?", "none"
# Short, because the record shares an item of 1 KB with the audit row.
_STATUS_FIELDS = {
    "fs": "fulfillment_status",
    "ps": "financial_status",
    "ds": "delivery_status",
    "to": "destination_country",
    "wa": "waits_as",
}
_TIME_FIELDS = {
    "ct": "created_at_epoch_ms",
    "xt": "cancelled_at_epoch_ms",
    "st": "shipped_at_epoch_ms",
    "dt": "delivered_at_epoch_ms",
    "et": "estimated_delivery_at_epoch_ms",
}
# Where each parcel is told, these are not: they are made of the parcels.
_TOLD_BY_PARCELS = frozenset({"ds", "st", "dt", "et", "parcels"})
_PARCEL_TIMES = (
    *("labelled_at_epoch_ms", "in_transit_at_epoch_ms", "delivered_at_epoch_ms"),
    *("estimated_delivery_at_epoch_ms", "last_scan_at_epoch_ms"),
)
_FACTS = frozenset(item.name for item in fields(OrderFacts))
_PLACED_FACTS = frozenset(_STATUS_FIELDS.values()) | frozenset(_TIME_FIELDS.values())
_PLACED_FACTS |= {"order_id", "name", "contact_digests", "shipping_method", "tracking", "is_test", "parcels"}


def to_order_values(case: Case, order: OrderFacts, policy: Policy) -> dict[str, Any]:
    """Return what is kept of an order; times are ms before the decision.

    Does its number fit, is it the linked one, is it the sender's: of an order that is not proven the sender's nothing
    but that is kept.
    """
    linked = {plain_order_id(order_id) for order_id in case.ticket.linked_order_ids}
    numbers = order_numbers(case.entities)
    values: dict[str, Any] = {
        "fits": int(any(is_called(order, number) for number in numbers)),
        "linked": int(plain_order_id(order.order_id) in linked),
        "ours": int(bool(case.ticket.sender_contact_digests & frozenset(order.contact_digests))),
    }
    proof, code = proof_for(case, policy), case.code or CodeStanding()
    if match_order(case.ticket, numbers, case.order_lookup, proof, is_proved_by_code=code.is_proof).matched:
        values |= {key: getattr(order, name) for key, name in _STATUS_FIELDS.items()}
        times = {key: getattr(order, name) for key, name in _TIME_FIELDS.items()}
        values |= {key: None if time is None else case.now_epoch_ms - time for key, time in times.items()}
        values["by"] = method_words(order, policy)[:_MAX_TITLE_CHARS]
        values["test"] = int(order.is_test)
        values["odd"] = int(not is_printable_order_name(order.name))
        values["parcels"] = _stand_in_numbers(order.tracking, policy.carriers)
        values["pc"] = [_parcel_values(case, parcel, policy.carriers) for parcel in order.parcels]
        values["more"] = _further_facts(order)
        values = {key: value for key, value in values.items() if not (order.parcels and key in _TOLD_BY_PARCELS)}
    # A time of 0 is this very moment, and told.
    told = {key for key in _TIME_FIELDS if values.get(key) is not None}
    return {key: value for key, value in values.items() if value not in ("", [], {}, None, 0) or key in told}


def _further_facts(order: OrderFacts) -> dict[str, Any]:
    """Every yes, no or number that has no place of its own: a fact added later is recorded by itself.

    Text is not: it might be personal, so a text has to be given its place, and its form, by hand.
    """
    found = ((item, getattr(order, item.name)) for item in fields(order) if item.name not in _PLACED_FACTS)
    return {
        item.name: value for item, value in found if isinstance(value, bool | int | float) and value != item.default
    }


def _parcel_values(case: Case, parcel: ParcelFacts, carriers: CarrierRules) -> str:
    """status:ms since each of `_PARCEL_TIMES`:number,number; empty for what is not known"""
    times = (getattr(parcel, name) for name in _PARCEL_TIMES)
    ages = ("" if time is None else str(case.now_epoch_ms - time) for time in times)
    return ":".join((parcel.delivery_status or "", *ages, ",".join(_stand_in_numbers(parcel.tracking, carriers))))


def _stand_in_numbers(tracking: tuple[TrackingFacts, ...], carriers: CarrierRules) -> list[str]:
    """Keep which numbers are the same and whether each is one, not the numbers."""
    entries = {entry.number: entry for entry in tracking if entry.number}
    kept = (_stand_in(number, entry.company, carriers) for number, entry in entries.items())
    return [f"{mark}{place}" for place, mark in enumerate(kept)]


def _stand_in(number: str, company: str | None, carriers: CarrierRules) -> str:
    """A number, what cannot be printed, or the word for a number that is to come."""
    if carriers.is_number(number, company):
        return _NUMBER
    return _ODD if carriers.is_odd(number) else _NO_NUMBER


def from_order_values(values: dict[str, Any], now: int) -> OrderFacts:
    """Return a stand-in order that every rule sees as it saw the one recorded at `now`."""
    number = str(FIRST_NUMBER if values.get("fits") else 1)
    facts: dict[str, Any] = {name: values.get(key) for key, name in _STATUS_FIELDS.items()}
    facts |= {name: now - values[key] if key in values else None for key, name in _TIME_FIELDS.items()}
    created, fulfillment = facts.pop("created_at_epoch_ms"), facts.pop("fulfillment_status")
    order = OrderFacts(
        order_id=str(FIRST_NUMBER if values.get("linked") else 1),
        name=f"# {number}" if values.get("odd") else f"#{number}",
        created_at_epoch_ms=int(created or 0),
        fulfillment_status=str(fulfillment or ""),
        contact_digests=(OUR_CONTACT if values.get("ours") else _OTHER_CONTACT,),
        shipping_method=values.get("by"),
        tracking=_to_tracking(values.get("parcels", [])),
        is_test=bool(values.get("test")),
        parcels=tuple(_to_parcel(parcel, now) for parcel in values.get("pc", [])),
        **facts,
    )
    more = {name: value for name, value in values.get("more", {}).items() if name in _FACTS - _PLACED_FACTS}
    return replace(order, **more)


def _to_tracking(numbers: list[str]) -> tuple[TrackingFacts, ...]:
    """Return stand-ins that count as what they stand for: a number needs digits enough."""
    return tuple(TrackingFacts(number=number.replace(_NUMBER, f"{_NUMBER}1000")) for number in numbers)


def _to_parcel(values: str, now: int) -> ParcelFacts:
    status, *ages, numbers = values.split(":")
    times = {name: now - int(age) if age else None for name, age in zip(_PARCEL_TIMES, ages, strict=True)}
    return ParcelFacts(status or None, tracking=_to_tracking(numbers.split(",") if numbers else []), **times)
