"""Reads a GraphQL answer, in which most refusals come with HTTP 200 and data can come together with errors.

Source: Shopify API docs, "API response status and error codes" and "GraphQL rate limits".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rp_mw_enricher.domain.answer import LookupFailed
from rp_mw_enricher.domain.reasons import FailureReason
from rp_mw_shared.errors import TransientError

Payload = Mapping[str, Any]

# Without these the sender cannot be compared; needed only where that comparison is the proof (lookup by name).
CONTACT_FIELDS = frozenset({"email", "phone", "customer"})
# Without these an answer is poorer, but not wrong.
_OPTIONAL_FIELDS = CONTACT_FIELDS | {"shippingAddress", "shippingLine", "displayFinancialStatus"}
_DENIED_WORDS = ("not approved", "access denied", "protected customer data")
_REASONS = {
    "MAX_COST_EXCEEDED": FailureReason.QUERY_TOO_COSTLY,
    "SHOP_INACTIVE": FailureReason.SHOP_INACTIVE,
}
_DEFAULT_WAIT_SECONDS = 2.0


class Throttled(Exception):
    """The cost bucket is too empty for the query; it will do in `wait_seconds`."""

    def __init__(self, wait_seconds: float) -> None:
        super().__init__()
        self.wait_seconds = wait_seconds


@dataclass(frozen=True, slots=True)
class GraphQLError:
    """One entry of `errors`; `fields` are the field names of its path, list positions left out."""

    code: str
    message: str
    fields: tuple[str, ...] = ()

    @property
    def is_denial(self) -> bool:
        """Return whether it says that the app may not read a field; the code is sometimes missing."""
        return self.code == "ACCESS_DENIED" or any(word in self.message.lower() for word in _DENIED_WORDS)


def require_readable(payload: Payload) -> frozenset[str]:
    """Raise for every error that spoils the answer; return the fields it had to leave out.

    Raises Throttled, TransientError, or LookupFailed.
    """
    missing: set[str] = set()
    for error in parse_errors(payload):
        if error.code == "THROTTLED":
            raise Throttled(throttle_wait_seconds(payload))
        if error.code == "INTERNAL_SERVER_ERROR":
            raise TransientError("Shopify failed inside the query", code="vendor_unavailable")
        spared = _OPTIONAL_FIELDS.intersection(error.fields)
        if not spared or payload.get("data") is None:
            raise LookupFailed(_reason_for(error))
        missing |= spared
    if any(search.get("warnings") for search in _searches(payload)):
        raise LookupFailed(FailureReason.SEARCH_NOT_UNDERSTOOD)
    return frozenset(missing)


def parse_errors(payload: Payload) -> list[GraphQLError]:
    """Return the errors of an answer; `errors` may be a list, one object or one text."""
    errors = payload.get("errors")
    if not errors:
        return []
    return [_parse_error(error) for error in (errors if isinstance(errors, list) else [errors])]


def throttle_wait_seconds(payload: Payload) -> float:
    """Return the seconds until the bucket holds what the query costs, at least one."""
    cost = _mapping(_mapping(payload.get("extensions")).get("cost"))
    status = _mapping(cost.get("throttleStatus"))
    try:
        short_of = float(cost["requestedQueryCost"]) - float(status["currentlyAvailable"])
        return max(1.0, short_of / float(status["restoreRate"]))
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return _DEFAULT_WAIT_SECONDS


def require_page(payload: Payload) -> tuple[list[Payload], str | None]:
    """Return the orders of one page and the cursor of the next one, if there is one; raises TransientError."""
    orders = _mapping(_mapping(payload.get("data")).get("orders"))
    nodes, page = orders.get("nodes"), _mapping(orders.get("pageInfo"))
    if not isinstance(nodes, list) or not all(isinstance(node, Mapping) for node in nodes):
        raise TransientError("Shopify's answer has no orders in it", code="vendor_answer_unreadable")
    cursor = page.get("endCursor") if page.get("hasNextPage") else None
    return nodes, cursor if isinstance(cursor, str) else None


def find_order(payload: Payload) -> Payload | None:
    """Return the order asked for by id, None when the shop shows none; raises TransientError."""
    answered = _mapping(payload.get("data"))
    if "order" not in answered:
        raise TransientError("Shopify's answer has no order in it", code="vendor_answer_unreadable")
    order = answered["order"]
    return order if isinstance(order, Mapping) else None


def _reason_for(error: GraphQLError) -> FailureReason:
    if error.is_denial:
        return FailureReason.ACCESS_DENIED
    return _REASONS.get(error.code, FailureReason.QUERY_REFUSED)


def _parse_error(error: Any) -> GraphQLError:
    if not isinstance(error, Mapping):
        return GraphQLError("", str(error))
    code = _mapping(error.get("extensions")).get("code")
    path = error.get("path")
    fields = tuple(step for step in path if isinstance(step, str)) if isinstance(path, list) else ()
    return GraphQLError(str(code or ""), str(error.get("message") or ""), fields)


def _searches(payload: Payload) -> Iterator[Payload]:
    searches = _mapping(payload.get("extensions")).get("search")
    for search in searches if isinstance(searches, list) else []:
        yield _mapping(search)


def _mapping(value: Any) -> Payload:
    return value if isinstance(value, Mapping) else {}
