"""Both payload shapes, field by field."""

from __future__ import annotations

from typing import Any

import pytest

from rp_mw_ingress.domain.errors import RequestRefused
from rp_mw_ingress.domain.payload import MAX_ATTACHMENTS, Message, parse_message
from rp_mw_shared.messages.types import Attachment
from tests.events.api_gateway import FULL_PAYLOAD


def test_a_minimal_payload_is_a_message_with_nothing_but_its_ticket() -> None:
    """Everything else is for the worker to read."""
    assert parse_message({"ticket_id": "7", "ticket_url": "https://x.example/7", "trigger": "t"}) == Message("7")


def test_a_full_payload_keeps_the_named_fields_and_no_other() -> None:
    """Unknown fields are dropped here, before anything is queued."""
    assert parse_message(FULL_PAYLOAD) == Message(
        conversation_id="<CAxyz+1@mail.example.com>",
        message_id="c1",
        text="Where is order #1001?",
        channel="email",
        customer_email="ana@example.com",
        customer_phone="+15550100",
        customer_name="Ana",
        created_at="2026-11-02T14:03:11.337Z",
        attachments=(Attachment("image/png", 1200, "https://files.example.com/1"),),
    )


def test_other_spellings_are_understood() -> None:
    """Conversation id, flat customer fields, numeric ids and times."""
    message = parse_message(
        {"conversation_id": 7, "message_id": 8, "customer_email": "a@b.example", "created_at": 1_793_628_191_000}
    )
    assert message == Message("7", message_id="8", customer_email="a@b.example", created_at="1793628191000")


@pytest.mark.parametrize("empty", ["", "   ", None])
def test_an_empty_field_counts_as_absent(empty: str | None) -> None:
    """A template renders a missing value as an empty string."""
    payload = {"ticket_id": "7", "message_id": empty, "text": empty, "channel": empty, "created_at": empty}
    assert parse_message(payload | {"customer": {"email": empty}, "attachments": None}) == Message("7")


@pytest.mark.parametrize(
    "payload",
    [
        {"message_id": "{{message.id}}"},
        {"message_id": "c-{{message.id}}"},
        {"text": "{{ticket.lastMessage.text}}"},
        {"text": " {{ ticket.lastMessage.text }} "},
        {"channel": "{{ticket.channel}}"},
        {"customer": {"email": "{{ticket.customer.email}}"}},
        {"customer_name": "{{ticket.customer.name}}"},
        {"created_at": "{{ticket.createdAt}}"},
        {"ticket_url": "{{ticket.url}}"},
        {"trigger": "{{rule.name}}"},
        {"attachments": [{"url": "{{attachment.url}}"}]},
    ],
)
def test_an_unrendered_variable_in_any_used_field_is_refused(payload: dict[str, Any]) -> None:
    """The HTTP Target is not set up as it should be, and its owner has to hear of it."""
    with pytest.raises(RequestRefused) as refused:
        parse_message({"ticket_id": "7"} | payload)
    assert refused.value.code == "unrendered_template"


def test_braces_inside_a_customers_sentence_are_no_template() -> None:
    """A customer may quote a template; the message must not be lost for it."""
    assert (
        parse_message({"ticket_id": "7", "text": "your mail says Hi {{name}}!"}).text == "your mail says Hi {{name}}!"
    )


@pytest.mark.parametrize(
    "payload",
    [
        {"text": 5},
        {"text": ["x"]},
        {"channel": "x" * 321},
        {"customer": "Ana"},
        {"customer": {"email": 1}},
        {"created_at": True},
        {"created_at": -1},
        {"created_at": 1.5},
        {"attachments": "one"},
        {"attachments": ["one"]},
        {"attachments": [{}] * (MAX_ATTACHMENTS + 1)},
        {"attachments": [{"size_bytes": "1"}]},
        {"attachments": [{"size_bytes": -1}]},
        {"attachments": [{"size_bytes": True}]},
        {"message_id": "x" * 257},
        {"message_id": []},
        {"ticket_url": 1},
        {"trigger": {}},
    ],
)
def test_a_used_field_of_the_wrong_type_or_size_is_refused(payload: dict[str, Any]) -> None:
    """Nothing is guessed and nothing is cut."""
    with pytest.raises(RequestRefused) as refused:
        parse_message({"ticket_id": "7"} | payload)
    assert refused.value.code == "invalid_field"
