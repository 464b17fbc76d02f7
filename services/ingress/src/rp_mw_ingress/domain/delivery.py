"""Names an accepted message: event key, queue group, deduplication id, trace id.

full payload      event_id from its ids                   dedup id = its digest: SQS drops a repeat for 5 minutes
text and time     no event_id: the worker makes a salted one   dedup id = their digest, which only SQS sees
minimal payload   no event_id                            dedup id = the delivery itself: nothing is ever dropped;
                                                       in hmac mode the signature: SQS drops a recorded request
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

from rp_mw_ingress.domain.payload import Message
from rp_mw_shared.idempotency.keys import content_key, event_id
from rp_mw_shared.messages.inbound import InboundEvent
from rp_mw_shared.messages.serialization import group_id, to_json

TRACE_HEADER = "x-amzn-trace-id"

_ROOT = re.compile(r"(?:^|;)\s*Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)")


class Delivery(NamedTuple):
    """One SendMessage: body (JSON of an InboundEvent), group and deduplication id, each at most 128 characters."""

    body: str
    group_id: str
    deduplication_id: str


def to_delivery(
    message: Message, *, delivery_id: str, received_at_epoch_ms: int, trace_id: str, signature: str | None = None
) -> Delivery:
    """Return what to send for `message`; `delivery_id` must be new for every request, `signature` is hmac mode's."""
    key = event_id(message.conversation_id, message.message_id) if message.message_id else None
    event = InboundEvent(
        conversation_id=message.conversation_id,
        delivery_id=delivery_id,
        received_at_epoch_ms=received_at_epoch_ms,
        trace_id=trace_id,
        event_id=key,
        message_id=message.message_id,
        text=message.text,
        channel=message.channel,
        customer_email=message.customer_email,
        customer_phone=message.customer_phone,
        customer_name=message.customer_name,
        created_at=message.created_at,
        attachments=message.attachments,
    )
    return Delivery(
        body=to_json(event),
        group_id=group_id(message.conversation_id),
        deduplication_id=_digest(key or _find_content(message) or _once(delivery_id, signature)),
    )


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _once(delivery_id: str, signature: str | None) -> str:
    return f"delivery:{delivery_id}" if signature is None else f"signature:{signature}"


def to_trace_id(header: str | None, random_hex: str, now_epoch_seconds: int) -> str:
    """Return the trace id of an X-Amzn-Trace-Id header, or a new one from 24 random hex digits.

    Source: AWS X-Ray developer guide, tracing header and trace id format.
    """
    match = _ROOT.search(header or "")
    return match.group(1) if match else f"1-{now_epoch_seconds:08x}-{random_hex[:24]}"


def _find_content(message: Message) -> str | None:
    content = content_key(message.text, message.created_at) if message.text else None
    return f"content:{message.conversation_id}:{content}" if content is not None else None
