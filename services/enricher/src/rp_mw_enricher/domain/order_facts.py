"""Turns Shopify's order node into the few facts the worker may know.

An order can travel in several parcels. It counts as delivered only when every parcel has arrived; its delivery status
is that of the parcel still on its way that was sent last, and of one nobody has seen move before any other. A
fulfillment's `createdAt` is when its label was made, never when it left. Each parcel is told on its own too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rp_mw_enricher.domain import statuses
from rp_mw_enricher.domain.answer import LookupFailed
from rp_mw_enricher.domain.order_name import NameFormat, to_spellings
from rp_mw_enricher.domain.reasons import FailureReason
from rp_mw_shared.messages.types import OrderFacts, ParcelFacts, TrackingFacts
from rp_mw_shared.times import parse_iso_ms

Node = Mapping[str, Any]
# Lists are cut without a word, so one more is asked for than the answer can use; a full list may be a cut one.
FULFILLMENTS_ASKED = 11
TRACKING_ASKED = 6
_NEWEST_EVENT = "events(first: 1, reverse: true, sortKey: HAPPENED_AT) { nodes { status happenedAt } }"
# What is asked of an order, beside the code that reads it.
ORDER_FIELDS = f"""
    legacyResourceId name createdAt cancelledAt test requiresShipping tags
    displayFinancialStatus displayFulfillmentStatus
    email phone
    customer {{ defaultEmailAddress {{ emailAddress }} defaultPhoneNumber {{ phoneNumber }} }}
    shippingAddress {{ countryCodeV2 }}
    shippingLine {{ title }}
    fulfillments(first: {FULFILLMENTS_ASKED}) {{
      status displayStatus createdAt inTransitAt deliveredAt estimatedDeliveryAt
      {_NEWEST_EVENT}
      trackingInfo(first: {TRACKING_ASKED}) {{ company number url }}
    }}"""

ContactDigests = Callable[[str], tuple[str, ...]]
_PLAIN = NameFormat()


def to_order_facts(node: Node, contact_digests: ContactDigests, name_format: NameFormat = _PLAIN) -> OrderFacts:
    """Return the facts of one order node; raises LookupFailed for an unknown status or a missing required field.

    `contact_digests` turns an e-mail address or phone into its salted digests, the exact one first; none for neither.
    `name_format` is the shop's own.
    """
    parcels = [parcel for parcel in _parcels(node) if parcel["status"] not in statuses.FULFILLMENT_VOID]
    leading = _leading_parcel(parcels)
    return OrderFacts(
        order_id=_require_text(node, "legacyResourceId"),
        name=_require_text(node, "name"),
        created_at_epoch_ms=_require_time(node, "createdAt"),
        fulfillment_status=_require_status(node, "displayFulfillmentStatus", statuses.ORDER_FULFILLMENT),
        financial_status=_find_status(node, "displayFinancialStatus", statuses.ORDER_FINANCIAL),
        contact_digests=_contact_digests(node, contact_digests),
        cancelled_at_epoch_ms=_find_time(node, "cancelledAt"),
        shipping_method=_find_text(_find_node(node, "shippingLine"), "title"),
        destination_country=_find_text(_find_node(node, "shippingAddress"), "countryCodeV2"),
        shipped_at_epoch_ms=_shipped_at(parcels),
        delivered_at_epoch_ms=_delivered_at(parcels),
        estimated_delivery_at_epoch_ms=_find_time(leading, "estimatedDeliveryAt"),
        delivery_status=_find_text(leading, "displayStatus"),
        tracking=tuple(dict.fromkeys(entry for parcel in parcels for entry in _tracking(parcel))),
        is_test=node.get("test") is True,
        spellings=to_spellings(_require_text(node, "name"), name_format),
        has_more_parcels=_may_be_cut(node),
        parcels=tuple(_to_parcel_facts(parcel) for parcel in parcels),
        requires_shipping=node.get("requiresShipping") is not False,
        waits_as=_find_wait(node),
    )


def find_own_address(node: Node) -> str | None:
    """Return the e-mail address that stands in the order itself, never the customer account's; None for none."""
    address = _find_text(node, "email")
    return address if address is not None and "@" in address else None


def _to_parcel_facts(parcel: Node) -> ParcelFacts:
    return ParcelFacts(
        delivery_status=_find_text(parcel, "displayStatus"),
        labelled_at_epoch_ms=_require_time(parcel, "createdAt"),
        in_transit_at_epoch_ms=_find_time(parcel, "inTransitAt"),
        delivered_at_epoch_ms=_find_time(parcel, "deliveredAt"),
        estimated_delivery_at_epoch_ms=_find_time(parcel, "estimatedDeliveryAt"),
        last_scan_at_epoch_ms=_find_scan(parcel),
        tracking=tuple(dict.fromkeys(_tracking(parcel))),
    )


def _find_scan(parcel: Node) -> int | None:
    """Return when the carrier last had the parcel in hand; a label's event is no scan."""
    nodes = _find_node(parcel, "events").get("nodes") or []
    if not isinstance(nodes, list) or not all(isinstance(event, Mapping) for event in nodes):
        raise LookupFailed(FailureReason.MALFORMED_ORDER)
    statuses_seen = [_require_status(event, "status", statuses.EVENT) for event in nodes]
    scans = (event for event, status in zip(nodes, statuses_seen, strict=True) if status in statuses.SCANNED)
    return max((_require_time(event, "happenedAt") for event in scans), default=None)


def _find_wait(node: Node) -> str | None:
    """Return what the shop's tags say the order waits as; the tags themselves stay here."""
    tags = node.get("tags") or []
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise LookupFailed(FailureReason.MALFORMED_ORDER)
    words = {re.sub(r"[\s_-]+", "", tag).lower() for tag in tags}
    found = [kind for kind, spellings in statuses.WAITS_AS.items() if words & spellings]
    return found[0] if found else None


def _may_be_cut(node: Node) -> bool:
    """Return whether a list is as long as it was asked for: what it left out, nobody says."""
    fulfillments = node.get("fulfillments") or []
    if len(fulfillments) >= FULFILLMENTS_ASKED:
        return True
    return any(len(fulfillment.get("trackingInfo") or []) >= TRACKING_ASKED for fulfillment in fulfillments)


def _parcels(node: Node) -> list[Node]:
    fulfillments = node.get("fulfillments") or []
    if not isinstance(fulfillments, list) or not all(isinstance(item, Mapping) for item in fulfillments):
        raise LookupFailed(FailureReason.MALFORMED_ORDER)
    for fulfillment in fulfillments:
        _require_status(fulfillment, "status", statuses.FULFILLMENT)
        _find_status(fulfillment, "displayStatus", statuses.DELIVERY)
        _require_time(fulfillment, "createdAt")
    return fulfillments


def _leading_parcel(parcels: list[Node]) -> Node:
    travelling = [parcel for parcel in parcels if not _has_arrived(parcel)]
    waiting = [parcel for parcel in travelling if not _has_moved(parcel)]
    return max(waiting or travelling or parcels, key=_last_known_at, default={})


def _has_arrived(parcel: Node) -> bool:
    return parcel.get("displayStatus") in statuses.DELIVERED or _find_time(parcel, "deliveredAt") is not None


def _has_moved(parcel: Node) -> bool:
    times = (_find_time(parcel, key) for key in ("inTransitAt", "deliveredAt"))
    return parcel.get("displayStatus") in statuses.MOVED or any(time is not None for time in times)


def _last_known_at(parcel: Node) -> int:
    return _find_time(parcel, "inTransitAt") or _require_time(parcel, "createdAt")


def _shipped_at(parcels: list[Node]) -> int | None:
    """Return when the first parcel was in transit; None while one of them has not moved."""
    known = [time for parcel in parcels if (time := _find_time(parcel, "inTransitAt")) is not None]
    return min(known, default=None) if all(_has_moved(parcel) for parcel in parcels) else None


def _delivered_at(parcels: list[Node]) -> int | None:
    arrivals = [_find_time(parcel, "deliveredAt") for parcel in parcels if _has_arrived(parcel)]
    known = [arrival for arrival in arrivals if arrival is not None]
    return max(known) if known and len(known) == len(parcels) else None


def _tracking(parcel: Node) -> Iterator[TrackingFacts]:
    for entry in parcel.get("trackingInfo") or []:
        if not isinstance(entry, Mapping):
            raise LookupFailed(FailureReason.MALFORMED_ORDER)
        facts = TrackingFacts(*(_find_text(entry, key) for key in ("company", "number", "url")))
        if facts != TrackingFacts():
            yield facts


def _contact_digests(node: Node, contact_digests: ContactDigests) -> tuple[str, ...]:
    customer = _find_node(node, "customer")
    contacts = (
        _find_text(node, "email"),
        _find_text(node, "phone"),
        _find_text(_find_node(customer, "defaultEmailAddress"), "emailAddress"),
        _find_text(_find_node(customer, "defaultPhoneNumber"), "phoneNumber"),
    )
    return tuple(sorted({digest for contact in contacts if contact for digest in contact_digests(contact)}))


def _find_node(node: Node, key: str) -> Node:
    value = node.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise LookupFailed(FailureReason.MALFORMED_ORDER)
    return value


def _find_text(node: Node, key: str) -> str | None:
    value = node.get(key)
    if value is not None and not isinstance(value, str):
        raise LookupFailed(FailureReason.MALFORMED_ORDER)
    return value or None


def _require_text(node: Node, key: str) -> str:
    value = node.get(key)
    if isinstance(value, int) and not isinstance(value, bool):  # legacyResourceId is a 64-bit number in a string
        value = str(value)
    if not isinstance(value, str) or not value:
        raise LookupFailed(FailureReason.MALFORMED_ORDER)
    return value


def _find_status(node: Node, key: str, known: frozenset[str]) -> str | None:
    value = _find_text(node, key)
    if value is not None and value not in known:
        raise LookupFailed(FailureReason.UNKNOWN_STATUS)
    return value


def _require_status(node: Node, key: str, known: frozenset[str]) -> str:
    value = _find_status(node, key, known)
    if value is None:
        raise LookupFailed(FailureReason.MALFORMED_ORDER)
    return value


def _find_time(node: Node, key: str) -> int | None:
    text = _find_text(node, key)
    if text is None:
        return None
    try:
        return parse_iso_ms(text)
    except ValueError:
        raise LookupFailed(FailureReason.MALFORMED_ORDER) from None


def _require_time(node: Node, key: str) -> int:
    moment = _find_time(node, key)
    if moment is None:
        raise LookupFailed(FailureReason.MALFORMED_ORDER)
    return moment
