"""The message the ingress queues: one customer message, as a plain frozen dataclass.

Apart from the enrichment messages in `types`, so that the ingress, whose start is waited for, makes no class it never
uses.
"""

from __future__ import annotations

from dataclasses import dataclass

CURRENT_VERSION = 1
OLDEST_READABLE_VERSION = max(1, CURRENT_VERSION - 1)

INBOUND_EVENT = "inbound_event"


@dataclass(frozen=True, slots=True)
class Attachment:
    """What is known of an attachment without fetching it; sizes are in bytes."""

    content_type: str | None = None
    size_bytes: int | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class InboundEvent:
    """One customer message, as the webhook or the sweep reported it.

    `event_id` is None for a minimal payload: nothing in it tells two messages apart, so the worker derives the
    canonical id from the ticket it reads. `delivery_id` is unique per accepted request. Times are epoch
    milliseconds, `created_at` is the sender's own string. `origin` is webhook, sweep or replay.
    """

    conversation_id: str
    delivery_id: str
    received_at_epoch_ms: int
    trace_id: str
    event_id: str | None = None
    message_id: str | None = None
    text: str | None = None
    channel: str | None = None
    customer_email: str | None = None
    customer_phone: str | None = None
    customer_name: str | None = None
    created_at: str | None = None
    attachments: tuple[Attachment, ...] = ()
    origin: str = "webhook"
    type: str = INBOUND_EVENT
    version: int = CURRENT_VERSION
