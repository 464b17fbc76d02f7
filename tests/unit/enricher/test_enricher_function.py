"""The whole enricher from a Lambda event to SQS, with AWS and the shop as real HTTP servers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from rp_mw_enricher.settings import Settings
from rp_mw_enricher.wiring import build
from rp_mw_shared.errors import ConfigurationError
from rp_mw_shared.messages.serialization import group_id, to_json
from rp_mw_shared.messages.types import EnrichmentRequest
from rp_mw_shared.redaction.hashing import contact_digest
from rp_mw_shared.settings import load_settings
from rp_mw_shared.sqs.consumer import QueueConsumer
from tests.events.shopify_answers import EMAIL, order, page
from tests.fakes.aws_stub import AwsStub
from tests.fakes.http_stub import HttpStub
from tests.fakes.recording import recording

REQUEST = EnrichmentRequest("r1", "<a@b>", "evt:rp:<a@b>:m1", "m1", "order_name", "1001", 1_795_000_000_000, "1-a-b")
SALT = "pepper-0f1e2d3c4b5a69788796a5b4c3d2"
ENVIRONMENT = {
    "RP_MW_ENV": "test",
    "AWS_REGION": "us-east-2",
    "ENRICHMENT_QUEUE_URL": "http://queue/enrichment.fifo",
    "ENRICHMENT_DLQ_URL": "http://queue/enrichment-dlq.fifo",
    "EVENTS_QUEUE_URL": "http://queue/events.fifo",
    "SHOPIFY_SECRET_NAME": "shopify",
    "HASH_SALT_SECRET_NAME": "salt",
}


@dataclass(frozen=True, slots=True)
class System:
    """An enricher with everything around it."""

    aws: AwsStub
    shop: HttpStub
    function: QueueConsumer

    def run(self, *requests: EnrichmentRequest | str, receive_count: int = 1, remaining_ms: int = 30_000) -> Any:
        """The batch answer to one Lambda event with these requests."""
        records = [raw_record(n, request, receive_count) for n, request in enumerate(requests)]
        return self.function.handle_batch({"Records": records}, lambda: remaining_ms)

    def sent_to(self, queue: str) -> list[Any]:
        """The SendMessage calls to one queue."""
        return [call for call in self.aws.calls("SendMessage") if call["QueueUrl"] == f"http://queue/{queue}.fifo"]


def raw_record(number: int, request: EnrichmentRequest | str, receive_count: int) -> dict[str, Any]:
    """One record of a Lambda event."""
    group = request if isinstance(request, str) else request.conversation_id
    return {
        "messageId": f"q-{number}",
        "receiptHandle": f"h-{number}",
        "body": request if isinstance(request, str) else to_json(request),
        "attributes": {"MessageGroupId": group_id(group), "ApproximateReceiveCount": str(receive_count)},
        "eventSourceARN": "arn:aws:sqs:us-east-2:1:enrichment.fifo",
    }


@pytest.fixture
def system(shop: HttpStub, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    """Built by the real wiring from an environment."""
    aws = AwsStub()
    aws.secrets = {"shopify": {"access_token": "shpat_1"}, "salt": {"salt": SALT}}
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with aws.http:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.http.url)
        function = build(load_settings(Settings, ENVIRONMENT | {"SHOPIFY_BASE_URL": shop.url}))
        with recording():
            yield System(aws, shop, function)


def test_a_request_ends_as_a_result_in_the_workers_inbox(system: System) -> None:
    """In the conversation's group, with one deduplication id per request, and no contact in plain."""
    system.shop.reply(200, page(order()))
    assert system.run(REQUEST) == {"batchItemFailures": []}
    [sent] = system.sent_to("events")
    result = json.loads(sent["MessageBody"])
    assert (result["outcome"], result["order"]["name"]) == ("found", "#1001")
    assert sent["MessageGroupId"] == group_id("<a@b>")
    assert EMAIL not in sent["MessageBody"]
    assert contact_digest(EMAIL, SALT) in result["order"]["contact_digests"]


def test_an_answer_sent_twice_has_one_deduplication_id(system: System) -> None:
    """Whatever the second lookup says."""
    system.shop.reply(200, page(order()))
    system.shop.reply(404, b"")
    system.run(REQUEST)
    system.run(REQUEST, receive_count=2)
    assert len({sent["MessageDeduplicationId"] for sent in system.sent_to("events")}) == 1


def test_secrets_are_read_once_per_process(system: System) -> None:
    """A warm batch reads none."""
    system.shop.reply(200, page(order()))
    for number in range(3):
        system.run(replace(REQUEST, request_id=f"r{number}"))
    assert len(system.aws.calls("GetSecretValue")) == 2


def test_a_shop_that_is_down_hands_the_record_back_with_a_delay(system: System) -> None:
    """The delay is set on the message, nothing is sent."""
    system.shop.reply(200, {"errors": [{"message": "x", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]})
    assert system.run(REQUEST) == {"batchItemFailures": [{"itemIdentifier": "q-0"}]}
    [change] = system.aws.calls("ChangeMessageVisibility")
    assert (change["QueueUrl"], change["ReceiptHandle"]) == ("http://queue/enrichment.fifo", "h-0")
    assert change["VisibilityTimeout"] > 0
    assert system.sent_to("events") == []


def test_on_the_last_delivery_the_worker_hears_of_the_failure(system: System) -> None:
    """The customer does not wait for a shop that stays down; the request is done."""
    system.shop.reply(500, b"<html>")
    assert system.run(REQUEST, receive_count=5) == {"batchItemFailures": []}
    [sent] = system.sent_to("events")
    assert json.loads(sent["MessageBody"])["reason"] == "vendor_unavailable"
    assert system.sent_to("enrichment-dlq") == []


def test_a_poison_message_goes_to_the_dlq_and_its_neighbours_go_on(system: System) -> None:
    """On first sight, with the reason beside it."""
    system.shop.reply(200, page(order()))
    assert system.run("poison", REQUEST) == {"batchItemFailures": []}
    [dead] = system.sent_to("enrichment-dlq")
    assert dead["MessageAttributes"]["reason"]["StringValue"] == "schema_invalid"
    assert len(system.sent_to("events")) == 1


def test_a_defect_on_the_last_delivery_is_answered_and_kept(system: System) -> None:
    """A secret of the wrong shape breaks every lookup: the worker hears `failed`."""
    system.aws.secrets["salt"] = {"salt": None}
    system.shop.reply(200, page(order()))
    assert system.run(REQUEST) == {"batchItemFailures": [{"itemIdentifier": "q-0"}]}
    assert system.run(REQUEST, receive_count=5) == {"batchItemFailures": []}
    assert json.loads(system.sent_to("events")[0]["MessageBody"])["outcome"] == "failed"


def test_without_time_nothing_is_started(system: System) -> None:
    """The record goes back unrun."""
    assert system.run(REQUEST, remaining_ms=1_000) == {"batchItemFailures": [{"itemIdentifier": "q-0"}]}
    assert system.shop.requests == []


def test_every_wrong_setting_is_named_at_once() -> None:
    """All problems in one error."""
    with pytest.raises(ConfigurationError) as failed:
        load_settings(Settings, {"SHOPIFY_API_VERSION": "latest", "SHOPIFY_BASE_URL": "shop.example"})
    named = {problem.split()[0] for problem in failed.value.problems}
    assert {*ENVIRONMENT, "SHOPIFY_API_VERSION", "SHOPIFY_BASE_URL"} == named
