"""One webhook's way: order of the checks, answers, and what is queued."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rp_mw_ingress.domain.authentication import AuthMode, WebhookSecrets, sign
from rp_mw_ingress.domain.http_request import MAX_BODY_BYTES
from tests.events.api_gateway import FULL_PAYLOAD, TOKEN, TRACE_HEADER, api_event, webhook
from tests.fakes.ingress_ports import FixedSecrets, IngressBench
from tests.fakes.recording import Recording

JSON_ONLY = {"content-type": "application/json"}


def test_a_webhook_is_queued_once_and_answered_200(bench: IngressBench, recorded: Recording) -> None:
    """One message, one accepted line, one latency sample."""
    assert bench.post(webhook(FULL_PAYLOAD)) == (200, {"status": "accepted"})
    [message] = bench.queue.bodies
    assert message["event_id"] == "evt:rp:<CAxyz+1@mail.example.com>:c1"
    assert "unknown_field" not in json.dumps(message)
    assert len(recorded.events("ingress_accepted")) == 1
    assert recorded.samples("Accepted") == [1]
    assert len(recorded.samples("AckLatency")) == 1


def test_the_trace_id_of_the_request_is_in_message_and_log(bench: IngressBench, recorded: Recording) -> None:
    """One id from the webhook to the last call."""
    event = webhook({"ticket_id": "7"})
    event["headers"]["x-amzn-trace-id"] = TRACE_HEADER
    bench.post(event)
    assert bench.queue.bodies[0]["trace_id"] == "1-67891233-abcdef012345678912345678"
    assert recorded.events("ingress_accepted")[0]["correlation_id"] == "1-67891233-abcdef012345678912345678"


def test_header_names_and_base64_bodies_do_not_matter(bench: IngressBench) -> None:
    """API Gateway lower-cases names and may encode the body; other callers need not."""
    headers = {"Content-Type": "Application/JSON; charset=UTF-8", "X-Middleware-Token": TOKEN}
    status, _ = bench.post(api_event(b'{"ticket_id": "7"}', headers=headers, is_base64=True))
    assert (status, bench.queue.bodies[0]["conversation_id"]) == (200, "7")


def test_a_named_stage_is_not_part_of_the_path(bench: IngressBench) -> None:
    """API Gateway puts a stage other than $default in front."""
    status, _ = bench.post(webhook({"ticket_id": "7"}, path="/dev/v1/richpanel/events", stage="dev"))
    assert status == 200


def test_two_identical_minimal_payloads_are_two_messages(bench: IngressBench) -> None:
    """Nothing in them says that they are about the same customer message."""
    for _ in range(2):
        assert bench.post(webhook({"ticket_id": "7"}))[0] == 200
    first, second = bench.queue.deliveries
    assert first.deduplication_id != second.deduplication_id


@pytest.mark.parametrize(
    ("event", "status", "code"),
    [
        (api_event(b"x" * (MAX_BODY_BYTES + 1)), 413, "body_too_large"),
        (api_event(b"\xff" * (MAX_BODY_BYTES + 1)), 413, "body_too_large"),
        (api_event("é" * (MAX_BODY_BYTES // 2 + 1)), 413, "body_too_large"),
        (api_event("A" * 100_000, is_base64=True), 413, "body_too_large"),
        (api_event("%%%", is_base64=True), 400, "malformed_body"),
        (api_event("é", is_base64=True), 400, "malformed_body"),
        (api_event('{"ticket_id":"\ud800"}'), 400, "malformed_body"),
        (api_event(None), 400, "malformed_body"),
        (webhook([]), 400, "not_an_object"),
        (webhook({}), 400, "missing_ticket_id"),
        (webhook({"ticket_id": "{{ticket.id}}"}), 400, "unrendered_template"),
        (webhook({"ticket_id": "7"}, headers=JSON_ONLY), 401, "unauthorized"),
        (webhook({"ticket_id": "7"}, headers=JSON_ONLY | {"x-middleware-token": "wrong"}), 401, "unauthorized"),
        (webhook({"ticket_id": "7"}, headers={"x-middleware-token": TOKEN}), 415, "unsupported_media_type"),
        (
            webhook({}, headers={"content-type": "text/json", "x-middleware-token": TOKEN}),
            415,
            "unsupported_media_type",
        ),
        (webhook({}, headers={"content-type": "application/jsonx"}), 415, "unsupported_media_type"),
        (webhook({}, headers={"content-type": "application/json; charset=latin-1"}), 415, "unsupported_media_type"),
        (webhook({}, headers=JSON_ONLY | {"content-encoding": "gzip"}), 415, "unsupported_media_type"),
        (webhook({}, path="/v1/richpanel"), 404, "not_found"),
        (webhook({}, path="/"), 404, "not_found"),
        (webhook({}, method="GET"), 405, "method_not_allowed"),
        (webhook({}, method="DELETE", path="/v1/health"), 405, "method_not_allowed"),
        ({}, 404, "not_found"),
    ],
)
def test_a_refused_request_gets_its_problem_and_queues_nothing(
    bench: IngressBench, recorded: Recording, event: dict[str, Any], status: int, code: str
) -> None:
    """Status, code and title; counted by code."""
    answer = bench.ingress.handle(event)
    problem = json.loads(answer["body"])
    assert (answer["statusCode"], problem["status"], problem["code"]) == (status, status, code)
    assert set(problem) == {"type", "title", "status", "code"}
    assert answer["headers"]["content-type"] == "application/problem+json"
    assert bench.queue.deliveries == []
    counted = recorded.samples("AuthFailed" if status == 401 else "Rejected")
    assert counted == [1]


def test_a_body_of_exactly_the_limit_is_read(bench: IngressBench) -> None:
    """32 KiB are allowed, plain and encoded."""
    body = json.dumps({"ticket_id": "7"}).encode().ljust(MAX_BODY_BYTES)
    assert bench.post(api_event(body))[0] == 200
    assert bench.post(api_event(body, is_base64=True))[0] == 200


def test_cheap_checks_come_first_and_the_credential_before_the_content(bench: IngressBench) -> None:
    """Size, content type, credential, content: each is answered before the next is looked at."""
    huge = b"[" * (MAX_BODY_BYTES + 1)
    assert bench.post(api_event(huge, headers={}))[0] == 413
    assert bench.post(api_event(b"[", headers={}))[0] == 415
    assert bench.post(api_event(b"[", headers=JSON_ONLY))[0] == 401
    assert bench.post(api_event(b"["))[0] == 400


def test_every_bad_credential_gets_one_and_the_same_answer() -> None:
    """Missing, wrong, malformed, expired: nothing tells them apart, in either mode."""
    answers = set()
    old = "1000000000"
    for headers in (
        {},
        {"x-middleware-token": "wrong"},
        {"x-signature": "zz", "x-timestamp": "soon"},
        {"x-signature": sign("hmac-key", old, b"{}"), "x-timestamp": old},
    ):
        for mode in AuthMode:
            answer = IngressBench(mode).ingress.handle(webhook({}, headers=JSON_ONLY | headers))
            answers.add((answer["statusCode"], answer["body"], json.dumps(answer["headers"])))
    assert len(answers) == 1


def test_a_signed_request_is_accepted_in_hmac_mode() -> None:
    """The signature covers the bytes that were sent, base64 or not."""
    for is_base64 in (False, True):
        bench = IngressBench(AuthMode.HMAC)
        assert bench.post(signed(bench, is_base64=is_base64))[0] == 200


def signed(bench: IngressBench, is_base64: bool = False) -> dict[str, Any]:
    """The same minimal message, signed at the bench's time."""
    body, timestamp = b'{"ticket_id": "7"}', str(bench.clock.now_epoch_ms() // 1000)
    headers = JSON_ONLY | {"x-signature": sign("hmac-key", timestamp, body), "x-timestamp": timestamp}
    return api_event(body, headers=headers, is_base64=is_base64)


def test_a_signature_already_seen_is_refused() -> None:
    """A recorded request brings nothing in, in upper case neither; the same words signed later are new."""
    bench = IngressBench(AuthMode.HMAC)
    recorded = signed(bench)
    assert bench.post(recorded)[0] == 200
    recorded["headers"] = {name: value.upper() for name, value in recorded["headers"].items()} | JSON_ONLY
    assert bench.post(recorded)[0] == 401
    assert len(bench.queue.deliveries) == 1
    bench.clock.advance(1)
    assert bench.post(signed(bench))[0] == 200


def test_another_process_gives_a_recorded_request_the_same_deduplication_id() -> None:
    """Each process remembers its own; SQS drops the second of two with one id."""
    one, other = IngressBench(AuthMode.HMAC), IngressBench(AuthMode.HMAC)
    other.post(signed(other))
    one.post(signed(one))
    assert one.queue.deliveries[0].deduplication_id == other.queue.deliveries[0].deduplication_id


def test_a_signature_whose_message_was_not_queued_may_come_again() -> None:
    """The sender tries again with the same bytes: nothing is lost."""
    bench = IngressBench(AuthMode.HMAC)
    bench.queue.is_refusing = True
    assert bench.post(signed(bench))[0] == 503
    bench.queue.is_refusing = False
    assert bench.post(signed(bench))[0] == 200


def test_a_rotated_secret_lets_the_new_credential_in_at_once() -> None:
    """A refused credential is checked once more against a fresher copy."""
    secrets = FixedSecrets(WebhookSecrets(("old",)), newer=WebhookSecrets((TOKEN, "old")))
    assert IngressBench(secrets=secrets).post(webhook({"ticket_id": "7"}))[0] == 200
    assert secrets.newer_reads == 1


def test_without_a_readable_secret_the_sender_is_asked_to_try_again(bench: IngressBench, recorded: Recording) -> None:
    """Not a 401: the credential may be right."""
    bench.secrets.secrets = None
    answer = bench.ingress.handle(webhook({"ticket_id": "7"}))
    assert (answer["statusCode"], answer["headers"]["retry-after"]) == (503, "5")
    assert json.loads(answer["body"])["code"] == "secret_unavailable"
    assert recorded.events("queue_refused")[0]["reason"] == "secret_unavailable"


def test_a_refusing_queue_is_never_answered_200(bench: IngressBench, recorded: Recording) -> None:
    """The sender may try again; nothing was accepted."""
    bench.queue.is_refusing = True
    answer = bench.ingress.handle(webhook(FULL_PAYLOAD))
    assert (answer["statusCode"], answer["headers"]["retry-after"]) == (503, "5")
    assert json.loads(answer["body"])["code"] == "queue_unavailable"
    assert recorded.samples("Accepted") == []


def test_a_defect_is_answered_500_and_named_by_its_class_only(bench: IngressBench, recorded: Recording) -> None:
    """A traceback would quote the request."""
    bench.queue.defect = RuntimeError("ana@example.com")
    assert bench.post(webhook(FULL_PAYLOAD))[0] == 500
    assert recorded.events("unexpected_error")[0]["exception_name"] == "RuntimeError"


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        ({"isOperator": True, "is_operator": True, "sender_type": "operator"}, "operator_message"),
        ({"is_operator": None, "sender_type": "bot"}, "bot_message"),
        ({"type": "note"}, "note"),
        ({"author_id": "agent-7"}, "own_echo"),
    ],
)
def test_what_no_customer_wrote_is_answered_200_ignored(
    recorded: Recording, extra: dict[str, Any], reason: str
) -> None:
    """Nothing is queued, and the reason is counted nowhere but said."""
    bench = IngressBench(own_author_ids=frozenset({"agent-7"}))
    assert bench.post(webhook(FULL_PAYLOAD | extra)) == (200, {"status": "ignored", "reason": reason})
    assert bench.queue.deliveries == []
    assert recorded.samples("Ignored") == [1]


def test_a_full_payload_of_unknown_direction_is_queued(bench: IngressBench) -> None:
    """The worker decides from the ticket."""
    payload = {key: value for key, value in FULL_PAYLOAD.items() if key not in ("is_operator", "sender_type")}
    assert bench.post(webhook(payload)) == (200, {"status": "accepted"})


def test_the_health_check_needs_no_credential_and_touches_nothing(bench: IngressBench) -> None:
    """It says that the function answers, no more."""
    assert bench.post(api_event(None, method="GET", path="/v1/health", headers={})) == (200, {"status": "ok"})
    assert bench.queue.deliveries == []


def test_a_wrong_method_is_told_the_right_one(bench: IngressBench) -> None:
    """The Allow header names it."""
    assert bench.ingress.handle(webhook({}, method="PUT"))["headers"]["allow"] == "POST"
