"""The named facts of an order: all that a claim can rest on (claims.yaml says which fact proves which claim).

    OrderFacts, now, policy --collect--> Evidence (facts of the order, facts of each parcel) --claims.prove--> reply

A fact is only what the shop or the carrier said, or what the calendar makes of it. Nothing here knows a reply.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from rp_mw_shared.messages.types import OrderFacts, ParcelFacts
from rp_mw_worker.domain.delivery_window import (
    count_working_days,
    delivery_window,
    find_delivery_calendar,
    find_method,
    local_date,
)
from rp_mw_worker.domain.parcels import (
    WITHOUT_SCAN,
    ParcelState,
    find_scan_at,
    find_transit_at,
    to_numbers,
    to_parcels,
    to_state,
)
from rp_mw_worker.domain.policy import LOCAL_DELIVERY, PICKUP, Policy

# Source of the statuses: Shopify Admin schema 2026-10, OrderDisplayFulfillmentStatus.
UNSHIPPED = frozenset({"UNFULFILLED", "OPEN", "IN_PROGRESS", "PENDING_FULFILLMENT"})
_REFUNDED = frozenset({"REFUNDED", "PARTIALLY_REFUNDED"})
_LONGEST_ESTIMATE_DAYS = 365
_FRESH_DELIVERY_DAYS = 1  # "out for delivery" is said of the day it was scanned, and of no other
_SCANNED = frozenset({ParcelState.IN_TRANSIT, ParcelState.OUT_FOR_DELIVERY, ParcelState.ATTEMPTED})
_ON_THE_WAY = frozenset({ParcelState.IN_TRANSIT, ParcelState.OUT_FOR_DELIVERY, ParcelState.DELAYED})
# What makes good news untrue; `claims.yaml` names them under `never_with`.
LATE_FACTS = frozenset({"estimate_passed", "window_passed", "no_movement", "carrier_delay", "called_late"})

FACT_NAMES = LATE_FACTS | {
    # of the order
    *("not_fulfilled", "partly_fulfilled", "scheduled", "cancelled", "refunded", "no_tracking_number"),
    *("nothing_to_ship", "pickup_method", "local_delivery_method"),
    *("tagged_pre_order", "tagged_back_order", "tagged_made_to_order", "preorder_method"),
    # of a parcel, or of an order without one
    *("promised_window", "window_opens", "carrier_estimate"),
    # of a parcel
    *("no_scan", "carrier_scan", "in_transit_since", "last_scan", "out_for_delivery", "delivery_attempted"),
    *("ready_for_pickup", "carrier_delivered", "delivered_at", "collected"),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is known. `value` is its class where it has any, the shop's or carrier's status, never a number
    or a name; `day` is the day it speaks of.
    """

    name: str
    value: str = ""
    at_epoch_ms: int | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """The facts of the order, and of each parcel in the order of `parcels`, with each one's `states`."""

    order: tuple[Fact, ...] = ()
    parcels: tuple[ParcelFacts, ...] = ()
    states: tuple[ParcelState, ...] = ()
    by_parcel: tuple[tuple[Fact, ...], ...] = ()

    def find(self, *names: str, parcel: int | None = None) -> Fact | None:
        """Return the first fact of one of the names: of the order and all parcels, or of the order and one parcel."""
        places = self.by_parcel if parcel is None else (self.by_parcel[parcel],)
        facts = (fact for facts in (self.order, *places) for fact in facts)
        return next((fact for fact in facts if fact.name in names), None)


def survey(order: OrderFacts, now_epoch_ms: int, policy: Policy) -> Evidence:
    """Return the parcels and their states alone: enough to see that nothing may be said, and without a calendar."""
    parcels = to_parcels(order)
    return Evidence((), parcels, tuple(to_state(parcel, order, now_epoch_ms, policy.carriers) for parcel in parcels))


def collect(order: OrderFacts, now_epoch_ms: int, policy: Policy, *, is_called_late: bool = False) -> Evidence:
    """Return every fact of the order at that time; `is_called_late`: the customer calls it late, stuck or lost."""
    seen = survey(order, now_epoch_ms, policy)
    by_parcel = (
        tuple(_parcel_facts(parcel, state, order, now_epoch_ms, policy))
        for parcel, state in zip(seen.parcels, seen.states, strict=True)
    )
    called = (Fact("called_late"),) if is_called_late else ()
    of_order = (*_order_facts(order, seen.parcels, now_epoch_ms, policy), *called)
    return replace(seen, order=of_order, by_parcel=tuple(by_parcel))


def _order_facts(
    order: OrderFacts, parcels: tuple[ParcelFacts, ...], now_epoch_ms: int, policy: Policy
) -> Iterator[Fact]:
    status, method = order.fulfillment_status, find_method(order, policy)
    if status in UNSHIPPED:
        yield Fact("not_fulfilled", status, order.created_at_epoch_ms)
    if status == "PARTIALLY_FULFILLED":
        yield Fact("partly_fulfilled", status)
    if status == "SCHEDULED":
        yield Fact("scheduled", status)
    if order.cancelled_at_epoch_ms is not None:
        yield Fact("cancelled", at_epoch_ms=order.cancelled_at_epoch_ms)
    if order.financial_status in _REFUNDED:
        yield Fact("refunded", order.financial_status or "")
    if not order.requires_shipping:
        yield Fact("nothing_to_ship")
    if method is not None and method.kind in {PICKUP, LOCAL_DELIVERY}:
        yield Fact(f"{method.kind}_method")
    if method is not None and method.ships_from is not None:
        yield Fact("preorder_method")
    if order.waits_as is not None:
        yield Fact(f"tagged_{order.waits_as}")
    if not any(to_numbers(parcel, policy.carriers) for parcel in parcels):
        yield Fact("no_tracking_number")
    if status != "FULFILLED":
        # What has no parcel yet starts with the order; the estimate of a parcel beside it is not its own.
        estimate = None if parcels else order.estimated_delivery_at_epoch_ms
        own = replace(order, shipped_at_epoch_ms=None, estimated_delivery_at_epoch_ms=estimate)
        yield from _arrival_facts(own, now_epoch_ms, policy)


def _parcel_facts(
    parcel: ParcelFacts, state: ParcelState, order: OrderFacts, now_epoch_ms: int, policy: Policy
) -> Iterator[Fact]:
    status, shop = parcel.delivery_status or "none", policy.settings.shop
    if state in WITHOUT_SCAN:
        yield Fact("no_scan", status, parcel.labelled_at_epoch_ms)
    scan_at, transit_at = find_scan_at(parcel, order, now_epoch_ms), find_transit_at(parcel, order, now_epoch_ms)
    if state is ParcelState.IN_TRANSIT:
        yield Fact("carrier_scan", status, scan_at)
    if transit_at is not None and state in _ON_THE_WAY | _SCANNED:
        yield Fact("in_transit_since", "", transit_at, local_date(transit_at, shop))
    if scan_at is not None and state in _ON_THE_WAY | _SCANNED:
        yield Fact("last_scan", "", scan_at, local_date(scan_at, shop))
    yield from _state_facts(parcel, state, scan_at, order, now_epoch_ms, policy)
    if _is_without_movement(parcel, state, order, now_epoch_ms, policy):
        yield Fact("no_movement", status, scan_at)
    if state in _ON_THE_WAY | WITHOUT_SCAN:
        own = replace(
            order,
            shipped_at_epoch_ms=transit_at,
            estimated_delivery_at_epoch_ms=parcel.estimated_delivery_at_epoch_ms,
        )
        yield from _arrival_facts(own, now_epoch_ms, policy)


_NAMED_STATES = {
    ParcelState.OUT_FOR_DELIVERY: "out_for_delivery",
    ParcelState.ATTEMPTED: "delivery_attempted",
    ParcelState.DELAYED: "carrier_delay",
    ParcelState.READY_FOR_PICKUP: "ready_for_pickup",
    ParcelState.DELIVERED: "carrier_delivered",
    ParcelState.COLLECTED: "collected",
}


def _state_facts(
    parcel: ParcelFacts,
    state: ParcelState,
    scan_at: int | None,
    order: OrderFacts,
    now_epoch_ms: int,
    policy: Policy,
) -> Iterator[Fact]:
    name, arrived_at = _NAMED_STATES.get(state), parcel.delivered_at_epoch_ms
    if name is not None:
        yield Fact(name, parcel.delivery_status or "none", scan_at)
    if name != "carrier_delivered" or arrived_at is None:
        return
    if order.created_at_epoch_ms <= arrived_at <= now_epoch_ms:
        yield Fact("delivered_at", "", arrived_at, local_date(arrived_at, policy.settings.shop))


def _arrival_facts(order: OrderFacts, now_epoch_ms: int, policy: Policy) -> Iterator[Fact]:
    """When it should arrive: by the carrier's estimate, else by the shop's own days where its method has any."""
    shop = policy.settings.shop
    today, ordered = local_date(now_epoch_ms, shop), local_date(order.created_at_epoch_ms, shop)
    if order.estimated_delivery_at_epoch_ms is not None:
        day = local_date(order.estimated_delivery_at_epoch_ms, shop)
        if 0 <= (day - ordered).days <= _LONGEST_ESTIMATE_DAYS:
            yield Fact("carrier_estimate" if day >= today else "estimate_passed", day=day)
            return
    if not _counts_days(order, policy):
        return
    window = delivery_window(replace(order, estimated_delivery_at_epoch_ms=None), policy)
    if window is not None:
        yield Fact("promised_window" if window.latest >= today else "window_passed", day=window.latest)
        if today < window.earliest < window.latest:
            yield Fact("window_opens", day=window.earliest)


def _counts_days(order: OrderFacts, policy: Policy) -> bool:
    """What waits for goods has no date but its own; what is picked up or comes digitally does not arrive."""
    method = find_method(order, policy)
    if method is None or method.kind == PICKUP or not order.requires_shipping:
        return False
    is_waiting = order.waits_as is not None or order.fulfillment_status == "SCHEDULED"
    return not is_waiting or method.ships_from is not None


def _is_without_movement(
    parcel: ParcelFacts, state: ParcelState, order: OrderFacts, now_epoch_ms: int, policy: Policy
) -> bool:
    if state not in _ON_THE_WAY | WITHOUT_SCAN:
        return False
    method, shop = find_method(order, policy), policy.settings.shop
    most = (method.stuck_after_days if method else None) or policy.shipping.stuck_after_days
    if state is ParcelState.OUT_FOR_DELIVERY and parcel.last_scan_at_epoch_ms is not None:
        most = _FRESH_DELIVERY_DAYS
    scan_at = find_scan_at(parcel, order, now_epoch_ms)
    since = next(at for at in (scan_at, parcel.labelled_at_epoch_ms, order.created_at_epoch_ms) if at is not None)
    # An unknown calendar has no day off: movement is missed early, never late.
    calendar = find_delivery_calendar(order.destination_country or shop.country, ()) or (lambda _: True)
    return count_working_days(local_date(since, shop), local_date(now_epoch_ms, shop), calendar, most) >= most
