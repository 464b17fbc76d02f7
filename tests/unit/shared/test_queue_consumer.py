"""A plain consumer from its environment to the queue, with SQS as a real HTTP server."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from rp_mw_shared.errors import ConfigurationError, PermanentError, TransientError
from rp_mw_shared.sqs.batch import QueueRecord
from rp_mw_shared.sqs.consumer import QueueConsumer, build_consumer
from tests.fakes.aws_stub import AwsStub
from tests.fakes.recording import recording

ENVIRONMENT = {
    "RP_MW_ENV": "test",
    "AWS_REGION": "us-east-2",
    "QUEUE_URL": "http://queue/archive.fifo",
    "DLQ_URL": "http://queue/archive-dlq.fifo",
}
BATCH = {
    "Records": [
        {
            "messageId": f"q-{body}",
            "receiptHandle": f"h-{body}",
            "body": body,
            "attributes": {"MessageGroupId": f"g-{body}", "ApproximateReceiveCount": "1"},
            "eventSourceARN": "arn:aws:sqs:us-east-2:1:archive.fifo",
        }
        for body in ("fine", "poison", "later")
    ]
}
told: list[float] = []


def keep(record: QueueRecord, remaining_seconds: Callable[[], float]) -> None:
    """Fine, never, or not now, as the body says."""
    told.append(remaining_seconds())
    if record.body == "poison":
        raise PermanentError("cannot be kept", code="message_malformed")
    if record.body == "later":
        raise TransientError("not now", code="timeout")


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[QueueConsumer, AwsStub]]:
    """Built from its environment, as Lambda builds it."""
    aws = AwsStub()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with aws.http:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.http.url)
        consumer = build_consumer(ENVIRONMENT, service="archiver", source="archive", handle=keep)
        with recording():
            yield consumer, aws


def test_each_record_ends_by_itself(system: tuple[QueueConsumer, AwsStub]) -> None:
    """Fine is acknowledged, poison is copied to the dead-letter queue with its reason, the rest comes again later."""
    consumer, aws = system
    answer = consumer.handle_batch(BATCH, lambda: 30_000)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "q-later"}]}
    [copied] = aws.calls("SendMessage")
    assert (copied["QueueUrl"], copied["MessageBody"]) == (ENVIRONMENT["DLQ_URL"], "poison")
    assert copied["MessageAttributes"]["reason"]["StringValue"] == "message_malformed"
    assert copied["MessageAttributes"]["source"]["StringValue"] == "archive"
    [delayed] = aws.calls("ChangeMessageVisibility")
    assert (delayed["QueueUrl"], delayed["ReceiptHandle"]) == (ENVIRONMENT["QUEUE_URL"], "h-later")


def test_the_work_is_told_less_time_than_the_function_has(system: tuple[QueueConsumer, AwsStub]) -> None:
    """What ends the batch needs some seconds of its own."""
    told.clear()
    system[0].handle_batch(BATCH, lambda: 30_000)
    assert told == [27.0, 27.0, 27.0]


def test_every_missing_setting_is_named() -> None:
    """One start tells all that is wrong."""
    with pytest.raises(ConfigurationError) as raised:
        build_consumer({}, service="archiver", source="archive", handle=keep)
    assert len(raised.value.problems) == len(ENVIRONMENT)
