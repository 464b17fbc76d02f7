"""Messages survive the queue unchanged; what cannot be read is refused without quoting it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rp_mw_shared.errors import PermanentError
from rp_mw_shared.messages.parsing import parse_message
from rp_mw_shared.messages.serialization import group_id, to_json
from rp_mw_shared.messages.types import (
    Attachment,
    EnrichmentRequest,
    EnrichmentResult,
    InboundEvent,
    OrderFacts,
    QueueMessage,
    TrackingFacts,
)

EVENT = InboundEvent(
    conversation_id="<a@mail.example.com>",
    delivery_id="d1",
    received_at_epoch_ms=1_795_000_000_000,
    trace_id="t1",
    event_id="evt:rp:c:m",
    message_id="m",
    text="Where is it? \u00fc \U0001f600",
    attachments=(Attachment("image/png", 12, "https://files.example/1"), Attachment()),
)
REQUEST = EnrichmentRequest("r1", "c", "e", "m", "order_name", "#1001", 5, "t1")
ORDER = OrderFacts("1", "#1001", 5, "FULFILLED", contact_digests=("a", "b"), tracking=(TrackingFacts("UPS", "1Z"),))
RESULT = EnrichmentResult("r1", "c", "e", "m", "found", 6, "t1", order=ORDER)

TEXT = st.text(st.characters(codec="utf-8"), max_size=50)


@pytest.mark.parametrize("message", [EVENT, REQUEST, RESULT, replace(RESULT, order=None, outcome="not_found")])
def test_a_message_survives_the_queue(message: QueueMessage) -> None:
    """What is parsed equals what was serialised."""
    assert parse_message(to_json(message)) == message


@given(text=TEXT, name=st.none() | TEXT, size=st.none() | st.integers(0, 2**53))
def test_any_text_survives_the_queue_as_plain_ascii(text: str, name: str | None, size: int | None) -> None:
    """SQS forbids some characters; escaped, every text passes."""
    event = replace(EVENT, text=text, customer_name=name, attachments=(Attachment(size_bytes=size),))
    body = to_json(event)
    assert all(" " <= character <= "~" for character in body)
    assert parse_message(body) == event


def test_absent_fields_are_left_out() -> None:
    """Bodies are compact."""
    body = to_json(InboundEvent("c", "d", 1, "t"))
    assert json.loads(body) == {
        "conversation_id": "c",
        "delivery_id": "d",
        "received_at_epoch_ms": 1,
        "trace_id": "t",
        "origin": "webhook",
        "type": "inbound_event",
        "version": 1,
    }
    assert ": " not in body


def changed(message: QueueMessage, **fields: Any) -> str:
    """A message's body with some fields replaced; None removes one."""
    merged = json.loads(to_json(message)) | fields
    return json.dumps({name: value for name, value in merged.items() if value is not None})


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "schema_invalid"),
        ("canary", "schema_invalid"),
        ('"canary"', "schema_invalid"),
        ("[" * 50_000, "schema_invalid"),
        (changed(EVENT, type="canary"), "message_type_unknown"),
        (changed(EVENT, type=["canary"]), "message_type_unknown"),
        (changed(EVENT, type=None), "message_type_unknown"),
        (changed(EVENT, version=2), "schema_version_unknown"),
        (changed(EVENT, version=0), "schema_version_unknown"),
        (changed(EVENT, version=True), "schema_version_unknown"),
        (changed(EVENT, version="1"), "schema_version_unknown"),
        (changed(EVENT, conversation_id=7), "schema_invalid"),
        (changed(EVENT, conversation_id=""), "schema_invalid"),
        (changed(EVENT, received_at_epoch_ms="canary"), "schema_invalid"),
        (changed(EVENT, received_at_epoch_ms=1.5), "schema_invalid"),
        (changed(EVENT, received_at_epoch_ms="5"), "schema_invalid"),
        (changed(EVENT, text=5), "schema_invalid"),
        (changed(EVENT, attachments="canary"), "schema_invalid"),
        (changed(EVENT, origin="canary"), "schema_invalid"),
        (changed(EVENT, event_id=None), "schema_invalid"),
        (changed(EVENT, text="\ud800canary"), "schema_invalid"),
        (changed(REQUEST, lookup_kind="canary"), "schema_invalid"),
        (changed(REQUEST, lookup_value=""), "schema_invalid"),
        (changed(RESULT, order=None), "schema_invalid"),
        (changed(RESULT, outcome="failed"), "schema_invalid"),
        (changed(RESULT, outcome="not_found", order=None, reason="canary"), "schema_invalid"),
        (changed(RESULT, outcome="canary"), "schema_invalid"),
    ],
)
def test_what_cannot_be_read_is_permanent_and_not_quoted(body: str, code: str) -> None:
    """The DLQ's reason says what kind of thing is wrong, never what was in it."""
    with pytest.raises(PermanentError) as raised:
        parse_message(body)
    assert raised.value.code == code
    assert "canary" not in f"{raised.value!r}{raised.value.__cause__!r}"


def test_an_unknown_field_is_ignored() -> None:
    """A newer sender of the same version may add optional fields."""
    assert parse_message(changed(EVENT, added="x")) == EVENT


def test_the_version_before_is_brought_up(recorded: object) -> None:
    """During a rollout both versions are in the queue."""

    def rename(payload: dict[str, Any]) -> dict[str, Any]:
        renamed = dict(payload)
        renamed["conversation_id"] = renamed.pop("ticket_id")
        return renamed

    current = changed(EVENT, version=2)
    previous = changed(EVENT, conversation_id=None, ticket_id=EVENT.conversation_id)
    for body in (current, previous):
        parsed = parse_message(body, current_version=2, upcasters={1: rename})
        assert parsed == replace(EVENT, version=2)
    with pytest.raises(PermanentError):
        parse_message(changed(EVENT, version=3), current_version=2, upcasters={1: rename})


@given(st.binary(max_size=200))
def test_random_bodies_are_refused_and_nothing_else(noise: bytes) -> None:
    """Whatever a body holds, the only error is the permanent one."""
    with pytest.raises(PermanentError):
        parse_message(noise.decode("utf-8", "replace"))


def test_a_group_id_fits_sqs_and_tells_conversations_apart() -> None:
    """Mail Message-IDs hold characters and lengths that SQS refuses."""
    first, second = group_id("<a@mail.example.com>" * 50), group_id("<b@mail.example.com>")
    assert first != second
    assert len(first) == 64
    assert first.isalnum()
