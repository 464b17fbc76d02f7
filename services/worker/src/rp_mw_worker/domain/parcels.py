"""One parcel's state, from what the carrier and the shop say of it.

    label --scan--> in transit --> out for delivery --> delivered
                        |               +--> attempted
                        +--> ready for pickup --> collected

A state without a scan claims no movement, whatever the shop ticked off.
"""

from __future__ import annotations

from enum import StrEnum

from rp_mw_shared.messages.types import OrderFacts, ParcelFacts, TrackingFacts
from rp_mw_worker.domain.carriers import CarrierRules


class ParcelState(StrEnum):
    """What is known of one parcel; UNREADABLE is a status this version does not know."""

    LABEL = "label"  # a label or a number exists, and nobody has seen the parcel move
    UNTRACKED = "untracked"  # ticked off by the shop, without a number, a label's status or a scan
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    ATTEMPTED = "attempted"
    DELAYED = "delayed"
    READY_FOR_PICKUP = "ready_for_pickup"
    COLLECTED = "collected"
    DELIVERED = "delivered"
    PROBLEM = "problem"
    UNREADABLE = "unreadable"


# Source: Shopify Admin schema 2026-10, FulfillmentDisplayStatus.
_STATES = {
    "ATTEMPTED_DELIVERY": ParcelState.ATTEMPTED,
    "CARRIER_PICKED_UP": ParcelState.IN_TRANSIT,
    "DELAYED": ParcelState.DELAYED,
    "DELIVERED": ParcelState.DELIVERED,
    "IN_TRANSIT": ParcelState.IN_TRANSIT,
    "OUT_FOR_DELIVERY": ParcelState.OUT_FOR_DELIVERY,
    "PICKED_UP": ParcelState.COLLECTED,
    "READY_FOR_PICKUP": ParcelState.READY_FOR_PICKUP,
    **dict.fromkeys(("CANCELED", "FAILURE", "LABEL_VOIDED", "NOT_DELIVERED"), ParcelState.PROBLEM),
}
_LABEL_STATUSES = frozenset({"LABEL_PRINTED", "LABEL_PURCHASED"})
# What the shop says, or what stands there while nothing is known.
_SHOP_STATUSES = frozenset({"CONFIRMED", "FULFILLED", "MARKED_AS_FULFILLED", "SUBMITTED"})
ARRIVED = frozenset({ParcelState.DELIVERED, ParcelState.COLLECTED})
WITHOUT_SCAN = frozenset({ParcelState.LABEL, ParcelState.UNTRACKED})


def to_parcels(order: OrderFacts) -> tuple[ParcelFacts, ...]:
    """Return the order's parcels; of facts that tell none, one parcel made of the order's own."""
    if order.parcels:
        return order.parcels
    whole = ParcelFacts(
        delivery_status=order.delivery_status,
        in_transit_at_epoch_ms=order.shipped_at_epoch_ms,
        delivered_at_epoch_ms=order.delivered_at_epoch_ms,
        estimated_delivery_at_epoch_ms=order.estimated_delivery_at_epoch_ms,
        tracking=order.tracking,
    )
    # An estimate alone is the order's, not a parcel's.
    said = (whole.delivery_status, whole.in_transit_at_epoch_ms, whole.delivered_at_epoch_ms, whole.tracking or None)
    return (whole,) if any(value is not None for value in said) else ()


def to_state(parcel: ParcelFacts, order: OrderFacts, now_epoch_ms: int, carriers: CarrierRules) -> ParcelState:
    """Return the parcel's state; a time of arrival outweighs a status that is only on the way."""
    status = parcel.delivery_status
    state = _STATES.get(status or "")
    if state is ParcelState.PROBLEM or state in ARRIVED:
        return state
    if _is_possible(parcel.delivered_at_epoch_ms, order, now_epoch_ms):
        return ParcelState.DELIVERED
    if state is not None:
        return state
    if status is not None and status not in _LABEL_STATUSES | _SHOP_STATUSES:
        return ParcelState.UNREADABLE
    if find_scan_at(parcel, order, now_epoch_ms) is not None:
        return ParcelState.IN_TRANSIT
    has_label = status in _LABEL_STATUSES or bool(to_numbers(parcel, carriers))
    return ParcelState.LABEL if has_label else ParcelState.UNTRACKED


def find_scan_at(parcel: ParcelFacts, order: OrderFacts, now_epoch_ms: int) -> int | None:
    """Return when the carrier last had the parcel in hand, if that can be; no status alone tells it."""
    scans = (parcel.last_scan_at_epoch_ms, find_transit_at(parcel, order, now_epoch_ms))
    return max((scan for scan in scans if _is_possible(scan, order, now_epoch_ms) and scan is not None), default=None)


def find_transit_at(parcel: ParcelFacts, order: OrderFacts, now_epoch_ms: int) -> int | None:
    """Return when the parcel was first in transit, if that can be."""
    at = parcel.in_transit_at_epoch_ms
    return at if _is_possible(at, order, now_epoch_ms) else None


def to_numbers(parcel: ParcelFacts, carriers: CarrierRules) -> tuple[TrackingFacts, ...]:
    """Return the parcel's entries whose number is one and can be printed, each number once."""
    entries = (entry for entry in parcel.tracking if entry.number and carriers.is_number(entry.number, entry.company))
    return tuple({entry.number: entry for entry in entries}.values())


def _is_possible(epoch_ms: int | None, order: OrderFacts, now_epoch_ms: int) -> bool:
    return epoch_ms is not None and order.created_at_epoch_ms <= epoch_ms <= now_epoch_ms
