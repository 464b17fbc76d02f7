"""What the queue delivered, in one form for a customer's message and for the answer to an order question."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace

from rp_mw_shared.errors import PermanentError
from rp_mw_shared.idempotency.keys import result_event_id
from rp_mw_shared.messages.types import EnrichmentResult, InboundEvent, QueueMessage
from rp_mw_shared.redaction.hashing import contact_digest
from rp_mw_worker.domain.model import OrderLookup


@dataclass(frozen=True, slots=True)
class QueueDelivery:
    """One delivery. `event_id` None: it has to be found in the ticket. `lookup` is set for an enrichment result.

    `received_at_epoch_ms` is when the webhook came; 0 when only the conversation's state can tell.
    `fingerprint` is the SHA-256 of the whole queue message.
    """

    conversation_id: str
    delivery_id: str
    event_id: str | None
    trace_id: str
    fingerprint: str
    received_at_epoch_ms: int = 0
    message_id: str | None = None
    text: str | None = field(default=None, repr=False)
    attachment_count: int = 0
    customer_digest: str | None = None
    origin: str = "webhook"
    request_id: str | None = None
    lookup: OrderLookup | None = None
    is_last_delivery: bool = False
    is_redelivery: bool = False


def to_delivery(
    message: QueueMessage, body: str, salt: str, *, is_last_delivery: bool = False, is_redelivery: bool = False
) -> QueueDelivery:
    """Return the delivery of a validated message; raises PermanentError for a type that belongs to another queue."""
    fingerprint = hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()
    if isinstance(message, InboundEvent):
        delivery = _of_event(message, fingerprint, salt)
    elif isinstance(message, EnrichmentResult):
        delivery = _of_result(message, fingerprint)
    else:
        raise PermanentError("an enrichment request came to the worker's inbox", code="message_type_unexpected")
    return replace(delivery, is_last_delivery=is_last_delivery, is_redelivery=is_redelivery)


def _of_event(event: InboundEvent, fingerprint: str, salt: str) -> QueueDelivery:
    contact = event.customer_email or event.customer_phone
    return QueueDelivery(
        conversation_id=event.conversation_id,
        delivery_id=event.delivery_id,
        event_id=event.event_id,
        trace_id=event.trace_id,
        fingerprint=fingerprint,
        received_at_epoch_ms=event.received_at_epoch_ms,
        message_id=event.message_id,
        text=event.text,
        attachment_count=len(event.attachments),
        customer_digest=contact_digest(contact, salt) if contact else None,
        origin=event.origin,
    )


def _of_result(result: EnrichmentResult, fingerprint: str) -> QueueDelivery:
    return QueueDelivery(
        conversation_id=result.conversation_id,
        delivery_id=result.request_id,
        event_id=result_event_id(result.request_id),
        trace_id=result.trace_id,
        fingerprint=fingerprint,
        message_id=result.message_id,
        origin="enrichment",
        request_id=result.request_id,
        # How the order was looked up stands in the conversation's pending flow.
        lookup=OrderLookup("order_name", result.outcome, result.order, result.reason),
    )
