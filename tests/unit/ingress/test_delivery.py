"""Keys, group and deduplication of an accepted message."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pytest

from rp_mw_ingress.domain.delivery import Delivery, to_delivery, to_trace_id
from rp_mw_ingress.domain.payload import Message
from rp_mw_shared.messages.parsing import parse_message
from rp_mw_shared.messages.types import InboundEvent


def delivery(message: Message, delivery_id: str = "d1") -> Delivery:
    """What is sent for `message`."""
    return to_delivery(message, delivery_id=delivery_id, received_at_epoch_ms=1_795_000_000_000, trace_id="1-a-b")


def sha256(text: str) -> str:
    """The hex digest of `text`."""
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_message_with_an_id_is_deduplicated_by_it() -> None:
    """Two deliveries of one message share event id and deduplication id, not the delivery id."""
    first, second = (delivery(Message("c", message_id="m", text=text), text) for text in ("d1", "d2"))
    assert first.deduplication_id == second.deduplication_id == sha256("evt:rp:c:m")
    assert json.loads(first.body)["event_id"] == "evt:rp:c:m"
    assert json.loads(first.body)["delivery_id"] != json.loads(second.body)["delivery_id"]


def test_a_message_without_an_id_is_known_by_text_and_time() -> None:
    """The same text at the same time is the same message; another text or time is another one."""
    message = Message("c", text="Where is it?", created_at="2026-11-02T14:03:11Z")
    same = Message("c", text="  where IS it? ", created_at="2026-11-02T14:03:40Z")
    later = Message("c", text="Where is it?", created_at="2026-11-02T14:08:11Z")
    other = Message("c", text="Where is mine?", created_at="2026-11-02T14:03:11Z")
    ids = [delivery(each, str(n)).deduplication_id for n, each in enumerate((message, same, later, other))]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


@pytest.mark.parametrize(
    "message", [Message("c"), Message("c", text="hello?"), Message("c", text="hello?", created_at="x")]
)
def test_what_cannot_be_told_apart_is_never_deduplicated(message: Message) -> None:
    """A minimal payload, or a text without a usable time, gets a key of its own for every delivery."""
    first, second = delivery(message, "d1"), delivery(message, "d2")
    assert first.deduplication_id != second.deduplication_id
    assert "event_id" not in json.loads(first.body)


def test_one_conversation_is_one_group() -> None:
    """The group is a digest, since ids can hold characters that SQS does not take."""
    group = delivery(Message("<a@b>")).group_id
    assert group == delivery(Message("<a@b>", message_id="m")).group_id == sha256("<a@b>")


@pytest.mark.parametrize("text", ["ünïcode 日本 😀", "\x01\x0b\ufffe", "a" * 30_000])
def test_the_worker_reads_back_what_was_queued(text: str) -> None:
    """The body holds only ASCII, so SQS takes every text."""
    sent = delivery(Message("c", message_id="m", text=text))
    assert sent.body.isascii()
    event = parse_message(sent.body)
    assert isinstance(event, InboundEvent)
    assert (event.text, event.origin, event.received_at_epoch_ms) == (text, "webhook", 1_795_000_000_000)


def test_a_minimal_message_is_one_the_worker_takes() -> None:
    """The other shape passes the worker's own validation as well."""
    event = parse_message(delivery(Message("c")).body)
    assert isinstance(event, InboundEvent)
    assert event.event_id is None


@pytest.mark.parametrize(
    "header",
    [
        "Root=1-67891233-abcdef012345678912345678",
        "Self=1-67891204-12456789abcdef012345678;Root=1-67891233-abcdef012345678912345678;Sampled=1",
    ],
)
def test_the_trace_of_the_request_goes_on(header: str) -> None:
    """API Gateway's trace id is kept."""
    assert to_trace_id(header, "f" * 32, 0) == "1-67891233-abcdef012345678912345678"


@pytest.mark.parametrize("header", [None, "", "Root=ana@example.com", "Root=1-67891233-ABC", "junk" * 100])
def test_a_missing_or_odd_trace_is_replaced(header: Any) -> None:
    """Nothing a sender writes there reaches a log line."""
    assert re.fullmatch(r"1-[0-9a-f]{8}-f{24}", to_trace_id(header, "f" * 32, 1_795_000_000))
