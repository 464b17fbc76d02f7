"""Turns what an HTTP Target put where the ticket id belongs into the ticket id, or refuses it.

A template may deliver the id as it is, HTML-escaped, or the ticket's whole address; an unrendered template delivers
its own variable. The same ticket must always give the same id, or its messages would land in two groups.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from rp_mw_ingress.domain.errors import RequestRefused
from rp_mw_ingress.domain.reasons import Refusal

# Both ids, with the first one's colons escaped, go into one DynamoDB key of at most 2048 bytes.
MAX_TICKET_ID_BYTES = 512
MAX_MESSAGE_ID_BYTES = 256
MAX_URL_BYTES = 2048

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_IS_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_PATH_MARKERS = frozenset({"ticket", "tickets", "conversation", "conversations"})
_QUERY_MARKERS = frozenset({"ticket_id", "ticketid", "conversation_id", "conversationid"})
# &amp; last, so that an escaped escape is undone once, not twice.
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "'"), ("&#x27;", "'"), ("&amp;", "&"))


def require_ticket_id(value: Any) -> str:
    """Return the ticket id in `value` (a string or an integer); raises RequestRefused when there is no single one."""
    ticket_id = find_identifier(value, MAX_URL_BYTES)
    if ticket_id is None:
        raise RequestRefused(Refusal.MISSING_TICKET_ID)
    if _IS_URL.match(ticket_id):
        ticket_id = _require_id_in(ticket_id)
    if len(ticket_id.encode()) > MAX_TICKET_ID_BYTES:
        raise RequestRefused(Refusal.INVALID_FIELD)
    return ticket_id


def find_identifier(value: Any, max_bytes: int = MAX_MESSAGE_ID_BYTES) -> str | None:
    """Return an id without surrounding space and HTML escapes, None when absent or empty; raises RequestRefused."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise RequestRefused(Refusal.INVALID_FIELD)
    if isinstance(value, int) and not 0 <= value < 10**18:
        raise RequestRefused(Refusal.INVALID_FIELD)
    identifier = _unescape(str(value).strip())
    if "{{" in identifier or "}}" in identifier:
        raise RequestRefused(Refusal.UNRENDERED_TEMPLATE)
    if len(identifier.encode()) > max_bytes or _CONTROL.search(identifier):
        raise RequestRefused(Refusal.INVALID_FIELD)
    return identifier or None


def _require_id_in(url: str) -> str:
    candidates = _candidates_in(url)
    found = find_identifier(candidates.pop(), MAX_URL_BYTES) if len(candidates) == 1 else None
    if found is None or _IS_URL.match(found):
        raise RequestRefused(Refusal.AMBIGUOUS_TICKET_URL)
    return found


def _unescape(text: str) -> str:
    if "&" in text:
        for entity, character in _ENTITIES:
            text = text.replace(entity, character)
    return text


def _candidates_in(url: str) -> set[str]:
    try:
        parts = urlsplit(url)
        named = [value for key, value in parse_qsl(parts.query) if key.lower() in _QUERY_MARKERS]
        segments = [unquote(segment, errors="strict") for segment in parts.path.split("/") if segment]
    except ValueError:
        return set()
    following = [
        after
        for marker, after in pairwise(segments)
        if marker.lower() in _PATH_MARKERS and after.lower() not in _PATH_MARKERS
    ]
    # An id further down a path of its own parts could be any of them: only the last segment counts.
    if following and following[-1] != segments[-1]:
        return set()
    return set(named) | set(following)
