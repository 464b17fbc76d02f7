"""The ingress' AWS calls over real HTTP: one SendMessage per event, one secret read, one connection."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rp_mw_ingress.adapters.aws_connection import AwsConnection
from rp_mw_ingress.adapters.secret_reader import SecretReader
from rp_mw_ingress.adapters.sqs_sender import SqsSender
from rp_mw_ingress.domain.authentication import AuthMode, WebhookSecrets
from rp_mw_ingress.domain.delivery import Delivery
from rp_mw_shared.clock import FakeClock
from rp_mw_shared.errors import TransientError
from tests.fakes.aws_stub import AwsStub
from tests.fakes.http_stub import StubReply
from tests.fakes.recording import Recording

SECRET = "rp-mw/test/richpanel/webhook"
NEW, OLD, NEWEST = (f"{name}-token-0f1e2d3c4b5a69788796a5b4" for name in ("new", "old", "newest"))
DELIVERY = Delivery(body='{"a":1}', group_id="g" * 64, deduplication_id="d" * 64)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsStub]:
    """A stub of AWS and the environment's credentials."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    stub = AwsStub()
    stub.secrets[SECRET] = {"token_current": NEW, "token_previous": OLD, "hmac_secret": None}
    with stub.http:
        yield stub


@pytest.fixture
def connection(aws: AwsStub) -> AwsConnection:
    """A connection to the stub."""
    return AwsConnection("us-east-2", aws.http.url)


def reader(connection: AwsConnection, clock: FakeClock, mode: AuthMode = AuthMode.TOKEN) -> SecretReader:
    """A reader of the webhook secret."""
    return SecretReader(connection.secrets, SECRET, mode, clock)


def test_a_delivery_is_one_signed_send_message(aws: AwsStub, connection: AwsConnection) -> None:
    """Queue, body, group and deduplication id as given."""
    SqsSender(connection.sqs, f"{aws.http.url}/1/events.fifo").send(DELIVERY)
    assert aws.calls("SendMessage") == [
        {
            "QueueUrl": f"{aws.http.url}/1/events.fifo",
            "MessageBody": '{"a":1}',
            "MessageGroupId": "g" * 64,
            "MessageDeduplicationId": "d" * 64,
        }
    ]
    assert "AWS4-HMAC-SHA256" in aws.http.requests[0].headers["authorization"]


def test_a_message_carries_no_header_that_nobody_reads(aws: AwsStub, connection: AwsConnection) -> None:
    """Each costs its signature and its sending; a newer SDK must not bring them back unseen."""
    SqsSender(connection.sqs, "http://queue").send(DELIVERY)
    headers = aws.http.requests[0].headers
    assert headers["user-agent"] == "rp-mw-ingress"
    assert not [name for name in headers if name.startswith("amz-sdk-")]


def test_secret_and_messages_share_one_kept_connection(aws: AwsStub, connection: AwsConnection) -> None:
    """No second client, no second handshake."""
    reader(connection, FakeClock()).load()
    for _ in range(3):
        SqsSender(connection.sqs, "http://queue").send(DELIVERY)
    assert (len(aws.http.requests), aws.http.connections) == (4, 1)


def test_a_broken_answer_is_tried_once_more_with_the_same_deduplication_id(
    aws: AwsStub, connection: AwsConnection
) -> None:
    """The second try cannot double the message."""
    aws.fail_next(500, "InternalError")
    SqsSender(connection.sqs, "http://queue").send(DELIVERY)
    first, second = aws.calls("SendMessage")
    assert first == second


@pytest.mark.parametrize("status", [400, 403, 500, 503])
def test_a_refusal_that_stays_is_transient(aws: AwsStub, connection: AwsConnection, status: int) -> None:
    """The sender gets a 503 and may try again."""
    for _ in range(2):
        aws.fail_next(status, "RefusedException")
    with pytest.raises(TransientError):
        SqsSender(connection.sqs, "http://queue").send(DELIVERY)


def test_a_lost_connection_is_transient(aws: AwsStub, connection: AwsConnection) -> None:
    """As is an endpoint that closes without an answer."""
    aws.failures = [StubReply(drop=True)] * 4
    with pytest.raises(TransientError):
        SqsSender(connection.sqs, "http://queue").send(DELIVERY)


def test_the_secret_is_read_once_in_five_minutes(aws: AwsStub, connection: AwsConnection) -> None:
    """A warm event reads none."""
    clock = FakeClock()
    secrets = reader(connection, clock)
    for _ in range(3):
        assert secrets.load() == WebhookSecrets(tokens=(NEW, OLD))
        clock.advance(99)
    assert len(aws.calls("GetSecretValue")) == 1
    clock.advance(10)
    secrets.load()
    assert len(aws.calls("GetSecretValue")) == 2


def test_a_refused_credential_reads_the_secret_again_at_most_every_30_seconds(
    aws: AwsStub, connection: AwsConnection
) -> None:
    """A rotation is seen at once; a flood of wrong tokens costs two reads a minute."""
    clock = FakeClock()
    secrets = reader(connection, clock)
    secrets.load()
    aws.secrets[SECRET] = {"token_current": NEWEST, "token_previous": NEW}
    assert secrets.load_newer() is None
    clock.advance(30)
    assert secrets.load_newer() == WebhookSecrets(tokens=(NEWEST, NEW))
    assert secrets.load() == WebhookSecrets(tokens=(NEWEST, NEW))
    for _ in range(50):
        clock.advance(1)
        secrets.load_newer()
    assert len(aws.calls("GetSecretValue")) == 3


def test_an_unreadable_secret_keeps_the_older_copy_for_a_while(
    aws: AwsStub, connection: AwsConnection, recorded: Recording
) -> None:
    """Ten minutes of grace with a read every 30 s at most, then nobody is let in."""
    clock = FakeClock()
    secrets = reader(connection, clock)
    secrets.load()
    aws.failures = [StubReply(500, b"{}")] * 99
    clock.advance(301)
    assert secrets.load() == WebhookSecrets(tokens=(NEW, OLD))
    assert secrets.load() == WebhookSecrets(tokens=(NEW, OLD))
    assert len(aws.calls("GetSecretValue")) == 2
    assert recorded.events("secret_stale")
    clock.advance(600)
    with pytest.raises(TransientError):
        secrets.load()


@pytest.mark.parametrize(
    "answer",
    [b"", b"<html>", b"[]", b"{}", b'{"SecretString": 1}', b'{"SecretString": "no json"}', b'{"SecretString": "[]"}'],
)
def test_a_secret_of_another_shape_is_unreadable(aws: AwsStub, connection: AwsConnection, answer: bytes) -> None:
    """And its text is in no error."""
    aws.failures = [StubReply(200, answer)]
    with pytest.raises(TransientError) as failed:
        reader(connection, FakeClock()).load()
    assert failed.value.__cause__ is None


@pytest.mark.parametrize(
    "fields",
    [{}, {"token_current": ""}, {"token_current": None, "hmac_secret": NEW}, {"token_current": "change-me"}],
)
def test_a_secret_without_a_credential_for_the_mode_lets_nobody_in(
    aws: AwsStub, connection: AwsConnection, fields: dict[str, str | None]
) -> None:
    """An empty token must not match an empty header, and a placeholder lets nobody in."""
    aws.secrets[SECRET] = fields
    with pytest.raises(TransientError):
        reader(connection, FakeClock()).load()


def test_the_hmac_mode_reads_its_own_keys(aws: AwsStub, connection: AwsConnection) -> None:
    """Current and previous."""
    aws.secrets[SECRET] = {"hmac_secret": NEW, "hmac_secret_previous": OLD}
    assert reader(connection, FakeClock(), AuthMode.HMAC).load().hmac_keys == (NEW, OLD)


def test_an_unreachable_endpoint_is_transient(aws: AwsStub) -> None:
    """Both calls say so instead of breaking."""
    unreachable = AwsConnection("us-east-2", "http://127.0.0.1:9")
    with pytest.raises(TransientError):
        reader(unreachable, FakeClock()).load()
    unreachable.warm_up()
