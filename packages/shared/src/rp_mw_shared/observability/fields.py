"""Every field a log line may carry, and the shape its value must have.

The name is the first fence, the shape the second: a value that looks like an address, a phone or a sentence is
replaced by the recorder, whatever the caller thought it was passing.
"""

from __future__ import annotations

from enum import Enum, auto

REPLACED = "[withheld]"


class Shape(Enum):
    """What a field's value may be; anything else is withheld."""

    CODE = auto()  # a reason code, label or name from a closed set
    CODES = auto()  # a list of codes, sorted if it is a set, at most 40
    IDENTIFIER = auto()  # a digest, UUID or trace id
    VERSION = auto()  # the number of a published function version, or $LATEST
    EVENT_LABEL = auto()  # a label of events.py
    NUMBER = auto()  # a finite number; floats are kept to three decimals
    BOOLEAN = auto()


# What each line has beside its fields; level, location and timestamp are Powertools' own and hold nothing of ours.
# Source: Powertools for AWS Lambda (Python), "Logger", standard structured keys.
STANDARD_KEYS: dict[str, Shape] = {
    "message": Shape.EVENT_LABEL,
    "service": Shape.CODE,
    "env": Shape.CODE,
    "correlation_id": Shape.IDENTIFIER,  # the event's trace id, from the webhook to the last call
}

FIELDS: dict[str, Shape] = {
    # joining lines
    "conversation": Shape.IDENTIFIER,  # short salted hash of the conversation id
    "event_digest": Shape.IDENTIFIER,  # short salted hash of the event key
    "delivery_id": Shape.IDENTIFIER,  # the ingress's own id of one accepted request
    "request_id": Shape.IDENTIFIER,  # an enrichment request's id (a digest)
    "record_id": Shape.IDENTIFIER,  # the queue's message id
    # the invocation, named as Powertools names it: joins a line to what Lambda itself wrote about the same run
    "function_request_id": Shape.IDENTIFIER,  # RequestId of Lambda's START, END and REPORT lines
    "function_version": Shape.VERSION,  # the published version that ran
    "cold_start": Shape.BOOLEAN,  # first invocation of the process
    "xray_trace_id": Shape.IDENTIFIER,  # the trace id under which AWS services pass the request on
    # why and what
    "reason": Shape.CODE,  # a reason code
    "reasons": Shape.CODES,  # several of them
    "status": Shape.NUMBER,  # an HTTP status
    "error_code": Shape.CODE,  # `code` of an error of our tree
    "exception_name": Shape.CODE,  # class name of an exception; its text and stack are never written
    "place": Shape.CODE,  # module and line of an unexpected exception
    "settings": Shape.CODES,  # names of wrong settings
    "origin": Shape.CODE,  # webhook, sweep or replay
    "message_type": Shape.CODE,  # a queue message's type
    "trigger": Shape.CODE,  # what started a sweep or redrive
    # decisions
    "mode": Shape.CODE,  # dry_run, route_only, draft or live
    "rollout_stage": Shape.CODE,  # the stage in force
    "intent": Shape.CODE,  # a label of intents.yaml
    "route": Shape.CODE,  # the route tag that the decision sets
    "tier": Shape.NUMBER,  # 0, 1, 2
    "confidence": Shape.NUMBER,  # routing confidence, 0 to 1
    "template": Shape.CODE,  # a template's id
    "tags": Shape.CODES,  # tags we set: closed set
    "gates_blocked": Shape.CODES,  # reason codes of the gates that blocked
    "classifier": Shape.CODE,  # embedded, openai or cascade
    # actions
    "action": Shape.CODE,  # rp_reply, rp_draft, rp_tags, rp_assign, rp_note, rp_status, rp_code
    "action_status": Shape.CODE,  # planned, attempting, done, unknown, blocked
    "attempt": Shape.NUMBER,  # which try, from 1
    "outcome": Shape.CODE,  # a typed outcome: of a lookup, a claim, a read-back
    # vendors, queues, time
    "vendor": Shape.CODE,  # richpanel, shopify or openai
    "operation": Shape.CODE,  # a call's name in our words, never its URL
    "queue": Shape.CODE,  # events or enrichment
    "duration_ms": Shape.NUMBER,  # how long it took
    "delay_seconds": Shape.NUMBER,  # the visibility delay or wait chosen
    "receive_count": Shape.NUMBER,  # deliveries of a record so far
    "count": Shape.NUMBER,  # how many
}
