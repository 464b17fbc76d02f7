"""The ingress's AWS adapter and the real SQS and Secrets Manager clients of the same botocore, over the same loopback.

The clients are set up as one would for a latency-bound function: no headers that only count tries.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.handlers import add_retry_headers
from botocore.parsers import ResponseParserError

from rp_mw_ingress.adapters import aws_connection
from rp_mw_ingress.adapters.aws_connection import AwsConnection
from rp_mw_ingress.adapters.aws_json import AwsJson, AwsRefusedError
from rp_mw_ingress.adapters.sqs_sender import SqsSender
from rp_mw_ingress.domain.delivery import Delivery
from rp_mw_shared.errors import TransientError
from tests.fakes.http_stub import HttpStub, StubReply, StubRequest

REGION = "us-east-2"
BODY = '{"text":"caf\\u00e9 \\ud83d\\ude00"}'
DELIVERY = Delivery(body=BODY, group_id="g" * 64, deduplication_id="d" * 64)
MESSAGE = {
    "QueueUrl": "https://sqs.us-east-2.amazonaws.com/1/events.fifo",
    "MessageBody": BODY,
    "MessageDeduplicationId": "d" * 64,
    "MessageGroupId": "g" * 64,
}
TAKEN = {"MessageId": "m-1", "MD5OfMessageBody": hashlib.md5(BODY.encode()).hexdigest(), "SequenceNumber": "1"}
CALLS = {
    "sqs": ("SendMessage", MESSAGE, TAKEN),
    "secretsmanager": ("GetSecretValue", {"SecretId": "rp-mw/test/webhook"}, {"Name": "s", "SecretString": "{}"}),
}
FROZEN = datetime.datetime(2026, 11, 22, 12, 0, 0)  # noqa: DTZ001  the SDK's own clock is naive UTC
Call = Callable[[], Any]


@pytest.fixture(autouse=True)
def lambda_environment(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Credentials and trace as Lambda gives them, a clock that stands, chance that always says one half.

    Returns the pauses that would have been slept.
    """
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "token" * 100,
        "AWS_LAMBDA_FUNCTION_NAME": "rp-mw-test-ingress",
        "_X_AMZN_TRACE_ID": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0",
    }.items():
        monkeypatch.setenv(name, value)
    pauses: list[float] = []
    for module in ("botocore.endpoint", "rp_mw_ingress.adapters.aws_json"):
        monkeypatch.setattr(f"{module}.time", SimpleNamespace(sleep=pauses.append))
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: FROZEN)
    return pauses


class Scripted:
    """A server that gives `replies` in turn, the last one again and again."""

    def __init__(self) -> None:
        self.replies: list[StubReply] = []
        self.http = HttpStub(self._next)

    def _next(self, request: StubRequest) -> StubReply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    def play(self, replies: list[StubReply]) -> None:
        """Forget what came in and answer from `replies`."""
        self.http.requests.clear()
        self.replies = list(replies)


@pytest.fixture
def stub() -> Iterator[Scripted]:
    """The server, running."""
    scripted = Scripted()
    with scripted.http:
        yield scripted


def ours(stub: Scripted, service: str) -> Call:
    """One call of the adapter."""
    connection = AwsConnection(REGION, stub.http.url)
    adapter: AwsJson = {"sqs": connection.sqs, "secretsmanager": connection.secrets}[service]
    operation, arguments, _ = CALLS[service]
    return lambda: adapter.call(operation, arguments)


def theirs(stub: Scripted, service: str) -> Call:
    """The same call of the real client."""
    _, arguments, _ = CALLS[service]
    attempts = aws_connection.SEND_ATTEMPTS if service == "sqs" else 1
    client = botocore.session.Session().create_client(
        service,
        region_name=REGION,
        endpoint_url=stub.http.url,
        config=Config(
            user_agent=aws_connection.USER_AGENT,
            retries={"mode": "standard", "total_max_attempts": attempts},
            connect_timeout=aws_connection.CONNECT_TIMEOUT_SECONDS,
            read_timeout=aws_connection.READ_TIMEOUT_SECONDS,
        ),
    )
    client.meta.events.unregister("request-created", add_retry_headers)
    name = "send_message" if service == "sqs" else "get_secret_value"
    return lambda: getattr(client, name)(**arguments)


def outcome(call: Call) -> str:
    """What became of a call, in words that both sides share: ok, AWS's error code, or no answer."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    except TransientError as error:
        return str(error.__cause__) if isinstance(error.__cause__, AwsRefusedError) else "no answer"
    except (BotoCoreError, ResponseParserError):
        return "no answer"
    return "ok"


def both(stub: Scripted, service: str, replies: list[StubReply]) -> list[tuple[str, list[StubRequest]]]:
    """The outcome of the call and its requests, by the real client and by ours, each given the same answers."""
    found = []
    for make in (theirs, ours):
        call = make(stub, service)
        stub.play(replies)
        random.seed(7)
        found.append((outcome(call), [without_powertools(request) for request in stub.http.requests]))
    return found


def without_powertools(request: StubRequest) -> StubRequest:
    """The request without what Powertools, once imported, adds to the user agent of every client."""
    headers = request.headers | {"user-agent": request.headers["user-agent"].partition(" PT/")[0]}
    return replace(request, headers=headers)


def reply(status: int, document: Any, **headers: str) -> StubReply:
    """An answer in AWS's JSON; underscores in header names stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return StubReply(status, json.dumps(document).encode(), {"content-type": "application/x-amz-json-1.0", **named})


def good(service: str) -> StubReply:
    """The answer of the service when it did what was asked."""
    return reply(200, CALLS[service][2])


@pytest.mark.parametrize("service", CALLS)
def test_the_bytes_on_the_wire_are_the_clients(stub: Scripted, service: str) -> None:
    """Line, headers in their order, signature and body."""
    (said, (expected,)), (we_said, (sent,)) = both(stub, service, [good(service)])
    assert (said, we_said) == ("ok", "ok")
    assert list(sent.headers.items()) == list(expected.headers.items())
    assert (sent.method, sent.path, sent.body) == (expected.method, expected.path, expected.body)
    assert "AWS4-HMAC-SHA256" in sent.headers["authorization"]


def error(status: int, code: str, **headers: str) -> StubReply:
    """AWS refuses."""
    return reply(status, {"__type": f"com.amazonaws.sqs#{code}", "message": "no"}, **headers)


FAULTS = {
    "throttled": [error(400, "ThrottlingException")],
    "throttled, as SQS says it": [error(403, "RequestThrottled", x_amzn_query_error="RequestThrottled;Sender")],
    "too many, no body": [StubReply(429)],
    "own fault": [error(500, "InternalFailure")],
    "unavailable": [StubReply(503, b"<html>busy</html>", {"content-type": "text/html"})],
    "gateway timeout": [StubReply(504)],
    "clock skew": [error(403, "InvalidSignatureException")],
    "expired credentials": [error(400, "ExpiredTokenException")],
    "access denied": [error(400, "AccessDeniedException")],
    "no queue": [error(400, "QueueDoesNotExist", x_amzn_query_error="AWS.SimpleQueueService.NonExistentQueue;Sender")],
    "a code with an address after it": [reply(400, {"__type": "SlowDown:http://internal/"})],
    "moved": [StubReply(302, b"", {"location": "/elsewhere"})],
    "not found, a page": [StubReply(404, b"<html>", {"content-type": "text/html"})],
    "closed without an answer": [StubReply(drop=True)],
    "once, then well": [error(500, "InternalFailure"), StubReply(200, json.dumps(TAKEN).encode())],
    "throttled, with a wait asked for": [error(400, "ThrottlingException", x_amz_retry_after="700")],
}


@pytest.mark.parametrize("service", CALLS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_ends_as_with_the_client(
    stub: Scripted, service: str, fault: str, lambda_environment: list[float]
) -> None:
    """The same outcome after the same requests and the same pauses between them."""
    (said, expected), (we_said, sent) = both(stub, service, FAULTS[fault])
    assert we_said == said
    assert sent == expected
    paused = len(lambda_environment) // 2
    assert lambda_environment[:paused] == lambda_environment[paused:]
    assert paused == len(sent) - 1


def test_the_faults_cover_what_there_is(stub: Scripted) -> None:
    """Some are tried again, some are not: the comparison above would hold for an adapter that never tries again."""
    tries = {len(both(stub, "sqs", replies)[1][1]) for replies in FAULTS.values()}
    assert tries == {1, 2}


@pytest.mark.parametrize("service", CALLS)
def test_silence_ends_as_with_the_client(stub: Scripted, service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer within the read timeout, on as many tries."""
    monkeypatch.setattr(aws_connection, "READ_TIMEOUT_SECONDS", 0.2)
    (said, expected), (we_said, sent) = both(stub, service, [StubReply(hang_seconds=0.6)])
    assert (said, len(expected)) == (we_said, len(sent)) == ("no answer", 2 if service == "sqs" else 1)


@pytest.mark.parametrize("service", CALLS)
def test_a_closed_port_ends_as_with_the_client(stub: Scripted, service: str) -> None:
    """Nothing listens: no answer, and no other error."""
    calls = [make(stub, service) for make in (theirs, ours)]
    stub.http.__exit__(None, None, None)
    assert [outcome(call) for call in calls] == ["no answer", "no answer"]


def test_a_storm_of_failures_is_not_doubled_for_ever(stub: Scripted) -> None:
    """The SDK's budget of tries: the same number of requests for a hundred calls that fail."""
    counts = []
    for make in (theirs, ours):
        call = make(stub, "sqs")
        stub.play([error(500, "InternalFailure")])
        for _ in range(100):
            outcome(call)
        counts.append(len(stub.http.requests))
    assert counts[0] == counts[1] < 200


@pytest.mark.parametrize("region", ["us-east-1", "us-east-2", "eu-central-1", "ap-southeast-2", "cn-north-1"])
@pytest.mark.parametrize("service", CALLS)
def test_the_address_of_a_region_is_the_clients(region: str, service: str) -> None:
    """Taken from the client's own endpoint rules."""
    client = botocore.session.Session().create_client(service, region_name=region)
    connection = AwsConnection(region)
    adapter = {"sqs": connection.sqs, "secretsmanager": connection.secrets}[service]
    assert adapter.endpoint.url == f"{client.meta.endpoint_url}/"


NOT_OF_SQS = {
    "a proxy's page": StubReply(200, b"<html>ok</html>", {"content-type": "text/html"}),
    "nothing": StubReply(200),
    "no content": StubReply(204),
    "another JSON": reply(200, {"status": "ok"}),
    "no object": reply(200, [TAKEN]),
    "no message id": reply(200, {**TAKEN, "MessageId": ""}),
    "no digest": reply(200, {"MessageId": "m-1"}),
    "another body's digest": reply(200, {**TAKEN, "MD5OfMessageBody": "0" * 32}),
    "half an answer": StubReply(200, json.dumps(TAKEN).encode(), cut_after_bytes=40),
    "a redirect": StubReply(301, b"", {"location": "/elsewhere"}),
}


@pytest.mark.parametrize("answer", NOT_OF_SQS)
def test_an_answer_that_is_not_of_sqs_is_no_acknowledgement(stub: Scripted, answer: str) -> None:
    """The sender gets a 503 and tries again; the deduplication id keeps a message that did arrive single."""
    stub.play([NOT_OF_SQS[answer]])
    with pytest.raises(TransientError):
        SqsSender(AwsConnection(REGION, stub.http.url).sqs, MESSAGE["QueueUrl"]).send(DELIVERY)


@pytest.mark.parametrize("answer", ["a proxy's page", "nothing", "half an answer", "another body's digest"])
def test_the_client_would_take_it_for_one(stub: Scripted, answer: str) -> None:
    """Why the sender looks for itself: the client reads a success into any 200."""
    stub.play([NOT_OF_SQS[answer]])
    assert outcome(theirs(stub, "sqs")) == "ok"


def test_an_answer_of_sqs_is_one(stub: Scripted) -> None:
    """The one above would hold for a sender that believes nobody."""
    stub.play([good("sqs")])
    SqsSender(AwsConnection(REGION, stub.http.url).sqs, MESSAGE["QueueUrl"]).send(DELIVERY)
    assert len(stub.http.requests) == 1
