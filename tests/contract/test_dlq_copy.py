"""A record that can never succeed reaches its DLQ once, intact, with a reason that quotes nothing."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from rp_mw_shared.errors import PermanentError, TransientError
from rp_mw_shared.sqs.batch import QueueRecord
from rp_mw_shared.sqs.dlq import send_to_dlq
from tests.fakes.aws_faults import BreakableClient, unreachable
from tests.fakes.recording import Recording

pytestmark = pytest.mark.emulator

ERROR = PermanentError("invalid fields near ana.diaz@example.com", code="schema_invalid")


@pytest.fixture
def sqs(aws: Callable[[str], Any]) -> BreakableClient:
    """An SQS client that can be broken."""
    return BreakableClient(aws("sqs"))


@pytest.fixture
def dlq_url(sqs: BreakableClient) -> str:
    """An empty FIFO queue."""
    url: str = sqs.create_queue(QueueName=f"{uuid.uuid4()}.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    return url


@pytest.fixture
def record() -> QueueRecord:
    """A poison record."""
    return QueueRecord(str(uuid.uuid4()), "handle", '{"text":"where is it?"}', "group-1", receive_count=2)


def _received(sqs: BreakableClient, url: str) -> list[dict[str, Any]]:
    answer = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], AttributeNames=["All"]
    )
    messages: list[dict[str, Any]] = answer.get("Messages", [])
    return messages


def test_the_copy_keeps_body_and_group_and_says_why(
    sqs: BreakableClient, dlq_url: str, record: QueueRecord, recorded: Recording
) -> None:
    """A redrive needs the body; an operator needs the reason, without personal data."""
    send_to_dlq(sqs, dlq_url, record, error=ERROR, source="events")
    (message,) = _received(sqs, dlq_url)
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert message["Body"] == record.body
    assert message["Attributes"]["MessageGroupId"] == "group-1"
    detail = attributes.pop("detail")
    assert attributes == {
        "reason": "schema_invalid",
        "source": "events",
        "record_id": record.message_id,
        "receive_count": "2",
    }
    assert "invalid fields" in detail
    assert "ana.diaz" not in detail
    assert "example.com" not in "".join(recorded.raw)
    assert recorded.events("dlq_quarantined")[0]["reason"] == "schema_invalid"


def test_a_repeated_copy_is_one_message(sqs: BreakableClient, dlq_url: str, record: QueueRecord) -> None:
    """A run that dies between the copy and the acknowledgement copies again."""
    for _ in range(2):
        send_to_dlq(sqs, dlq_url, record, error=ERROR, source="events")
    assert len(_received(sqs, dlq_url)) == 1


def test_a_dlq_out_of_reach_is_transient(sqs: BreakableClient, dlq_url: str, record: QueueRecord) -> None:
    """Then the record must not be acknowledged."""
    sqs.error = unreachable()
    with pytest.raises(TransientError):
        send_to_dlq(sqs, dlq_url, record, error=ERROR, source="events")
