"""What may be said about an order that is the customer's own: which template with which values, or why nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from rp_mw_shared.messages.types import OrderFacts, TrackingFacts
from rp_mw_worker.domain.delivery_window import delivery_window, has_start_date, local_date, to_words
from rp_mw_worker.domain.policy import BASE_LANGUAGE, Policy
from rp_mw_worker.domain.reasons import Reason

STATUS = "order_status_verified"
PARCELS = "order_status_parcels_verified"
ETA = "order_eta_no_tracking"
DELAY = "shipping_delay_verified"
ORDER_TEMPLATES = (STATUS, PARCELS, ETA, DELAY)

# Source: Shopify Admin schema 2026-10, OrderDisplayFulfillmentStatus and FulfillmentDisplayStatus. A value in none of
# these sets is new to us and goes to a person.
_SHIPPED = frozenset({"FULFILLED"})
_UNSHIPPED = frozenset({"UNFULFILLED", "OPEN", "IN_PROGRESS", "PENDING_FULFILLMENT"})
_HELD = frozenset({"ON_HOLD", "REQUEST_DECLINED", "RESTOCKED", "FULFILLMENT_NOT_REQUIRED"})
_DELIVERED = frozenset({"DELIVERED", "PICKED_UP"})
_PROBLEMS = frozenset(
    {"ATTEMPTED_DELIVERY", "FAILURE", "NOT_DELIVERED", "CANCELED", "LABEL_VOIDED", "READY_FOR_PICKUP"}
)
_MOVING = frozenset({"CARRIER_PICKED_UP", "IN_TRANSIT", "OUT_FOR_DELIVERY"})
# A label exists or the shop ticked the order off; whether anything left is not known.
_LABELLED = frozenset(
    {"CONFIRMED", "FULFILLED", "LABEL_PRINTED", "LABEL_PURCHASED", "MARKED_AS_FULFILLED", "SUBMITTED"}
)
_REFUNDED = frozenset({"REFUNDED", "PARTIALLY_REFUNDED", "VOIDED"})
_UNPAID = frozenset({"PENDING", "PARTIALLY_PAID", "EXPIRED"})
_PAID = frozenset({"PAID", "AUTHORIZED"})

_ORDER_NAME = re.compile(r"#?[A-Za-z0-9][A-Za-z0-9#_-]{0,19}")
_TRACKING_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 -]{3,38}")
_COMPANY = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .&()-]{0,38}")
_URL_CHARS = re.compile(r"[A-Za-z0-9:/?#@!$&'()*+,;=._~%\[\]-]+")
_MAX_URL_CHARS = 300
_MAX_PARCELS = 5


@dataclass(frozen=True, slots=True)
class OrderAnswer:
    """`template_id` None: no reply, and `reason` says why. `delayed`: answered, and a person follows up."""

    template_id: str | None
    reason: Reason
    variables: dict[str, str] = field(default_factory=dict)
    delayed: bool = False


def answer_about(
    order: OrderFacts, now_epoch_ms: int, policy: Policy, language: str | None = BASE_LANGUAGE
) -> OrderAnswer:
    """Return the reply the order's facts allow, its days in the words of `language`, or the reason for none."""
    obstacle = find_obstacle(order, policy)
    if obstacle is not None:
        return OrderAnswer(None, obstacle)
    parcels = _parcels(order)
    if order.delivery_status == "DELAYED":
        return OrderAnswer(DELAY, Reason.DELAYED_ORDER, {"order_number": order.name}, delayed=True)
    if parcels and not _is_moving(order, now_epoch_ms):
        return OrderAnswer(None, Reason.ORDER_LABEL_ONLY)
    if len(parcels) > 1:
        return OrderAnswer(PARCELS, Reason.OK, _parcel_variables(order, parcels))
    if parcels:
        return OrderAnswer(STATUS, Reason.OK, _status_variables(order, parcels[0], now_epoch_ms, policy, language))
    return _answer_without_tracking(order, now_epoch_ms, policy, language)


def find_obstacle(order: OrderFacts, policy: Policy) -> Reason | None:
    """Return why nothing may be said about the order, or None."""
    checks = (_find_special_order, _find_payment_obstacle, _find_delivery_obstacle)
    for check in checks:
        reason = check(order)
        if reason is not None:
            return reason
    if order.fulfillment_status == "SCHEDULED" and not has_start_date(order, policy):
        return Reason.ORDER_INCOMPLETE
    return _find_odd_fact(order)


def is_known_carrier_url(url: str, hosts: tuple[str, ...]) -> bool:
    """Whether `url` is an https link, without user or port, to one of `hosts` or a subdomain of one."""
    if len(url) > _MAX_URL_CHARS or not _URL_CHARS.fullmatch(url) or not url.startswith("https://"):
        return False
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return False
    if port is not None or "@" in parts.netloc:
        return False
    return any(host == known or host.endswith(f".{known}") for known in hosts)


def is_printable_order_name(name: str) -> bool:
    """Whether an order's name looks like one and may stand in a reply."""
    return _ORDER_NAME.fullmatch(name) is not None


def is_printable_tracking_number(number: str) -> bool:
    """Whether a tracking number looks like one and may stand in a reply."""
    return _TRACKING_NUMBER.fullmatch(number) is not None


def _find_special_order(order: OrderFacts) -> Reason | None:
    if order.is_test:
        return Reason.ORDER_IS_TEST
    if order.cancelled_at_epoch_ms is not None:
        return Reason.ORDER_CANCELLED
    # Nothing can be said about parcels that the shop did not tell, not even that all have arrived.
    return Reason.ORDER_INCOMPLETE if order.has_more_parcels else None


def _find_payment_obstacle(order: OrderFacts) -> Reason | None:
    status = order.financial_status
    if status in _REFUNDED:
        return Reason.ORDER_REFUNDED
    if status in _UNPAID:
        return Reason.ORDER_UNPAID
    return None if status is None or status in _PAID else Reason.ORDER_INCOMPLETE


def _find_delivery_obstacle(order: OrderFacts) -> Reason | None:
    fulfillment, delivery = order.fulfillment_status, order.delivery_status
    if fulfillment == "PARTIALLY_FULFILLED":
        return Reason.ORDER_PARTLY_SHIPPED
    if delivery in _DELIVERED or order.delivered_at_epoch_ms is not None:
        return Reason.ORDER_DELIVERED
    if delivery in _PROBLEMS:
        return Reason.DELIVERY_PROBLEM
    if fulfillment in _HELD:
        return Reason.ORDER_ON_HOLD
    if fulfillment not in _SHIPPED | _UNSHIPPED | {"SCHEDULED"}:
        return Reason.ORDER_INCOMPLETE
    if delivery is not None and delivery != "DELAYED" and delivery not in _MOVING | _LABELLED:
        return Reason.ORDER_INCOMPLETE
    return None


def _find_odd_fact(order: OrderFacts) -> Reason | None:
    """Facts that cannot be printed as they are, or contradict each other."""
    numbers = [parcel.number for parcel in order.tracking if parcel.number]
    odd = (
        not is_printable_order_name(order.name)
        or order.created_at_epoch_ms <= 0
        or any(not is_printable_tracking_number(number) for number in numbers)
        or len(set(numbers)) > _MAX_PARCELS
        or (bool(numbers) and order.fulfillment_status not in _SHIPPED)
    )
    return Reason.ORDER_INCOMPLETE if odd else None


def _parcels(order: OrderFacts) -> list[TrackingFacts]:
    return list({parcel.number: parcel for parcel in order.tracking if parcel.number}.values())


def _is_moving(order: OrderFacts, now_epoch_ms: int) -> bool:
    return order.delivery_status in _MOVING or _find_shipped_at(order, now_epoch_ms) is not None


def _find_shipped_at(order: OrderFacts, now_epoch_ms: int) -> int | None:
    """Return when the order left, if that can be."""
    shipped = order.shipped_at_epoch_ms
    return shipped if shipped is not None and order.created_at_epoch_ms <= shipped <= now_epoch_ms else None


def _parcel_variables(order: OrderFacts, parcels: list[TrackingFacts]) -> dict[str, str]:
    numbers = ", ".join(parcel.number or "" for parcel in parcels)
    return {"order_number": order.name, "parcel_count": str(len(parcels)), "tracking_numbers": numbers}


def _status_variables(
    order: OrderFacts, parcel: TrackingFacts, now_epoch_ms: int, policy: Policy, language: str | None
) -> dict[str, str]:
    variables = {"order_number": order.name, "tracking_number": parcel.number or ""}
    if parcel.company and _COMPANY.fullmatch(parcel.company):
        variables["tracking_company"] = parcel.company
    if parcel.url and is_known_carrier_url(parcel.url, policy.settings.tracking_hosts):
        variables["tracking_url"] = parcel.url
    shipped = _find_shipped_at(order, now_epoch_ms)
    if shipped is not None:
        variables["shipped_on"] = to_words(local_date(shipped, policy.settings.shop), language)
    return variables


def _answer_without_tracking(order: OrderFacts, now_epoch_ms: int, policy: Policy, language: str | None) -> OrderAnswer:
    window = delivery_window(order, policy)
    today = local_date(now_epoch_ms, policy.settings.shop)
    if window is None or today > window.latest:
        return OrderAnswer(DELAY, Reason.DELAYED_ORDER, {"order_number": order.name}, delayed=True)
    variables = {"order_number": order.name, "expected_by": to_words(window.latest, language)}
    if today < window.earliest < window.latest:
        variables["expected_from"] = to_words(window.earliest, language)
    return OrderAnswer(ETA, Reason.OK, variables)
