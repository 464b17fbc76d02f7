"""The queue messages, defined once, as plain frozen dataclasses.

The ingress builds and serialises them without pydantic; `messages.parsing` validates them with pydantic where
they are consumed. A change that an older consumer cannot read raises `CURRENT_VERSION`; a consumer accepts the
current version and the one before it (see `parsing.UPCASTERS`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rp_mw_shared.messages.inbound import (
    CURRENT_VERSION,
    INBOUND_EVENT,
    OLDEST_READABLE_VERSION,
    Attachment,
    InboundEvent,
)

__all__ = [
    "BY_EMAIL",
    "BY_ID",
    "BY_NAME",
    "CURRENT_VERSION",
    "ENRICHMENT_REQUEST",
    "ENRICHMENT_RESULT",
    "INBOUND_EVENT",
    "OLDEST_READABLE_VERSION",
    "Attachment",
    "EnrichmentRequest",
    "EnrichmentResult",
    "InboundEvent",
    "OrderFacts",
    "ParcelFacts",
    "QueueMessage",
    "TrackingFacts",
]

ENRICHMENT_REQUEST = "enrichment_request"
ENRICHMENT_RESULT = "enrichment_result"
BY_ID, BY_NAME, BY_EMAIL = "order_id", "order_name", "customer_email"


@dataclass(frozen=True, slots=True)
class EnrichmentRequest:
    """Asks the enricher for one order.

    `lookup_kind` is `order_id` (Richpanel's link), `order_name` (the customer's words) or `customer_email`: then
    `lookup_value` is the address in plain, which stands nowhere else but in this message (docs/decisions/0157).
    `with_address`: the answer shall name the order's own e-mail address, for a one-time code (docs/decisions/0194).
    """

    request_id: str
    conversation_id: str
    event_id: str
    message_id: str
    lookup_kind: str
    lookup_value: str = field(repr=False)
    requested_at_epoch_ms: int
    trace_id: str
    with_address: bool | None = None
    type: str = ENRICHMENT_REQUEST
    version: int = CURRENT_VERSION


@dataclass(frozen=True, slots=True)
class TrackingFacts:
    """One parcel's tracking as the shop shows it; any field may be missing."""

    company: str | None = None
    number: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class ParcelFacts:
    """One fulfillment that was not cancelled and did not fail. Times are epoch milliseconds.

    `labelled_at` is when the fulfillment was made, which says nothing of movement. `last_scan_at` is the carrier's
    newest scan. Source: Shopify Admin schema 2026-10, Fulfillment and FulfillmentEvent.
    """

    delivery_status: str | None = None
    labelled_at_epoch_ms: int | None = None
    in_transit_at_epoch_ms: int | None = None
    delivered_at_epoch_ms: int | None = None
    estimated_delivery_at_epoch_ms: int | None = None
    last_scan_at_epoch_ms: int | None = None
    tracking: tuple[TrackingFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What may be known of one order. No address, no payment detail, no item list, no contact in plain.

    `contact_digests` are salted hashes of the order's normalised e-mail addresses and phones
    (`redaction.hashing.contact_digest`). Times are epoch milliseconds. Statuses are Shopify's enum names.
    `shipped_at_epoch_ms` is when a parcel was first in transit, None unless every parcel is known to have moved.
    `spellings` are what the order is called besides `name`, as `1001` for `EN1001`: upper case, without `#`.
    `has_more_parcels`: there may be parcels that the shop did not tell. `parcels` are told one by one; an older
    enricher tells none, and the fields above are then all that is known. `waits_as` is pre_order, back_order or
    made_to_order, where a tag of the order says so.
    """

    order_id: str
    name: str
    created_at_epoch_ms: int
    fulfillment_status: str
    contact_digests: tuple[str, ...] = ()
    financial_status: str | None = None
    cancelled_at_epoch_ms: int | None = None
    shipping_method: str | None = None
    destination_country: str | None = None
    shipped_at_epoch_ms: int | None = None
    delivered_at_epoch_ms: int | None = None
    estimated_delivery_at_epoch_ms: int | None = None
    delivery_status: str | None = None
    tracking: tuple[TrackingFacts, ...] = ()
    is_test: bool = False
    spellings: tuple[str, ...] = ()
    has_more_parcels: bool = False
    parcels: tuple[ParcelFacts, ...] = ()
    requires_shipping: bool = True
    waits_as: str | None = None


@dataclass(frozen=True, slots=True)
class EnrichmentResult:
    """The enricher's answer, sent to the worker's own inbox in the conversation's group.

    `outcome` is found, not_found, ambiguous or failed; `order` is set only for found, `reason` only for failed.
    `order_address` is the order's own e-mail address in plain, only where the request asked for it: a one-time code
    goes there. It stands nowhere else but in this message (docs/decisions/0194).
    """

    request_id: str
    conversation_id: str
    event_id: str
    message_id: str
    outcome: str
    answered_at_epoch_ms: int
    trace_id: str
    order: OrderFacts | None = None
    reason: str | None = None
    order_address: str | None = field(default=None, repr=False)
    type: str = ENRICHMENT_RESULT
    version: int = CURRENT_VERSION


QueueMessage = InboundEvent | EnrichmentRequest | EnrichmentResult
