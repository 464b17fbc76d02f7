"""Every kind of order a shop can hold, as Shopify's Admin API would show it.

Written from Shopify's documentation alone (Admin schema 2026-10: the enums, and which of a fulfillment's times may be
null). Nothing of the product is imported here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

Node = dict[str, Any]
NOW = datetime(2026, 8, 12, 16, 0, tzinfo=UTC)  # a Wednesday, noon in New York

FULFILLMENT = (
    *("FULFILLED", "FULFILLMENT_NOT_REQUIRED", "IN_PROGRESS", "ON_HOLD", "OPEN", "PARTIALLY_FULFILLED"),
    *("PENDING_FULFILLMENT", "REQUEST_DECLINED", "RESTOCKED", "SCHEDULED", "UNFULFILLED"),
)
FINANCIAL = (
    *(None, "AUTHORIZED", "EXPIRED", "PAID", "PARTIALLY_PAID", "PARTIALLY_REFUNDED", "PENDING", "REFUNDED", "VOIDED"),
)
DISPLAY = (
    *(None, "ATTEMPTED_DELIVERY", "CANCELED", "CARRIER_PICKED_UP", "CONFIRMED", "DELAYED", "DELIVERED", "FAILURE"),
    *("FULFILLED", "IN_TRANSIT", "LABEL_PRINTED", "LABEL_PURCHASED", "LABEL_VOIDED", "MARKED_AS_FULFILLED"),
    *("NOT_DELIVERED", "OUT_FOR_DELIVERY", "PICKED_UP", "READY_FOR_PICKUP", "SUBMITTED"),
)
UPS, TBD = {"company": "UPS", "number": "1Z999AA10123456784", "url": "https://www.ups.com/track?n=1"}, "TBD"
TRACKING = ([], [UPS], [{"company": "UPS", "number": TBD, "url": None}])
AGES_DAYS = (1, 4, 20, 100)
METHODS = ("Standard", "International", "Store pickup", "Local delivery", "Carrier pigeon")
DESTINATIONS = ("US", "DE", None)


@dataclass(frozen=True, slots=True)
class Dates:
    """A parcel's times in days before now, None where the API says null; `scan` is the newest event's."""

    transit: float | None = None
    scan: float | None = None
    event: str = "IN_TRANSIT"
    delivered: float | None = None
    estimate: float | None = None


DATES = (
    Dates(),
    Dates(scan=0.2, event="LABEL_PRINTED"),
    Dates(transit=0.5, scan=0.2),
    Dates(transit=0.5, scan=0.2, estimate=-2),
    Dates(transit=0.5, scan=0.1, event="OUT_FOR_DELIVERY", estimate=-0.2),
    Dates(transit=3, scan=2, estimate=1.5),
    Dates(transit=18, scan=15),
    Dates(transit=18, scan=0.3),
    Dates(transit=0.9, scan=0.4, event="DELIVERED", delivered=0.4),
    Dates(estimate=-3),
)


def ago(days: float | None) -> str | None:
    """A time so many days before now as the API writes it."""
    return None if days is None else (NOW - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def parcel(display: str | None, dates: Dates, tracking: list[Node], age: float) -> Node:
    """One fulfillment that succeeded; no time is before the order's own."""
    kept = {name: at if at is None or at < age else None for name, at in (("t", dates.transit), ("s", dates.scan))}
    event = {"status": dates.event, "happenedAt": ago(kept["s"])}
    return {
        "status": "SUCCESS",
        "displayStatus": display,
        "createdAt": ago(age - 0.05),
        "inTransitAt": ago(kept["t"]),
        "deliveredAt": ago(dates.delivered if dates.delivered is not None and dates.delivered < age else None),
        "estimatedDeliveryAt": ago(dates.estimate if dates.estimate is None or dates.estimate < age else None),
        "events": {"nodes": [event] if kept["s"] is not None else []},
        "trackingInfo": tracking,
    }


def order(fulfillments: list[Node], age: float, **changes: Any) -> Node:
    """One paid order of Ana's."""
    return {
        "legacyResourceId": "5001",
        "name": "#1001",
        "createdAt": ago(age),
        "cancelledAt": None,
        "test": False,
        "requiresShipping": True,
        "tags": [],
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "FULFILLED",
        "email": "ana@example.com",
        "phone": None,
        "customer": None,
        "shippingAddress": {"countryCodeV2": "US"},
        "shippingLine": {"title": "Standard"},
        "fulfillments": fulfillments,
    } | changes


def _to(destination: str | None, method: str | None) -> Node:
    return {
        "shippingAddress": {"countryCodeV2": destination} if destination else None,
        "shippingLine": {"title": method} if method else None,
    }


def one_parcel() -> Iterator[Node]:
    """Every fulfilment status x delivery state x tracking x dates x age x method x destination."""
    kinds = product(FULFILLMENT, DISPLAY, TRACKING, DATES, AGES_DAYS, METHODS, DESTINATIONS)
    for status, display, tracking, dates, age, method, destination in kinds:
        yield order(
            [parcel(display, dates, tracking, age)], age, displayFulfillmentStatus=status, **_to(destination, method)
        )


def no_parcel() -> Iterator[Node]:
    """Every fulfilment and payment status x age x method x destination x goods, nothing sent yet."""
    goods: tuple[Node, ...] = (
        *({}, {"requiresShipping": False}, {"tags": ["Pre-order"]}, {"tags": ["backorder"]}),
        *({"tags": ["made to order"]}, {"cancelledAt": ago(0.1)}, {"test": True}),
    )
    kinds = product(FULFILLMENT, FINANCIAL, AGES_DAYS, METHODS, DESTINATIONS, goods)
    for status, paid, age, method, destination, what in kinds:
        yield order(
            [], age, displayFulfillmentStatus=status, displayFinancialStatus=paid, **_to(destination, method), **what
        )


def paid_parcels() -> Iterator[Node]:
    """Every payment status x fulfilment status x delivery state x age."""
    for paid, status, display, age in product(FINANCIAL, FULFILLMENT, DISPLAY, AGES_DAYS):
        sent = parcel(display, DATES[2], [UPS], age)
        yield order([sent], age, displayFulfillmentStatus=status, displayFinancialStatus=paid)


def two_parcels() -> Iterator[Node]:
    """Every pair of delivery states x dates of each x whether all was sent."""
    second = {"company": "DHL", "number": "JD014600003828392837", "url": None}
    kinds = product(
        DISPLAY, DISPLAY, DATES, (DATES[0], DATES[3], DATES[8]), ("FULFILLED", "PARTIALLY_FULFILLED"), (1, 4)
    )
    for one, other, dates, others, status, age in kinds:
        sent = [parcel(one, dates, [UPS], age), parcel(other, others, [second], age)]
        yield order(sent, age, displayFulfillmentStatus=status)


SHOPS = {
    "one parcel": one_parcel,
    "no parcel": no_parcel,
    "payment": paid_parcels,
    "two parcels": two_parcels,
}
