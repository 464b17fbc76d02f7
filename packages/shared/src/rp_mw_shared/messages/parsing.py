"""Validates a queue message where it is consumed: strict types, known version, no impossible combination.

A body that cannot be read is permanent: it will never become readable, so it goes to the DLQ on first sight.
The error says what kind of thing is wrong and in which field, never what the field held.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from rp_mw_shared.errors import PermanentError
from rp_mw_shared.messages.types import (
    BY_EMAIL,
    BY_ID,
    BY_NAME,
    CURRENT_VERSION,
    ENRICHMENT_REQUEST,
    ENRICHMENT_RESULT,
    INBOUND_EVENT,
    EnrichmentRequest,
    EnrichmentResult,
    InboundEvent,
    QueueMessage,
)

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

# version -> turns a payload of that version into one of the next. Version 1 is the first, so there is none yet.
UPCASTERS: dict[int, Upcaster] = {}

_TYPES: dict[str, type[QueueMessage]] = {
    INBOUND_EVENT: InboundEvent,
    ENRICHMENT_REQUEST: EnrichmentRequest,
    ENRICHMENT_RESULT: EnrichmentResult,
}
_ORIGINS = frozenset({"webhook", "sweep", "replay"})
_LOOKUP_KINDS = frozenset({BY_ID, BY_NAME, BY_EMAIL})
_OUTCOMES = frozenset({"found", "not_found", "ambiguous", "failed"})


def parse_message(
    body: str, *, current_version: int = CURRENT_VERSION, upcasters: Mapping[int, Upcaster] = UPCASTERS
) -> QueueMessage:
    """Return the validated message in `body`, brought up to the current version.

    Raises PermanentError with code schema_invalid, message_type_unknown or schema_version_unknown.
    """
    payload = _parse_object(body)
    message_type = payload.get("type")
    if not isinstance(message_type, str) or message_type not in _TYPES:
        raise PermanentError("the message's type is not one this consumer knows", code="message_type_unknown")
    payload = _at_current_version(payload, current_version, upcasters)
    message = _validated(payload)
    problem = _find_impossible(message)
    if problem:
        raise PermanentError(f"the message contradicts itself: {problem}", code="schema_invalid")
    return message


def _parse_object(body: str) -> dict[str, Any]:
    from pydantic_core import from_json

    try:
        payload = from_json(body)
    except ValueError:
        # The parser's own words quote the input, so they are left out of the chain.
        raise PermanentError("the body is not JSON", code="schema_invalid") from None
    if not isinstance(payload, dict):
        raise PermanentError("the body is not a JSON object", code="schema_invalid")
    return payload


def _at_current_version(
    payload: dict[str, Any], current_version: int, upcasters: Mapping[int, Upcaster]
) -> dict[str, Any]:
    version = payload.get("version")
    if version == current_version and type(version) is int:
        return payload
    if type(version) is int and version == current_version - 1 and version in upcasters:
        return upcasters[version](payload) | {"type": payload["type"], "version": current_version}
    raise PermanentError("the message's version is not one this consumer reads", code="schema_version_unknown")


def _validated(payload: dict[str, Any]) -> QueueMessage:
    from pydantic import ValidationError
    from pydantic_core import to_json

    try:
        # Back through JSON, because strict validation takes a list for a tuple only there.
        return _adapter(payload["type"]).validate_json(to_json(payload), strict=True)
    except ValidationError as error:
        raise PermanentError(f"invalid fields: {_failed_fields(error)}", code="schema_invalid") from None
    except ValueError:
        raise PermanentError("the body holds text that is not valid Unicode", code="schema_invalid") from None


@cache
def _adapter(message_type: str) -> TypeAdapter[QueueMessage]:
    from pydantic import TypeAdapter

    return TypeAdapter(_TYPES[message_type])


def _failed_fields(error: Any) -> str:
    """Name the failed fields and pydantic's error types; only names of our own fields get through."""
    places = error.errors(include_url=False, include_context=False, include_input=False)
    return ", ".join(
        sorted({f"{place['loc'][0] if place['loc'] else 'message'} ({place['type']})" for place in places})
    )


def _find_impossible(message: QueueMessage) -> str | None:
    if not message.conversation_id or not message.trace_id:
        return "conversation_id or trace_id is empty"
    if isinstance(message, InboundEvent):
        return _find_impossible_event(message)
    if not message.request_id or not message.event_id:
        return "request_id or event_id is empty"
    if isinstance(message, EnrichmentRequest):
        known = message.lookup_kind in _LOOKUP_KINDS and bool(message.lookup_value)
        return None if known else "lookup_kind is unknown or lookup_value is empty"
    return _find_impossible_result(message)


def _find_impossible_event(event: InboundEvent) -> str | None:
    if not event.delivery_id or event.event_id == "" or event.message_id == "":
        return "an id is empty"
    if event.origin not in _ORIGINS:
        return "origin is unknown"
    if event.message_id is not None and event.event_id is None:
        return "message_id is set but event_id is not"
    return None


def _find_impossible_result(result: EnrichmentResult) -> str | None:
    if result.outcome not in _OUTCOMES:
        return "outcome is unknown"
    if (result.outcome == "found") != (result.order is not None):
        return "order is set exactly when outcome is found"
    if (result.outcome == "failed") != (result.reason is not None):
        return "reason is set exactly when outcome is failed"
    if result.order_address is not None and result.order is None:
        return "order_address is set only when outcome is found"
    return None
