"""Turns a message into the body of a queue message, with the standard library only: the ingress imports this."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rp_mw_shared.messages.types import QueueMessage


def to_plain(message: Any) -> dict[str, Any]:
    """Return a message dataclass as a dict of its set fields; nested messages stay as they are until encoded."""
    plain = {}
    for name in message.__slots__:
        value = getattr(message, name)
        if value is not None and value != ():
            plain[name] = value
    return plain


# Plain ASCII keeps any text within the characters SQS allows, whatever a customer typed.
# Source: SQS SendMessage, allowed characters of a message body.
# Messages are frozen and hold no circle.
_ENCODER = json.JSONEncoder(
    separators=(",", ":"), ensure_ascii=True, allow_nan=False, check_circular=False, default=to_plain
)


def to_json(message: QueueMessage) -> str:
    """Return the message as compact ASCII JSON; fields that are None or empty are left out."""
    return _ENCODER.encode(to_plain(message))


def group_id(conversation_id: str) -> str:
    """Return the conversation's MessageGroupId: a SHA-256 hex digest, since ids may hold characters SQS refuses.

    Source: SQS allows 128 letters, digits and punctuation; Richpanel ids can be mail Message-IDs of any length.
    """
    return hashlib.sha256(conversation_id.encode()).hexdigest()
