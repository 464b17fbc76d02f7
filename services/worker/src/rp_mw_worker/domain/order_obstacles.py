"""Why nothing may be said about an order by a machine, whatever its parcels do: a person explains."""

from __future__ import annotations

import re

from rp_mw_shared.messages.types import OrderFacts
from rp_mw_shared.reasons import Reason
from rp_mw_shared.times import MS_PER_DAY
from rp_mw_worker.domain.evidence import UNSHIPPED, Evidence
from rp_mw_worker.domain.order_words import PARCEL_LINES
from rp_mw_worker.domain.parcels import ParcelState, to_numbers
from rp_mw_worker.domain.policy import Policy

# Source: Shopify Admin schema 2026-10, OrderDisplayFulfillmentStatus and OrderDisplayFinancialStatus. A value in none
# of these sets is new to us and goes to a person.
_HELD = frozenset({"ON_HOLD", "REQUEST_DECLINED", "RESTOCKED"})
_SHIPPED = frozenset({"FULFILLED", "PARTIALLY_FULFILLED"})
_NOTHING_LEFT_TO_DO = "FULFILLMENT_NOT_REQUIRED"
_WAITING = "SCHEDULED"
_REFUNDED = frozenset({"REFUNDED", "PARTIALLY_REFUNDED", "VOIDED"})
_UNPAID = frozenset({"PENDING", "PARTIALLY_PAID", "EXPIRED"})
_PAID = frozenset({"PAID", "AUTHORIZED"})
_WAITS = frozenset({None, "pre_order", "back_order", "made_to_order"})
_ORDER_NAME = re.compile(r"#?[A-Za-z0-9][A-Za-z0-9#_-]{0,19}")


def find_obstacle(order: OrderFacts, evidence: Evidence, now_epoch_ms: int, policy: Policy) -> Reason | None:
    """Return why nothing may be said about the order, or None."""
    checks = (
        _find_special_order(order),
        _find_payment_obstacle(order),
        _find_delivery_obstacle(order, evidence),
        _find_odd_fact(order, evidence, policy),
        _find_age_obstacle(order, now_epoch_ms, policy),
    )
    return next((reason for reason in checks if reason is not None), None)


def is_printable_order_name(name: str) -> bool:
    """Whether an order's name looks like one and may stand in a reply."""
    return _ORDER_NAME.fullmatch(name) is not None


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


def _find_age_obstacle(order: OrderFacts, now_epoch_ms: int, policy: Policy) -> Reason | None:
    oldest = policy.settings.limits.max_order_age_days * MS_PER_DAY
    return Reason.ORDER_OLD if now_epoch_ms - order.created_at_epoch_ms > oldest else None


def _find_delivery_obstacle(order: OrderFacts, evidence: Evidence) -> Reason | None:
    status = order.fulfillment_status
    if ParcelState.PROBLEM in evidence.states:
        return Reason.DELIVERY_PROBLEM
    if status in _HELD or (status == _NOTHING_LEFT_TO_DO and order.requires_shipping):
        return Reason.ORDER_ON_HOLD
    known = {*UNSHIPPED, *_SHIPPED, _WAITING, _NOTHING_LEFT_TO_DO}
    is_unknown = status not in known or ParcelState.UNREADABLE in evidence.states
    return Reason.ORDER_INCOMPLETE if is_unknown else None


def _find_odd_fact(order: OrderFacts, evidence: Evidence, policy: Policy) -> Reason | None:
    """Facts that cannot be printed as they are, or contradict each other."""
    written = {entry.number for parcel in evidence.parcels for entry in parcel.tracking if entry.number}
    numbers = {entry.number for parcel in evidence.parcels for entry in to_numbers(parcel, policy.carriers)}
    odd = (
        not is_printable_order_name(order.name)
        or order.created_at_epoch_ms <= 0
        or order.waits_as not in _WAITS
        or any(policy.carriers.is_odd(number) for number in written)
        or max(len(numbers), len(evidence.parcels)) > len(PARCEL_LINES)
        or (bool(evidence.parcels) and order.fulfillment_status not in _SHIPPED and order.requires_shipping)
    )
    return Reason.ORDER_INCOMPLETE if odd else None
