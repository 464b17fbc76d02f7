"""The names under which the idempotency table remembers events and actions. Equal input, equal key, on any machine."""

from __future__ import annotations

import hashlib

from rp_mw_shared.times import parse_epoch_ms

ACTION_KINDS = frozenset(
    {"rp_reply", "rp_tags", "rp_assign", "rp_note", "rp_draft", "rp_status", "rp_create_tag", "rp_code"}
)

# One message's time reaches us with or without fractions of a second; a minute covers both spellings.
_BUCKET_MS = 60_000
# 2000 to 2100: anything else is not a message's time
_EARLIEST_EPOCH_MS = 946_684_800_000
_LATEST_EPOCH_MS = 4_102_444_800_000


def event_id(conversation_id: str, message_id: str) -> str:
    """Return the event key of one customer message: `evt:rp:{conversation}:{message}`."""
    return f"evt:rp:{_part(conversation_id)}:{message_id}"


def content_key(text: str, created_at: str | None) -> str | None:
    """Return what tells a message known only by its text and time from others, in plain; None when nothing does.

    Without a readable time two equal texts ("hello?") would share a key and one would be lost, so there is no key
    then. Blanks and case do not count. `created_at` is ISO 8601 or epoch seconds or milliseconds.
    """
    bucket = _find_time_bucket(created_at)
    normalised = " ".join(text.split()).casefold()
    if bucket is None or not normalised:
        return None
    return f"{bucket}\n{normalised}"


def result_event_id(request_id: str) -> str:
    """Return the event key of an enrichment result: `evt:enr:{request}`."""
    return f"evt:enr:{request_id}"


def action_key(kind: str, conversation_id: str, message_id: str) -> str:
    """Return one action's key, `act:{kind}:{conversation}:{message}`; raises ValueError for an unknown kind."""
    if kind not in ACTION_KINDS:
        raise ValueError(f"unknown action kind {kind!r}: use one of {', '.join(sorted(ACTION_KINDS))}")
    return f"act:{kind}:{_part(conversation_id)}:{message_id}"


def request_id(event_id: str, by: str) -> str:
    """Return the id of the enrichment request an event makes, the same on every retry; `by` is the lookup's kind."""
    return hashlib.sha256(f"{event_id}\n{by}".encode()).hexdigest()[:32]


def _part(conversation_id: str) -> str:
    """Escape the separator, so that no two (conversation, message) pairs can share a key."""
    if ":" not in conversation_id and "%" not in conversation_id:
        return conversation_id
    return conversation_id.replace("%", "%25").replace(":", "%3A")


def _find_time_bucket(created_at: str | None) -> int | None:
    if not created_at:
        return None
    try:
        moment = parse_epoch_ms(created_at.strip())
    except (ValueError, OverflowError):
        return None
    return moment // _BUCKET_MS if _EARLIEST_EPOCH_MS < moment < _LATEST_EPOCH_MS else None
