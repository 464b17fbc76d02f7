"""Answers of Shopify's Admin GraphQL API."""

from __future__ import annotations

from typing import Any

EMAIL = "ana@example.com"
BAD_TOKEN = {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}


def cost(requested: int = 22, available: float = 1993.0, restore_rate: float = 100.0) -> dict[str, Any]:
    """The cost block of every answer."""
    status = {"maximumAvailable": 2000.0, "currentlyAvailable": available, "restoreRate": restore_rate}
    return {"requestedQueryCost": requested, "actualQueryCost": 7, "throttleStatus": status}


def fulfillment(**changes: Any) -> dict[str, Any]:
    """One parcel on its way."""
    return {
        "status": "SUCCESS",
        "displayStatus": "IN_TRANSIT",
        "createdAt": "2026-11-03T08:00:00Z",
        "inTransitAt": "2026-11-03T18:00:00Z",
        "deliveredAt": None,
        "estimatedDeliveryAt": "2026-11-06T00:00:00Z",
        "events": {"nodes": [{"status": "IN_TRANSIT", "happenedAt": "2026-11-04T06:30:00Z"}]},
        "trackingInfo": [{"company": "UPS", "number": "1Z9", "url": "https://track.example/1Z9"}],
    } | changes


def order(**changes: Any) -> dict[str, Any]:
    """One shipped order."""
    return {
        "legacyResourceId": "5551001",
        "name": "#1001",
        "createdAt": "2026-11-02T14:03:11Z",
        "cancelledAt": None,
        "test": False,
        "requiresShipping": True,
        "tags": [],
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "FULFILLED",
        "email": EMAIL,
        "phone": None,
        "customer": {
            "defaultEmailAddress": {"emailAddress": EMAIL},
            "defaultPhoneNumber": {"phoneNumber": "+15550100123"},
        },
        "shippingAddress": {"countryCodeV2": "US"},
        "shippingLine": {"title": "Standard"},
        "fulfillments": [fulfillment()],
    } | changes


def page(*orders: dict[str, Any], next_cursor: str | None = None, **extra: Any) -> dict[str, Any]:
    """One page of a search."""
    info = {"hasNextPage": next_cursor is not None, "endCursor": next_cursor or "end"}
    return {
        "data": {"orders": {"pageInfo": info, "nodes": list(orders)}},
        "extensions": {"cost": cost()},
    } | extra


def by_id(found: dict[str, Any] | None, **extra: Any) -> dict[str, Any]:
    """The answer to a question for one order."""
    return {"data": {"order": found}, "extensions": {"cost": cost()}} | extra


def graphql_error(code: str | None, message: str = "no", path: list[Any] | None = None) -> dict[str, Any]:
    """One entry of `errors`."""
    error: dict[str, Any] = {"message": message}
    if code is not None:
        error["extensions"] = {"code": code}
    if path is not None:
        error["path"] = path
    return error


def throttled(requested: int = 752, available: float = 51.0) -> dict[str, Any]:
    """A refusal for cost, at status 200."""
    return {
        "errors": [graphql_error("THROTTLED", "Throttled")],
        "extensions": {"cost": cost(requested, available)},
    }
