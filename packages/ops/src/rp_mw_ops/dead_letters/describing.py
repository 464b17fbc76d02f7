"""What may be shown of a dead letter: named fields only, each only in the form it must have.

A dead letter is by nature something nobody could handle, so nothing in it is believed: a value that does not look as
ours do is left out, and ids are shown as the short salted hash the logs use.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from rp_mw_ops.dead_letters.next_step import find_next_step
from rp_mw_ops.dead_letters.port import DeadLetter
from rp_mw_ops.printing import to_time
from rp_mw_shared.errors import PermanentError
from rp_mw_shared.messages.parsing import parse_message
from rp_mw_shared.messages.types import ENRICHMENT_REQUEST, ENRICHMENT_RESULT, INBOUND_EVENT
from rp_mw_shared.reasons import find_reason
from rp_mw_shared.redaction.hashing import short_hash

_CODE = re.compile(r"[a-z]+(_[a-z]+)*(_[1-5][0-9]{2})?")  # some end in an HTTP status
_TRACE_ID = re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MAX_CODE_CHARS = 64
_UNKNOWN = "unknown"
_MAX_EPOCH_MS = 10**14
# the closed sets of the messages' own fields
_WORDS: Mapping[str, frozenset[str]] = {
    "type": frozenset({INBOUND_EVENT, ENRICHMENT_REQUEST, ENRICHMENT_RESULT}),
    "origin": frozenset({"webhook", "sweep", "replay"}),
    "lookup_kind": frozenset({"order_id", "order_name"}),
    "outcome": frozenset({"found", "not_found", "ambiguous", "failed"}),
}
_TIMES = ("received_at_epoch_ms", "requested_at_epoch_ms", "answered_at_epoch_ms")
_IDS = {"conversation_id": "conversation", "event_id": "event", "message_id": "message", "request_id": "request"}


def describe(dead_letter: DeadLetter, salt: str | None) -> dict[str, Any]:
    """Return the line of a list; `conversation` is None for a body that names none, and without the salt."""
    body = _parse_body(dead_letter.body)
    return {
        "id": dead_letter.id,
        "queue": dead_letter.queue,
        "reason": shown_code(dead_letter.reason),
        "detail": _redacted(dead_letter.attributes.get("detail", "")),
        "source": _find_code(dead_letter.attributes.get("source")),
        "sent_at_epoch_ms": dead_letter.sent_at_epoch_ms,
        "sent_at": to_time(dead_letter.sent_at_epoch_ms),
        "receives": dead_letter.receives,
        "conversation": _hashed(body.get("conversation_id"), salt),
        "type": _find_word(body, "type"),
    }


def describe_fully(dead_letter: DeadLetter, salt: str | None) -> dict[str, Any]:
    """Return all that may be shown of one dead letter; never a text, a name, a contact or an order."""
    body = _parse_body(dead_letter.body)
    ids = {shown: _hashed(body.get(name), salt) for name, shown in _IDS.items()}
    times = {name: _find_time(body.get(name)) for name in _TIMES if name in body}
    version = body.get("version")
    facts = {
        "version": version if type(version) is int and 0 <= version < 1000 else None,
        "trace_id": _find_match(_TRACE_ID, body.get("trace_id")),
        "record_id": _find_match(_UUID, dead_letter.attributes.get("record_id")),
        "deliveries": _find_count(dead_letter.attributes.get("receive_count")),
        "body_bytes": len(dead_letter.body.encode("utf-8", "surrogatepass")),
        **{name: _find_word(body, name) for name in _WORDS},
    }
    return describe(dead_letter, salt) | in_sentences(dead_letter) | ids | times | facts


def in_sentences(dead_letter: DeadLetter) -> dict[str, str]:
    """Return why it died and what to do about it, a sentence each."""
    code = shown_code(dead_letter.reason)
    sentence = "It does not say why it could not be handled." if code == _UNKNOWN else find_reason(code).sentence
    return {"sentence": sentence, "next_step": find_next_step(code)}


def find_conversation(dead_letter: DeadLetter) -> str | None:
    """Return the conversation of a message that a consumer could read; nothing else of a dead letter is believed."""
    try:
        return parse_message(dead_letter.body).conversation_id
    except PermanentError:
        return None


def shown_code(text: str) -> str:
    """Return a reason code as it is, or `unknown` for what does not look like one."""
    return _find_code(text) or _UNKNOWN


def _parse_body(body: str) -> Mapping[str, Any]:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return payload if isinstance(payload, dict) else {}


def _hashed(value: Any, salt: str | None) -> str | None:
    return short_hash(value, salt) if isinstance(value, str) and value and salt else None


def _find_word(body: Mapping[str, Any], name: str) -> str | None:
    value = body.get(name)
    return value if isinstance(value, str) and value in _WORDS[name] else None


def _find_code(value: str | None) -> str | None:
    return value if value and len(value) <= _MAX_CODE_CHARS and _CODE.fullmatch(value) else None


def _find_time(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < _MAX_EPOCH_MS else None


def _find_count(value: str | None) -> int | None:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) <= 4 else None


def _find_match(pattern: re.Pattern[str], value: Any) -> str | None:
    return value if isinstance(value, str) and pattern.fullmatch(value) else None


def _redacted(text: str) -> str:
    from rp_mw_shared.redaction import redact

    return str(redact(text).text)
