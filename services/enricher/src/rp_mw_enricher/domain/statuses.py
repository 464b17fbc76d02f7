"""The statuses this version understands; any other one is handed to a person instead of being guessed at.

Source: Shopify Admin GraphQL schema 2026-10 (OrderDisplayFulfillmentStatus, OrderDisplayFinancialStatus,
FulfillmentStatus, FulfillmentDisplayStatus, FulfillmentEventStatus).
"""

from __future__ import annotations

ORDER_FULFILLMENT = frozenset(
    {
        "FULFILLED",
        "FULFILLMENT_NOT_REQUIRED",
        "IN_PROGRESS",
        "ON_HOLD",
        "OPEN",
        "PARTIALLY_FULFILLED",
        "PENDING_FULFILLMENT",
        "REQUEST_DECLINED",
        "RESTOCKED",
        "SCHEDULED",
        "UNFULFILLED",
    }
)
ORDER_FINANCIAL = frozenset(
    {"AUTHORIZED", "EXPIRED", "PAID", "PARTIALLY_PAID", "PARTIALLY_REFUNDED", "PENDING", "REFUNDED", "VOIDED"}
)
FULFILLMENT = frozenset({"SUCCESS", "CANCELLED", "ERROR", "FAILURE", "OPEN", "PENDING"})
# A fulfillment in one of these never reached, or will not reach, the customer.
FULFILLMENT_VOID = frozenset({"CANCELLED", "ERROR", "FAILURE"})
DELIVERY = frozenset(
    {
        "ATTEMPTED_DELIVERY",
        "CANCELED",
        "CARRIER_PICKED_UP",
        "CONFIRMED",
        "DELAYED",
        "DELIVERED",
        "FAILURE",
        "FULFILLED",
        "IN_TRANSIT",
        "LABEL_PRINTED",
        "LABEL_PURCHASED",
        "LABEL_VOIDED",
        "MARKED_AS_FULFILLED",
        "NOT_DELIVERED",
        "OUT_FOR_DELIVERY",
        "PICKED_UP",
        "READY_FOR_PICKUP",
        "SUBMITTED",
    }
)
DELIVERED = frozenset({"DELIVERED", "PICKED_UP"})
# The carrier has had the parcel. Any other status may stand for a label alone.
MOVED = DELIVERED | {
    *("ATTEMPTED_DELIVERY", "CARRIER_PICKED_UP", "DELAYED", "IN_TRANSIT", "NOT_DELIVERED", "OUT_FOR_DELIVERY"),
    "READY_FOR_PICKUP",
}
EVENT = frozenset(
    {
        *("ATTEMPTED_DELIVERY", "CARRIER_PICKED_UP", "CONFIRMED", "DELAYED", "DELIVERED", "FAILURE", "IN_TRANSIT"),
        *("LABEL_PRINTED", "LABEL_PURCHASED", "OUT_FOR_DELIVERY", "READY_FOR_PICKUP"),
    }
)
# Events that the carrier makes with the parcel in hand.
SCANNED = frozenset({"ATTEMPTED_DELIVERY", "CARRIER_PICKED_UP", "DELIVERED", "IN_TRANSIT", "OUT_FOR_DELIVERY"})
# What the order waits for, by the shop's tags without blanks, hyphens and case: Shopify has no field for it.
WAITS_AS = {
    "pre_order": frozenset({"preorder", "preordered", "vorbestellung", "precommande", "reserva", "preordine"}),
    "back_order": frozenset({"backorder", "backordered", "nachlieferung", "rückstand", "nabestelling"}),
    "made_to_order": frozenset({"madetoorder", "madetomeasure", "custommade", "personalised", "personalized"}),
}
