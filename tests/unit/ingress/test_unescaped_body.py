"""A template that does not escape a customer's text: the ticket is not lost, and nothing else of the body counts."""

from __future__ import annotations

import json

import pytest

from tests.events.api_gateway import TOKEN, api_event
from tests.fakes.ingress_ports import IngressBench
from tests.fakes.recording import Recording

BROKEN = '"text": "she said "hi"\nand left", "is_operator": true}'


@pytest.mark.parametrize(
    "head",
    [
        '{"ticket_id": "7", ',
        '{"conversation_id": "7", ',
        '{ "trigger" : "new message", "created_at": 1764000000000, "ticket_id" : "7" , "message_id": "c1", ',
        '{"is_operator": false, "ticket_id": "https://app.example/conversations/7", ',
    ],
)
def test_a_ticket_id_before_the_first_free_text_is_a_minimal_event(
    bench: IngressBench, recorded: Recording, head: str
) -> None:
    """The id is all that is taken: no message id, no text, no author, and the template's fault is counted."""
    assert bench.post(api_event(head + BROKEN)) == (200, {"status": "accepted"})
    [message] = bench.queue.bodies
    assert message["conversation_id"] == "7"
    assert {key for key, value in message.items() if value} == {
        *("conversation_id", "delivery_id", "received_at_epoch_ms", "trace_id", "type", "version", "origin"),
    }
    assert recorded.samples("TemplateUnescaped") == [1]
    assert len(recorded.events("ingress_unescaped")) == 1


@pytest.mark.parametrize(
    "body",
    [
        '{"text": "a "quote", "ticket_id": "7"}',
        '{"subject": "fine", "ticket_id": "7", "text": "a "quote"}',
        '{"customer": {"name": "a "b", "ticket_id": "7"}, "text": ""}',
        '{"ticket_id": "7", "ticket_id": "8", "text": "a "quote"}',
        '{"ticket_id": "7, "text": "a "quote"}',
        '{"ticket_id": "<a"b@mail.example>", "text": "x"}',
        '{"ticket_id": ["7"], "text": "a "quote"}',
        '{"ticket_id": "\\ud800", "text": "a "quote"}',
        '{"message_id": "c1", "text": "a "quote", "ticket_id": "7"}',
        '{"ticket_id": "7", }',
        '{"ticket_id": "7"',
        '{"ticket_id": "7" "text": "x"}',
        '["ticket_id", "7", "text": "a "quote"]',
        "ticket_id=7&text=hello",
    ],
)
def test_without_a_well_formed_id_before_the_text_nothing_is_taken(
    bench: IngressBench, recorded: Recording, body: str
) -> None:
    """An id that a customer could have written is no id."""
    status, problem = bench.post(api_event(body))
    assert (status, problem["code"], bench.queue.deliveries) == (400, "malformed_body", [])
    assert recorded.samples("TemplateUnescaped") == []


@pytest.mark.parametrize(
    ("ticket_id", "code"),
    [("{{ticket.id}}", "unrendered_template"), ("", "missing_ticket_id"), ("a\\tb", "invalid_field")],
)
def test_an_id_that_is_none_is_refused_as_in_any_other_body(bench: IngressBench, ticket_id: str, code: str) -> None:
    """The same rules for the id, whatever follows it."""
    status, problem = bench.post(api_event(f'{{"ticket_id": "{ticket_id}", {BROKEN}'))
    assert (status, problem["code"], bench.queue.deliveries) == (400, code, [])


def test_nothing_of_the_text_is_logged_or_queued(bench: IngressBench, recorded: Recording) -> None:
    """Not a word of the broken part leaves the request."""
    bench.post(api_event('{"ticket_id": "7", ' + BROKEN))
    kept = json.dumps(bench.queue.bodies) + json.dumps(recorded.lines)
    assert "hi" not in kept.replace("this", "")
    assert "and left" not in kept


@pytest.mark.parametrize(
    ("declared", "status"),
    [
        ("application/json,application/json", 200),
        ("application/json; charset=utf-8, application/json", 200),
        ("Application/JSON , application/json;charset=UTF-8", 200),
        ("application/json,text/plain", 415),
        ("application/json,", 415),
        ("application/json,application/json; charset=latin-1", 415),
    ],
)
def test_a_content_type_sent_twice_is_json_if_both_say_so(bench: IngressBench, declared: str, status: int) -> None:
    """API Gateway joins a header that came twice with a comma."""
    headers = {"content-type": declared, "x-middleware-token": TOKEN}
    assert bench.post(api_event('{"ticket_id": "7"}', headers=headers))[0] == status
