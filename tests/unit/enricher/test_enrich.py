"""One request's way: every request that can be read is answered in the end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rp_mw_enricher.domain.answer import LookupAnswer, LookupFailed, Outcome
from rp_mw_enricher.domain.reasons import FailureReason
from rp_mw_enricher.enrich import Enricher
from rp_mw_shared.clock import FakeClock
from rp_mw_shared.errors import ConfigurationError, PermanentError, TransientError
from rp_mw_shared.messages.parsing import parse_message
from rp_mw_shared.messages.serialization import to_json
from rp_mw_shared.messages.types import EnrichmentRequest, InboundEvent, OrderFacts
from rp_mw_shared.sqs.batch import QueueRecord
from tests.fakes.enricher_bench import MemoryResults
from tests.fakes.recording import Recording

REQUEST = EnrichmentRequest("r1", "<a@b>", "evt:rp:<a@b>:m1", "m1", "order_name", "1001", 1_795_000_000_000, "1-a-b")
ORDER = OrderFacts("5551001", "#1001", 1_793_628_191_000, "FULFILLED", contact_digests=("d1",))


class ScriptedOrders:
    """Answers every lookup with `answer`, raises it if it is an error."""

    def __init__(self, answer: LookupAnswer | Exception) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str, float]] = []

    def load_by_name(self, typed: str, budget_seconds: float) -> LookupAnswer:
        """Answer a lookup by name."""
        return self._reply("name", typed, budget_seconds)

    def load_by_id(self, order_id: str, budget_seconds: float) -> LookupAnswer:
        """Answer a lookup by id."""
        return self._reply("id", order_id, budget_seconds)

    def load_by_email(self, address: str, budget_seconds: float) -> LookupAnswer:
        """Answer a lookup by address."""
        return self._reply("email", address, budget_seconds)

    def _reply(self, by: str, value: str, budget_seconds: float) -> LookupAnswer:
        self.asked.append((by, value, budget_seconds))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def record(body: str | None = None, receive_count: int = 1) -> QueueRecord:
    """One received request."""
    return QueueRecord("q1", "handle", to_json(REQUEST) if body is None else body, "g", receive_count)


def run(answer: LookupAnswer | Exception, receive_count: int = 1, seconds: float = 20.0) -> tuple[Any, ScriptedOrders]:
    """The one result of one request, parsed as the worker parses it."""
    orders, results = ScriptedOrders(answer), MemoryResults()
    Enricher(orders, results, FakeClock(), max_receive_count=5).handle(record(None, receive_count), lambda: seconds)
    [result] = results.results
    return parse_message(to_json(result)), orders


@pytest.mark.parametrize(
    "answer",
    [
        LookupAnswer(Outcome.FOUND, order=ORDER),
        LookupAnswer(Outcome.NOT_FOUND),
        LookupAnswer(Outcome.AMBIGUOUS),
        LookupAnswer(Outcome.FAILED, reason=FailureReason.UNKNOWN_STATUS),
    ],
)
def test_an_answer_carries_the_requests_ids_to_the_worker(answer: LookupAnswer) -> None:
    """In the shape that the worker validates."""
    result, _ = run(answer)
    assert (result.request_id, result.conversation_id, result.event_id) == ("r1", "<a@b>", "evt:rp:<a@b>:m1")
    assert (result.message_id, result.trace_id) == ("m1", "1-a-b")
    assert (result.outcome, result.order, result.reason) == (answer.outcome, answer.order, answer.reason)


def test_a_refused_lookup_is_answered_with_its_reason() -> None:
    """On the first delivery: waiting would change nothing."""
    result, _ = run(LookupFailed(FailureReason.ACCESS_DENIED))
    assert (result.outcome, result.reason) == ("failed", "access_denied")


@pytest.mark.parametrize("error", [TransientError("down"), ConfigurationError(["secret x is missing"])])
def test_a_shop_that_is_down_sends_the_request_back_until_the_last_delivery(error: Exception) -> None:
    """Then the worker hears `failed`, and a person gets the ticket."""
    for receive_count in range(1, 5):
        with pytest.raises(type(error)):
            run(error, receive_count)
    for receive_count in (5, 6):
        result, _ = run(error, receive_count)
        assert (result.outcome, result.reason) == ("failed", "vendor_unavailable")


def test_a_lookup_gets_ten_seconds_or_what_is_left() -> None:
    """The whole batch has to end within the invocation."""
    assert run(LookupAnswer(Outcome.NOT_FOUND))[1].asked == [("name", "1001", 10.0)]
    assert run(LookupAnswer(Outcome.NOT_FOUND), seconds=4.0)[1].asked == [("name", "1001", 4.0)]


def test_a_linked_order_is_looked_up_by_its_id() -> None:
    """The request says which."""
    orders = ScriptedOrders(LookupAnswer(Outcome.NOT_FOUND))
    body = json.dumps(json.loads(to_json(REQUEST)) | {"lookup_kind": "order_id", "lookup_value": "5551001"})
    Enricher(orders, MemoryResults(), FakeClock(), max_receive_count=5).handle(record(body), lambda: 9.0)
    assert orders.asked == [("id", "5551001", 9.0)]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("no json", "schema_invalid"),
        ("{}", "message_type_unknown"),
        (to_json(InboundEvent("c", "d", 1, "t")), "message_type_unexpected"),
        (json.dumps(json.loads(to_json(REQUEST)) | {"version": 99}), "schema_version_unknown"),
        (json.dumps(json.loads(to_json(REQUEST)) | {"lookup_kind": "guess"}), "schema_invalid"),
    ],
)
def test_what_is_no_request_is_permanent(body: str, code: str) -> None:
    """It goes to the DLQ on first sight, without a lookup."""
    orders, results = ScriptedOrders(LookupAnswer(Outcome.NOT_FOUND)), MemoryResults()
    enricher = Enricher(orders, results, FakeClock(), max_receive_count=5)
    with pytest.raises(PermanentError) as failed:
        enricher.handle(record(body), lambda: 9.0)
    enricher.on_dead_letter(record(body))
    assert (failed.value.code, orders.asked, results.results) == (code, [], [])


def test_a_request_that_dies_of_a_defect_is_answered_too() -> None:
    """The DLQ is for us; the customer gets a person."""
    results = MemoryResults()
    Enricher(ScriptedOrders(ValueError()), results, FakeClock(), max_receive_count=5).on_dead_letter(record())
    assert (results.results[0].outcome, results.results[0].reason) == ("failed", "internal_error")


def test_an_answer_the_queue_refuses_is_tried_again() -> None:
    """The request stays in the queue."""
    results = MemoryResults()
    results.failure = TransientError("SQS is down")
    enricher = Enricher(ScriptedOrders(LookupAnswer(Outcome.NOT_FOUND)), results, FakeClock(), max_receive_count=5)
    with pytest.raises(TransientError):
        enricher.handle(record(receive_count=5), lambda: 9.0)


def test_an_answered_lookup_is_one_log_line_with_trace_and_outcome(recorded: Recording) -> None:
    """And nothing of the order in it."""
    run(LookupAnswer(Outcome.FOUND, order=ORDER))
    [line] = recorded.events("lookup_answered")
    assert (line["correlation_id"], line["request_id"], line["outcome"]) == ("1-a-b", "r1", "found")
    assert "1001" not in json.dumps(line)
