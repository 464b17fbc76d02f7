"""A webhook that is not one gets the documented answer; nothing is queued and nothing of it is in any log."""

from __future__ import annotations

import base64
import json

import pytest

from rp_mw_local.stack import Stack

CANARY = "canary-7f3e9b51"
JSON_TYPE = "application/json"
GOOD = json.dumps({"ticket_id": f"t-{CANARY}", "trigger": "customer_message"}).encode()


def deep(levels: int) -> bytes:
    """Objects in objects."""
    return b'{"ticket_id":"' + CANARY.encode() + b'","a":' + b'{"a":' * levels + b"1" + b"}" * levels + b"}"


# bytes that are not UTF-8 are a unit test: the emulator replaces them before the function sees them
CASES = {
    "array": (JSON_TYPE, b'["' + CANARY.encode() + b'"]', 400),
    "broken": (JSON_TYPE, b'{"ticket_id":"' + CANARY.encode(), 400),
    "deep nesting": (JSON_TYPE, deep(200), 400),
    "duplicate keys": (JSON_TYPE, b'{"ticket_id":"' + CANARY.encode() + b'","ticket_id":"x"}', 400),
    "nul bytes": (JSON_TYPE, b'{"ticket_id":"' + CANARY.encode() + b'\\u0000"}', 400),
    "raw nul": (JSON_TYPE, b'{"ticket_id":"' + CANARY.encode() + b'\x00"}', 400),
    "lone surrogate": (JSON_TYPE, b'{"ticket_id":"' + CANARY.encode() + b'\\ud800"}', 400),
    "unrendered template": (JSON_TYPE, b'{"ticket_id":"{{ticket.id}}","text":"' + CANARY.encode() + b'"}', 400),
    "no ticket": (JSON_TYPE, b'{"text":"' + CANARY.encode() + b'"}', 400),
    "empty": (JSON_TYPE, b"", 400),
    "40 KiB": (JSON_TYPE, json.dumps({"ticket_id": CANARY, "text": "x" * 40_960}).encode(), 413),
    "form": ("application/x-www-form-urlencoded", GOOD, 415),
    "no content type": ("", GOOD, 415),
}
FORMS = (CANARY, base64.b64encode(CANARY.encode()).decode().rstrip("="), CANARY.upper())


@pytest.mark.parametrize("name", CASES)
def test_a_bad_request_is_refused_and_forgotten(system: Stack, name: str) -> None:
    """The status is the documented one, the body a problem document without the content."""
    content_type, body, status = CASES[name]
    headers = {"X-Middleware-Token": system.target.token} | ({"Content-Type": content_type} if content_type else {})
    answer = system.target.post(body, headers)
    assert answer.status == status
    assert answer.body.get("status") == status
    assert CANARY not in json.dumps(answer.body)
    assert_nothing_queued(system)
    assert_nothing_logged(system)


@pytest.mark.parametrize("token", ["wrong", "", "é", None])
def test_a_wrong_or_missing_token_is_always_the_same_401(system: Stack, token: str | None) -> None:
    """Also with a body that would be refused for other reasons."""
    shown = {"X-Middleware-Token": token.encode().decode("latin-1")} if token is not None else {}
    answers = [system.target.post(body, {"Content-Type": JSON_TYPE} | shown) for body in (GOOD, b"{", b"[]")]
    assert {answer.status for answer in answers} == {401}
    assert len({json.dumps(answer.body, sort_keys=True) for answer in answers}) == 1
    assert_nothing_queued(system)
    assert_nothing_logged(system)


@pytest.mark.parametrize("author", ["operator", "bot"])
def test_messages_that_are_not_a_customers_are_ignored(system: Stack, author: str) -> None:
    """200, so that the helpdesk is content."""
    answer = system.target.fire({"ticket_id": CANARY, "message_id": "m1", "sender_type": author, "text": CANARY})
    assert (answer.status, answer.body["status"]) == (200, "ignored")
    assert_nothing_queued(system)
    assert_nothing_logged(system)


def assert_nothing_queued(system: Stack) -> None:
    """Neither waiting nor dead."""
    assert system.observer.is_idle()
    assert not any(CANARY in dead_letter["Body"] for dead_letter in system.observer.dead_letters())
    assert not any(CANARY in str(item) for item in system.observer.items("idempotency"))


def assert_nothing_logged(system: Stack) -> None:
    """In none of the forms a careless log line would have it."""
    for function in system.topology.functions:
        lines = "\n".join(system.observer.log_lines(function))
        assert not [form for form in FORMS if form in lines], function
