"""Every field a log line may carry, and the shape its value must have.

The name is the first fence, the shape the second: a value that looks like an address, a phone or a sentence is
replaced, whatever the caller thought it was passing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from rp_mw_shared.observability.events import LogEvent

REPLACED = "[withheld]"

_LABELS = frozenset(event.label for event in LogEvent)
_MAX_LISTED = 40
_CODE = re.compile(r"[A-Za-z_][A-Za-z0-9_.+/-]{0,79}\Z")
_ID = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9_:.=-]{1,80}\Z")
_VERSION = re.compile(r"\$LATEST\Z|[0-9]{1,6}\Z")
_LONG_DIGITS = re.compile(r"[0-9](?:[ .-]?[0-9]){8,}")

Shape = Callable[[Any], Any]


def code(value: Any) -> Any:
    """Pass a reason code, label or name from a closed set; withhold anything else."""
    text = str(value)
    return text if _CODE.match(text) and not _LONG_DIGITS.search(text) else REPLACED


def identifier(value: Any) -> Any:
    """Pass a digest, UUID or trace id; withhold anything else."""
    text = str(value)
    return text if _ID.match(text) else REPLACED


def version(value: Any) -> Any:
    """Pass the number of a published function version, or $LATEST; withhold anything else."""
    text = str(value)
    return text if _VERSION.match(text) else REPLACED


def event_label(value: Any) -> Any:
    """Pass a label of events.py; withhold anything else."""
    return value if str(value) in _LABELS else REPLACED


def number(value: Any) -> Any:
    """Pass a finite number; floats are kept to three decimals."""
    if isinstance(value, float):
        return round(value, 3) if math.isfinite(value) else REPLACED
    return value if isinstance(value, int) and not isinstance(value, bool) else REPLACED


def boolean(value: Any) -> Any:
    """Pass true or false."""
    return value if isinstance(value, bool) else REPLACED


def codes(value: Any) -> Any:
    """Pass a list of codes, sorted if it is a set, at most 40."""
    if isinstance(value, str) or not isinstance(value, Collection):
        return REPLACED
    listed = sorted(value) if isinstance(value, set | frozenset) else list(value)
    return [code(item) for item in listed[:_MAX_LISTED]]


def to_shaped(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the fields as a line may carry them, and what was withheld of them and why; None values are left out."""
    shaped: dict[str, Any] = {}
    problems = []
    for name, value in values.items():
        shape = FIELDS.get(name) or STANDARD_KEYS.get(name)
        if value is None:
            continue
        if shape is None:
            problems.append(f"log field {name!r} is not in fields.py")
            continue
        shaped[name] = kept = shape(value)
        if kept == REPLACED or (isinstance(kept, list) and REPLACED in kept):
            problems.append(f"log field {name!r} holds a value its shape does not allow")
    return shaped, problems


# What each line has beside its fields; level, location and timestamp are Powertools' own and hold nothing of ours.
# Source: Powertools for AWS Lambda (Python), "Logger", standard structured keys.
STANDARD_KEYS: dict[str, Shape] = {
    "message": event_label,
    "service": code,
    "env": code,
    "correlation_id": identifier,  # the event's trace id, from the webhook to the last call
}

FIELDS: dict[str, Shape] = {
    # joining lines
    "conversation": identifier,  # short salted hash of the conversation id
    "event_digest": identifier,  # short salted hash of the event key
    "delivery_id": identifier,  # the ingress's own id of one accepted request
    "request_id": identifier,  # an enrichment request's id (a digest)
    "record_id": identifier,  # the queue's message id
    # the invocation, named as Powertools names it: joins a line to what Lambda itself wrote about the same run
    "function_request_id": identifier,  # RequestId of Lambda's START, END and REPORT lines
    "function_version": version,  # the published version that ran
    "cold_start": boolean,  # first invocation of the process
    "xray_trace_id": identifier,  # the trace id under which AWS services pass the request on
    # why and what
    "reason": code,  # a reason code
    "reasons": codes,  # several of them
    "status": number,  # an HTTP status
    "error_code": code,  # `code` of an error of our tree
    "exception_name": code,  # class name of an exception; its text and stack are never written
    "place": code,  # module and line of an unexpected exception
    "settings": codes,  # names of wrong settings
    "origin": code,  # webhook, sweep or replay
    "message_type": code,  # a queue message's type
    "trigger": code,  # what started a sweep or redrive
    # decisions
    "mode": code,  # dry_run, route_only or live
    "rollout_stage": code,  # the stage in force
    "intent": code,  # a label of intents.yaml
    "route": code,  # the route tag that the decision sets
    "tier": number,  # 0, 1, 2
    "confidence": number,  # routing confidence, 0 to 1
    "template": code,  # a template's id
    "tags": codes,  # tags we set: closed set
    "gates_blocked": codes,  # reason codes of the gates that blocked
    "classifier": code,  # embedded, openai or cascade
    # actions
    "action": code,  # rp_reply, rp_tags, rp_assign, rp_note, rp_status
    "action_status": code,  # planned, attempting, done, unknown, blocked
    "attempt": number,  # which try, from 1
    "outcome": code,  # a typed outcome: of a lookup, a claim, a read-back
    # vendors, queues, time
    "vendor": code,  # richpanel, shopify or openai
    "operation": code,  # a call's name in our words, never its URL
    "queue": code,  # events or enrichment
    "duration_ms": number,  # how long it took
    "delay_seconds": number,  # the visibility delay or wait chosen
    "receive_count": number,  # deliveries of a record so far
    "count": number,  # how many
}
