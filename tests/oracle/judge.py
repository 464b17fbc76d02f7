"""Judges one reply: each of its sentences is true of the order, and what the facts hold is in it."""

from __future__ import annotations

import re
from html import unescape

from tests.oracle.shop import NOW
from tests.oracle.truth import HELD, LABELS, NEUTRAL, SENTENCES, UNSENT, Order, Parcel, day

_BREAKS = re.compile(r"</p><p>|<br>|</?p>")
_PATTERNS = {name: re.compile(pattern) for name, (pattern, _) in SENTENCES.items()}


def false_sentences(reply: str, order: Order) -> list[str]:
    """The sentences of a reply that are false, by name; a line that says nothing known is `unknown: ...`."""
    found = ["a reply where a machine must be silent"] if order.is_silent else []
    for line in filter(None, _BREAKS.split(unescape(reply))):
        names = [name for name, pattern in _PATTERNS.items() if pattern.search(line)]
        if not names and not line.startswith(NEUTRAL):
            found.append(f"unknown: {line}")
        meant = _meant(line, order)
        for name in names:
            match = _PATTERNS[name].search(line)
            if match is not None and not SENTENCES[name][1](order, meant, match):
                found.append(name)
    return found


def said(reply: str) -> set[str]:
    """The names of all that a reply says."""
    return {name for name, pattern in _PATTERNS.items() if pattern.search(unescape(reply))} | (
        {"still waiting"} if "you are still waiting" in reply else set()
    )


def held(order: Order) -> set[str]:
    """What the facts hold of what was asked, as sentences that the reply has to have; empty where they hold nothing.

    Silence is right where the order is cancelled, unpaid, held, a test, failed, of months ago, or contradicts itself.
    """
    if order.is_silent or _contradicts(order):
        return set()
    if not order.node["requiresShipping"]:
        return {"digital"}
    if order.parcels and order.status in {"FULFILLED", "PARTIALLY_FULFILLED"}:
        return _held_of_parcels(order)
    return set() if order.parcels else _held_without_parcel(order)


def _contradicts(order: Order) -> bool:
    """Sent and not sent, ticked off and waiting, picked up by a method that ships."""
    is_unsent = order.status in UNSENT | HELD | {"SCHEDULED", "FULFILLMENT_NOT_REQUIRED"}
    return (is_unsent and bool(order.parcels)) or (order.is_waiting and order.status in {"FULFILLED"})


def _held_of_parcels(order: Order) -> set[str]:
    parcels = order.parcels
    if order.status == "FULFILLED" and all(one.has_arrived for one in parcels):
        return {"collected" if all(one.display == "PICKED_UP" for one in parcels) else "delivered"}
    if len(parcels) == 1 and order.status == "FULFILLED":
        single = {"READY_FOR_PICKUP": "ready", "ATTEMPTED_DELIVERY": "attempted"}.get(parcels[0].display or "")
        if single:
            return {single}
    if order.is_late:
        return {"still waiting"}
    wanted = {name for parcel in parcels for name in _held_of_one(parcel)}
    return wanted | ({"rest not sent"} if order.status == "PARTIALLY_FULFILLED" else set())


def _held_of_one(parcel: Parcel) -> set[str]:
    """The state, with its day where one is known."""
    by_display = {"READY_FOR_PICKUP": "ready", "ATTEMPTED_DELIVERY": "attempted", "PICKED_UP": "collected"}
    if parcel.has_arrived:
        return {"collected" if parcel.display == "PICKED_UP" else "delivered"}
    if parcel.display in by_display:
        return {by_display[parcel.display or ""]}
    if parcel.display == "OUT_FOR_DELIVERY":
        return {"out for delivery"}
    if parcel.is_moving:
        return {"on its way", *({"arrives by"} if parcel.due is not None else ())}
    return _held_of_label(parcel)


def _held_of_label(parcel: Parcel) -> set[str]:
    order = parcel.order
    if order.method in {"Store pickup", "Local delivery"} or not order.has_known_method:
        return set()
    if len(order.parcels) > 1 or order.status == "PARTIALLY_FULFILLED":
        return {"no scan"}
    is_label = parcel.has_number or parcel.display in LABELS & {"LABEL_PRINTED", "LABEL_PURCHASED"}
    return {"being prepared", "arrives by"} if is_label else {"no number", "arrives by"}


def _held_without_parcel(order: Order) -> set[str]:
    if order.status in {"FULFILLED", "PARTIALLY_FULFILLED"}:
        return set()
    if order.is_late:
        return {"still waiting"}
    kinds = {"Pre-order": "pre-order", "backorder": "back-order", "made to order": "made to order"}
    if order.is_waiting:
        return {"not sent", kinds[order.tags[0]] if order.tags else "scheduled"}
    if order.method == "Store pickup":
        return {"for pickup", "being prepared"}
    if order.method == "Local delivery":
        return {"local delivery", "being prepared"}
    return {"arrives by"} if order.own_due is not None and order.own_due >= day(NOW) else set()


def _meant(line: str, order: Order) -> list[Parcel]:
    """The parcels a line is about: the one it names at its start, else all of them."""
    if not line.startswith("- "):
        return order.parcels
    named = line[2:].rpartition(": ")[0]
    by_place = re.fullmatch(r"Parcel (\d)", named)
    if by_place:
        return [order.parcels[int(by_place[1]) - 1]]
    return [one for one in order.parcels if any(entry["number"] in named for entry in one.node["trackingInfo"])]
