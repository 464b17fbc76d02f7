"""Every way the model's answer can be wrong ends in a reason code: no exception, no guess, no endless reading."""

from __future__ import annotations

import gzip
import json
import time
from typing import Any

import pytest

from rp_mw_shared.clients.breaker import CircuitBreaker
from rp_mw_shared.clock import SystemClock
from rp_mw_worker.classifiers.openai import ModelOptions, OpenAIClassifier
from rp_mw_worker.classifiers.openai_client import MAX_ANSWER_BYTES, make_openai_client
from tests.fakes.http_stub import HttpStub
from tests.fakes.recording import recording

DEFINITIONS = {"return_request": "wants to return", "unknown_other": "anything else"}
GOOD = {"intents": [{"label": "return_request", "confidence": 0.9}], "risk_flags": []}
DEEP = "[" * 100_000 + "]" * 100_000


def envelope(text: str = "", **changes: Any) -> dict[str, Any]:
    """An answer of the Responses API around the model's text."""
    part = {"type": "output_text", "text": text or json.dumps(GOOD), "annotations": []}
    message = {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [part]}
    usage = {"input_tokens": 400, "output_tokens": 20, "total_tokens": 420}
    whole = {"id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "output": [message]}
    return whole | {"model": "m", "usage": usage} | changes


def ask(body: Any, headers: dict[str, str] | None = None, status: int = 200) -> tuple[Any, str]:
    """Classify with a vendor that answers with this body; returns the outcome and what was logged."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    clock = SystemClock()
    with HttpStub() as vendor, recording() as kept:
        vendor.reply(status, raw, {"content-type": "application/json"} | (headers or {}))
        classifier = OpenAIClassifier(
            lambda: make_openai_client("key", f"{vendor.url}/v1"),
            clock,
            CircuitBreaker(clock, vendor="openai"),
            DEFINITIONS,
            ModelOptions("m", input_usd=0.1, output_usd=0.5, backoff_seconds=0.01),
        )
        answer = classifier.classify("I want to return this", time.monotonic() + 10.0, "subject")
    return answer, "".join(kept.raw)


def test_a_good_answer_is_read() -> None:
    """The proof of the proofs below."""
    answer, _ = ask(envelope())
    assert (answer.failure, answer.intents[0].label, answer.input_tokens) == (None, "return_request", 400)


@pytest.mark.parametrize(
    "usage",
    [
        "lots",
        None,
        7,
        [],
        {},
        {"input_tokens": "many", "output_tokens": []},
        {"input_tokens": -4},
        {"input_tokens": 1e400},
    ],
)
def test_a_strange_usage_costs_nothing_and_spoils_nothing(usage: Any) -> None:
    """The intents stand; the tokens count as none and no metric holds what is no number."""
    answer, logged = ask(envelope(usage=usage))
    assert (answer.failure, answer.intents[0].label) == (None, "return_request")
    assert answer.input_tokens == answer.output_tokens == 0
    assert "NaN" not in logged
    assert "Infinity" not in logged
    assert "many" not in logged


@pytest.mark.parametrize(
    "text",
    [
        '{"intents": [{"label": "return_request", "confidence": NaN}], "risk_flags": []}',
        '{"intents": [{"label": "return_request", "confidence": 1e400}], "risk_flags": []}',
        '{"intents": [{"label": "return_request", "confidence": "0.9"}], "risk_flags": []}',
        '{"intents": [{"label": "return_request", "confidence": true}], "risk_flags": []}',
        '{"intents": [{"label": "refund_everybody", "confidence": 0.9}], "risk_flags": []}',
        '{"intents": {"label": "return_request"}, "risk_flags": []}',
        '{"intents": [], "risk_flags": []}',
        '{"intents": [{"label": "return_request", "confidence": 0.9}], "risk_flags": [], "reply": "Dear customer"}',
        "null",
        "7",
        "Sure! The customer wants to return something.",
        DEEP,
    ],
)
def test_a_text_of_another_shape_has_no_intents(text: str) -> None:
    """Strict types: a number as text is no number."""
    answer, _ = ask(envelope(text))
    assert answer.intents == ()
    assert answer.failure in {"model_answer_invalid", "model_incomplete"}


@pytest.mark.parametrize(
    "body",
    [
        DEEP.encode(),
        b'{"output": ' + DEEP.encode() + b"}",
        b"null",
        b"[]",
        b'"completed"',
        b"7",
        b"",
        b"\xff\xfe",
        b"{",
        b"{}",
        json.dumps(envelope(output=None)).encode(),
        json.dumps(envelope(output="text")).encode(),
        json.dumps(envelope(output=[None, 7])).encode(),
        json.dumps(envelope(output=[{"type": "message", "content": None}])).encode(),
        json.dumps(envelope(status=None)).encode(),
        json.dumps(envelope(status="queued")).encode(),
        json.dumps(envelope(status=["completed"])).encode(),
    ],
)
def test_an_envelope_of_another_shape_is_invalid(body: bytes) -> None:
    """Also where the intents inside could be read: a status nobody documented is not a finished answer."""
    answer, _ = ask(body)
    assert (answer.failure, answer.intents) == ("model_answer_invalid", ())


def test_a_refusal_counts_also_beside_an_answer() -> None:
    """A model that declined did not classify."""
    whole = envelope()
    whole["output"][0]["content"].insert(0, {"type": "refusal", "refusal": "I cannot help with that."})
    answer, logged = ask(whole)
    assert (answer.failure, answer.intents) == ("model_refused", ())
    assert "cannot help" not in logged


def test_an_answer_without_an_end_is_cut() -> None:
    """The body is not read beyond the limit, and it is not the vendor's outage."""
    answer, _ = ask(json.dumps(envelope(padding="x" * (MAX_ANSWER_BYTES + 1))).encode())
    assert answer.failure == "model_answer_invalid"


def test_a_failure_with_an_endless_page_is_told_by_its_status() -> None:
    """A proxy's error page of a megabyte is an outage all the same."""
    answer, _ = ask(b"x" * (4 * MAX_ANSWER_BYTES), status=502)
    assert answer.failure == "model_unavailable"


def test_what_an_answer_held_is_not_written_to_the_error_output(recwarn: pytest.WarningsRecorder) -> None:
    """pydantic warns with the value; in Lambda that is a log line."""
    ask(envelope(usage="zebra-marmalade"))
    assert not [warning for warning in recwarn if "zebra-marmalade" in str(warning.message)]


def test_a_packed_answer_is_not_unpacked() -> None:
    """A megabyte that becomes a gigabyte is none of ours: compression was not asked for."""
    answer, _ = ask(gzip.compress(json.dumps(envelope()).encode()), {"content-encoding": "gzip"})
    assert answer.failure == "model_answer_invalid"
