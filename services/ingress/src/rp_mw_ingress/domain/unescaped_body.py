"""Finds the ticket id in a body that is no JSON because a template put a customer's text into it unescaped.

    {"ticket_id": "7", "message_id": "c1", "text": "he said "hi", and
    `-- read: fields of the helpdesk's own --´  `-- the first free-text key: nothing from here on is believed

What stands before the first free-text key cannot be a customer's. A customer who writes `","ticket_id":"8` into a text
writes it after that key.
"""

from __future__ import annotations

import json
import re
from typing import Any

from rp_mw_ingress.domain.errors import RequestRefused
from rp_mw_ingress.domain.reasons import Refusal
from rp_mw_ingress.domain.strict_json import decode_body, has_forbidden_character

# Fields that the helpdesk fills in by itself. Every other key counts as free text, so that a new one is not believed.
_OWN_KEYS = frozenset(
    {
        *("ticket_id", "conversation_id", "message_id", "ticket_url", "trigger", "created_at", "channel"),
        *("type", "public", "is_operator", "isOperator", "sender_type", "author_type", "author_id"),
    }
)
_ID_KEYS = ("ticket_id", "conversation_id")
_BLANKS = re.compile(r"[ \t\r\n]*+")
_DECODER = json.JSONDecoder()


def require_leading_ids(body: bytes) -> dict[str, Any]:
    """Return `ticket_id` and `conversation_id` as far as they stand, well-formed, before the first free-text key.

    Raises RequestRefused `malformed_body` when neither does, when a key repeats, or when no free-text key follows.
    """
    found: dict[str, Any] = {}
    text = decode_body(body)
    at = _skip(text, 0, "{")
    while True:
        key, at = _read_value(text, at)
        at = _skip(text, at, ":")
        if not isinstance(key, str) or key in found:
            raise _malformed()
        if key not in _OWN_KEYS:
            break
        found[key], at = _read_value(text, at)
        at = _skip(text, at, ",")
    ids = {name: found[name] for name in _ID_KEYS if name in found}
    if not ids:
        raise _malformed()
    return ids


def _skip(text: str, at: int, wanted: str) -> int:
    """Return the place after `wanted` and the blanks around it."""
    at = _after_blanks(text, at)
    if not text.startswith(wanted, at):
        raise _malformed()
    return _after_blanks(text, at + len(wanted))


def _after_blanks(text: str, at: int) -> int:
    match = _BLANKS.match(text, at)
    return match.end() if match else at


def _read_value(text: str, at: int) -> tuple[Any, int]:
    """Read one string, number, boolean or null; anything else is no field of the helpdesk's own."""
    if text.startswith(("{", "["), at):
        raise _malformed()
    try:
        value, end = _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError) as error:
        raise _malformed() from error
    if isinstance(value, str) and has_forbidden_character(value):
        raise _malformed()
    return value, end


def _malformed() -> RequestRefused:
    return RequestRefused(Refusal.MALFORMED_BODY)
