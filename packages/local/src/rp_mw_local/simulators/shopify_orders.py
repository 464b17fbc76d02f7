"""What the Shopify simulator holds: orders in the Admin API's own shape, and the search language over them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rp_mw_shared.times import MS_PER_DAY

Json = dict[str, Any]
HORIZON_DAYS = 60
# The carrier has not seen the parcel: the API knows no time in transit.
LABEL_ONLY = (
    *(None, "CONFIRMED", "FULFILLED", "LABEL_PRINTED", "LABEL_PURCHASED", "MARKED_AS_FULFILLED", "SUBMITTED"),
)
# FulfillmentEventStatus; the display statuses without one leave no event, or another's.
EVENTS = frozenset(
    {
        *("ATTEMPTED_DELIVERY", "CARRIER_PICKED_UP", "CONFIRMED", "DELAYED", "DELIVERED", "FAILURE", "IN_TRANSIT"),
        *("LABEL_PRINTED", "LABEL_PURCHASED", "OUT_FOR_DELIVERY", "READY_FOR_PICKUP"),
    }
)
_EVENT_OF = {"NOT_DELIVERED": "FAILURE"}
KNOWN_FILTERS = frozenset(
    {
        *("name", "email", "customer_id", "id", "confirmation_number", "created_at", "processed_at", "updated_at"),
        *("status", "fulfillment_status", "financial_status", "tag", "test"),
    }
)
_TERM = re.compile(r'(-?)([A-Za-z_]+):(?:"((?:[^"\\]|\\.)*)"|(\S+))')


def iso(epoch_ms: int) -> str:
    """The API's time format: UTC, whole seconds."""
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def order_json(contents: Json, now: int) -> Json:
    """A complete order from a few facts; what ends in `_days_ago` counts days before now.

    `tracking` is one parcel or a list of them, told in each of `fulfillment_count` fulfillments; `parcels` are
    fulfillments of their own, each with its tracking, status and days.
    """
    number = str(contents["id"])
    created = now - int(float(contents.get("created_days_ago", 2)) * MS_PER_DAY)
    email, phone = contents.get("email"), contents.get("phone")
    customer = {
        "id": f"gid://shopify/Customer/9{number}",
        "displayName": contents.get("customer_name"),
        "firstName": contents.get("customer_name"),
        "lastName": None,
        "email": email,
        "phone": phone,
        "defaultEmailAddress": {"emailAddress": email} if email else None,
        "defaultPhoneNumber": {"phoneNumber": phone} if phone else None,
    }
    method = contents.get("shipping_method", "Standard")
    return {
        "id": f"gid://shopify/Order/{number}",
        "legacyResourceId": number,
        "name": contents["name"],
        "createdAt": iso(created),
        "processedAt": iso(created),
        "updatedAt": iso(created),
        "cancelledAt": iso(now) if contents.get("cancelled") else None,
        "cancelReason": "CUSTOMER" if contents.get("cancelled") else None,
        "closedAt": None,
        "test": bool(contents.get("test", False)),
        "requiresShipping": bool(contents.get("requires_shipping", True)),
        "tags": list(contents.get("tags", [])),
        "displayFinancialStatus": contents.get("financial_status", "PAID"),
        "displayFulfillmentStatus": contents.get(
            "fulfillment_status", "FULFILLED" if "tracking" in contents or "parcels" in contents else "UNFULFILLED"
        ),
        "returnStatus": "NO_RETURN",
        "email": email,
        "phone": phone,
        "statusPageUrl": f"https://shop.example/orders/{number}/authenticate?key=sim-{number}",
        "customer": None if contents.get("guest") else customer,
        "shippingAddress": {"zip": contents.get("zip", "1000"), "countryCodeV2": contents.get("country", "US")},
        "shippingLine": {"title": method, "code": method, "carrierIdentifier": None} if method else None,
        "fulfillments": _fulfillments(contents, number, now),
    }


def _fulfillments(contents: Json, number: str, now: int) -> list[Json]:
    if "parcels" in contents:
        return [_fulfillment(parcel, f"{number}{place}", now) for place, parcel in enumerate(contents["parcels"])]
    if "tracking" not in contents:
        return []
    return [_fulfillment(contents, number, now)] * int(contents.get("fulfillment_count", 1))


def _fulfillment(contents: Json, number: str, now: int) -> Json:
    """One parcel: a carrier's scan leaves an event, and so does a label."""
    shipped = now - int(float(contents.get("shipped_days_ago", 1)) * MS_PER_DAY)
    delivered = _days_ago(contents, "delivered_days_ago", now)
    estimated = _days_ago(contents, "estimated_days_ahead", now, sign=-1)
    given = contents.get("tracking", [])
    tracking = given if isinstance(given, list) else [given]
    status = contents.get("delivery_status", "IN_TRANSIT" if delivered is None else "DELIVERED")
    scanned = _days_ago(contents, "scanned_days_ago", now) or delivered or shipped
    event = {"status": _EVENT_OF.get(status, status), "happenedAt": iso(scanned)}
    return {
        "id": f"gid://shopify/Fulfillment/7{number}",
        "status": "SUCCESS",
        "displayStatus": status,
        "createdAt": iso(shipped),
        "updatedAt": iso(scanned),
        "inTransitAt": None if status in LABEL_ONLY else iso(shipped),
        "deliveredAt": None if delivered is None else iso(delivered),
        "estimatedDeliveryAt": None if estimated is None else iso(estimated),
        "events": {"nodes": [event] if event["status"] in EVENTS else []},
        "trackingInfo": [
            {"company": parcel.get("company"), "number": parcel.get("number"), "url": parcel.get("url")}
            for parcel in tracking
        ],
    }


def _days_ago(contents: Json, key: str, now: int, sign: int = 1) -> int | None:
    days = contents.get(key)
    return None if days is None else now - sign * int(float(days) * MS_PER_DAY)


@dataclass(frozen=True, slots=True)
class Search:
    """A parsed search string: terms as (negated, field, value), and the warnings for fields that do not exist."""

    terms: tuple[tuple[bool, str, str], ...]
    warnings: tuple[Json, ...] = ()


def parse_search(text: str) -> Search:
    """Unknown fields are dropped with a warning, so that they match everything, as the real search does."""
    terms, warnings = [], []
    for negated, name, quoted, plain in _TERM.findall(text):
        if name in KNOWN_FILTERS:
            terms.append((bool(negated), name, quoted or plain))
        else:
            warnings.append({"field": name, "message": "Invalid search field for this query.", "code": "invalid_field"})
    return Search(tuple(terms), tuple(warnings))


@dataclass(slots=True)
class Orders:
    """The store; callers hold the simulator's lock."""

    orders: list[Json] = field(default_factory=list)

    def add(self, contents: Json, now: int) -> Json:
        """Adds one order, a second one of the same name included."""
        order = order_json(contents, now)
        self.orders.append(order)
        return order

    def find(self, gid: str) -> Json | None:
        """The order with this global id."""
        return next((order for order in self.orders if order["id"] == gid), None)

    def search(self, search: Search, now: int, *, horizon_days: int, is_name_loose: bool) -> list[Json]:
        """Newest first; orders past the horizon are absent, as without read_all_orders."""
        oldest = iso(now - horizon_days * MS_PER_DAY)
        visible = [order for order in self.orders if order["processedAt"] >= oldest]
        found = [
            order
            for order in visible
            if all(_is_match(order, *term, is_name_loose) != term[0] for term in search.terms)
        ]
        return sorted(found, key=lambda order: str(order["processedAt"]), reverse=True)


def _is_match(order: Json, _negated: bool, name: str, value: str, is_name_loose: bool) -> bool:
    if name == "name":
        shown, wanted = _plain(order["name"]), _plain(value)
        return shown.startswith(wanted) if is_name_loose else shown == wanted
    if name == "id":
        return str(order["legacyResourceId"]) == value.rpartition("/")[2]
    if name == "email":  # as loose as the search for names: also addresses that only contain this one
        shown = str(order["email"] or "").lower()
        return value.lower() in shown if is_name_loose else shown == value.lower()
    if name == "test":
        return bool(order["test"]) == (value == "true")
    # the other filters narrow by things the product never asks for
    return True


def _plain(name: str) -> str:
    return name.replace("\\", "").lstrip("#").lower()
