"""Reads the two shapes an HTTP Target sends into one: minimal (ids only) and full (the message with its author).

Only the fields named here are read; everything else is dropped and reaches neither queue nor log.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from rp_mw_ingress.domain.errors import RequestRefused
from rp_mw_ingress.domain.reasons import Refusal
from rp_mw_ingress.domain.ticket_reference import MAX_URL_BYTES, find_identifier, require_ticket_id
from rp_mw_shared.messages.inbound import Attachment

MAX_ATTACHMENTS = 50
_MAX_SHORT_CHARACTERS = 320  # Source: RFC 5321 4.5.3.1, the longest mail address plus its angle brackets
_MAX_URL_CHARACTERS = 4096
_MAX_TEXT_CHARACTERS = 32 * 1024
# A value that is nothing but a variable was never filled in. Inside a longer text a customer may have typed it.
_TEMPLATE_VARIABLE = re.compile(r"\s*\{\{[^{}]*\}\}\s*")


class Message(NamedTuple):
    """What a webhook says of one message; None where it says nothing. `created_at` is the sender's own spelling."""

    conversation_id: str
    message_id: str | None = None
    text: str | None = None
    channel: str | None = None
    customer_email: str | None = None
    customer_phone: str | None = None
    customer_name: str | None = None
    created_at: str | None = None
    attachments: tuple[Attachment, ...] = ()


def parse_message(payload: Mapping[str, Any]) -> Message:
    """Return the message in `payload`; raises RequestRefused for a missing id, a wrong type or an unrendered field."""
    customer = _find_object(payload, "customer")
    _find_text(payload, "ticket_url", _MAX_URL_CHARACTERS)
    _find_text(payload, "trigger", _MAX_SHORT_CHARACTERS)
    return Message(
        conversation_id=_require_conversation_id(payload),
        message_id=find_identifier(payload.get("message_id")),
        text=_find_text(payload, "text", _MAX_TEXT_CHARACTERS),
        channel=_find_text(payload, "channel"),
        customer_email=_first(_find_text(customer, "email"), _find_text(payload, "customer_email")),
        customer_phone=_first(_find_text(customer, "phone"), _find_text(payload, "customer_phone")),
        customer_name=_first(_find_text(customer, "name"), _find_text(payload, "customer_name")),
        created_at=_find_time(payload.get("created_at")),
        attachments=_parse_attachments(payload.get("attachments")),
    )


def _require_conversation_id(payload: Mapping[str, Any]) -> str:
    """Both spellings are checked, whichever is used: a wrong one means a wrong template."""
    ticket_id, conversation_id = payload.get("ticket_id"), payload.get("conversation_id")
    find_identifier(conversation_id, MAX_URL_BYTES)
    return require_ticket_id(conversation_id if ticket_id is None else ticket_id)


def _first(found: str | None, other: str | None) -> str | None:
    """Return one of two spellings; both were checked before."""
    return found or other


def _find_object(payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = payload.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise RequestRefused(Refusal.INVALID_FIELD)
    return value


def _find_text(payload: Mapping[str, Any], key: str, max_characters: int = _MAX_SHORT_CHARACTERS) -> str | None:
    value = payload.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > max_characters:
        raise RequestRefused(Refusal.INVALID_FIELD)
    if "{{" in value and _TEMPLATE_VARIABLE.fullmatch(value):
        raise RequestRefused(Refusal.UNRENDERED_TEMPLATE)
    return value.strip() or None


def _find_time(value: Any) -> str | None:
    """A template may render a time as text or as a number of seconds or milliseconds."""
    if isinstance(value, int) and not isinstance(value, bool):
        if not 0 <= value < 10**15:
            raise RequestRefused(Refusal.INVALID_FIELD)
        return str(value)
    return _find_text({"created_at": value}, "created_at")


def _parse_attachments(value: Any) -> tuple[Attachment, ...]:
    if value is None or value == "":
        return ()
    if not isinstance(value, list) or len(value) > MAX_ATTACHMENTS:
        raise RequestRefused(Refusal.INVALID_FIELD)
    return tuple(_parse_attachment(item) for item in value)


def _parse_attachment(item: Any) -> Attachment:
    if not isinstance(item, Mapping):
        raise RequestRefused(Refusal.INVALID_FIELD)
    size = item.get("size_bytes")
    if size is not None and (isinstance(size, bool) or not isinstance(size, int) or not 0 <= size < 2**53):
        raise RequestRefused(Refusal.INVALID_FIELD)
    return Attachment(
        content_type=_find_text(item, "content_type"),
        size_bytes=size,
        url=_find_text(item, "url", _MAX_URL_CHARACTERS),
    )
