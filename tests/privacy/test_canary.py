"""Unique secrets go through every path of the worker, failures included; none may turn up where it must not be.

Searched: every log line and metric, every table item, the DLQ's attributes, every request to the model. Searched for:
each secret in every form of `search`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from rp_mw_local.simulators.faults import Fault
from rp_mw_local.simulators.openai import OpenAISimulator
from rp_mw_local.simulators.richpanel import RichpanelSimulator
from rp_mw_shared.clients.breaker import CircuitBreaker
from rp_mw_shared.clock import SystemClock
from rp_mw_shared.errors import PermanentError
from rp_mw_shared.sqs.batch import QueueRecord
from rp_mw_shared.sqs.dlq import send_to_dlq
from rp_mw_worker.classifiers.cascade import ClassifierChoice
from rp_mw_worker.classifiers.embedded import EmbeddedClassifier
from rp_mw_worker.classifiers.openai import ModelOptions, OpenAIClassifier
from rp_mw_worker.process import Worker
from tests.contract.test_helpdesk_contract import real_helpdesk
from tests.fakes.boundaries import Schedule, at_boundaries
from tests.fakes.recording import Recording, recording
from tests.fakes.worker_world import LIVE, POLICY, World, shipped_order
from tests.privacy.customer import (
    ATTACHMENT,
    EMAIL,
    EVERYTHING,
    NAME,
    ORDER,
    PERSONAL,
    PHONE,
    RETURN_TEXT,
    STREET,
    TEXT,
    TRACKING,
    WORDS,
)
from tests.privacy.search import leaks

KEY = "canary-key-58f0"


@dataclass
class CanaryRun:
    """A world with real adapters for the vendors, and everything they and the DLQ were given."""

    world: World
    richpanel: RichpanelSimulator
    openai: OpenAISimulator
    recorded: Recording
    dlq: list[dict[str, Any]]

    def asks(self, text: str, conversation_id: str = "c1", **contents: Any) -> Any:
        """The customer writes; returns the full webhook's event."""
        written = {"conversation_id": conversation_id, "text": text, "email": EMAIL, "name": NAME, "phone": PHONE}
        written |= {"channel": "messenger", "attachments": [{"url": ATTACHMENT}]} | contents
        message = self.richpanel.store.customer_writes(written, self.world.clock.now_epoch_ms())["message_id"]
        return self.world.event(
            conversation_id, message, text=text, customer_email=EMAIL, customer_phone=PHONE, customer_name=NAME
        )

    def asked_of_the_model(self) -> str:
        """Every request body the model's vendor received."""
        return "".join(request.body for request in self.openai.requests)

    def kept(self) -> str:
        """Everything that outlives the event: logs, metrics, tables, DLQ attributes."""
        return "".join([*self.recorded.raw, self.world.dump(), json.dumps(self.dlq)])

    def require_clean(self) -> None:
        """Fail when a secret is where it must not be."""
        assert leaks(self.kept(), EVERYTHING) == []
        assert leaks(self.asked_of_the_model(), PERSONAL) == []


class DlqClient:
    """An SQS client that keeps what is sent, without the body: that is the queue's own message."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send_message(self, **arguments: Any) -> dict[str, str]:
        """Keep the attributes."""
        self.sent.append({key: value for key, value in arguments.items() if key != "MessageBody"})
        return {"MessageId": f"dead-{len(self.sent)}"}


@pytest.fixture(scope="module")
def vendors() -> Iterator[tuple[RichpanelSimulator, OpenAISimulator]]:
    """The simulated vendors."""
    richpanel, openai = RichpanelSimulator("test-key"), OpenAISimulator(KEY)
    richpanel.start()
    openai.start()
    yield richpanel, openai
    richpanel.stop()
    openai.stop()


@pytest.fixture
def canary(vendors: tuple[RichpanelSimulator, OpenAISimulator]) -> Iterator[CanaryRun]:
    """A run with clean vendors and recorded logs; it must be clean when the test is over."""
    richpanel, openai = vendors
    for simulator in vendors:
        simulator.faults.clear()
        simulator.requests.clear()
        simulator.forget()
    richpanel.switch(requests_per_window=100_000)
    client = DlqClient()
    with recording() as kept:
        world = World(read_back_waits_seconds=())
        world.deps = replace(
            world.deps, helpdesk=real_helpdesk(richpanel.url, clock=world.clock), classifiers=_classifiers(openai)
        )
        world.worker = _worker(world, client)
        world.flags.set(replace(LIVE, classifier="openai"))
        run = CanaryRun(world, richpanel, openai, kept, client.sent)
        yield run
        run.require_clean()


def _worker(world: World, client: DlqClient) -> Worker:
    def on_permanent(record: QueueRecord, error: PermanentError) -> None:
        send_to_dlq(client, "dlq", record, error=error, source="events")

    return Worker(world.deps, on_permanent=on_permanent, change_visibility=lambda *_: None)


def _classifiers(openai: OpenAISimulator) -> ClassifierChoice:
    clock = SystemClock()

    def make_client() -> Any:
        from openai import OpenAI

        return OpenAI(api_key=KEY, base_url=f"{openai.url}/v1", max_retries=0)

    definitions = {label: rule.definition for label, rule in POLICY.intents.items()}
    breaker = CircuitBreaker(clock, vendor="openai", failures_to_open=10_000)
    options = ModelOptions("gpt-6-luna", backoff_seconds=0.001)

    def make_openai() -> _Timeless:
        return _Timeless(OpenAIClassifier(make_client, clock, breaker, definitions, options))

    return ClassifierChoice(lambda: EmbeddedClassifier(POLICY.tier0_labels), make_openai)


class _Timeless:
    """The model classifier under its own clock."""

    def __init__(self, inner: OpenAIClassifier) -> None:
        self._inner = inner

    def classify(self, text: str, deadline: float | None = None, subject: str = "") -> Any:
        """Classify with the default deadline."""
        del deadline
        return self._inner.classify(text, None, subject)


def test_the_search_finds_a_secret_in_every_form() -> None:
    """The canary itself bites: each form planted is found."""
    for secret in EVERYTHING:
        raw = secret.encode()
        planted = [
            f"x{secret}y",
            secret.upper(),
            base64.b64encode(raw).decode(),
            base64.b64encode(b"ab" + raw + b"c").decode(),
            urllib.parse.quote(secret, safe=""),
            hashlib.sha256(raw).hexdigest(),
            hashlib.md5(raw).hexdigest()[::-1],
            f"d={hashlib.sha1(raw).hexdigest()[:12]};",
            raw.hex(),
            secret[::-1],
            json.dumps({"text": secret.swapcase()}),
            f"{secret[:5]}\n{secret[5:]}",
            f"{secret[:-3]}\\r\\n{secret[-3:]}",
        ]
        assert all(leaks(text, (secret,)) == [secret] for text in planted), secret


def test_a_routed_message_leaves_nothing(canary: CanaryRun) -> None:
    """Tags, records and the model's request."""
    canary.world.deliver(canary.asks(RETURN_TEXT))
    assert "mw-processed" in canary.richpanel.store.tickets["c1"].tags
    assert canary.asked_of_the_model()


def test_the_order_path_leaves_nothing(canary: CanaryRun) -> None:
    """Parked with the customer's number, resumed, answered with the tracking number."""
    canary.world.deliver(canary.asks(TEXT.replace(f" I live at {STREET}.", "")))
    (request,) = canary.world.enrichment.requests.values()
    canary.world.deliver(canary.world.result(request, shipped_order(email=EMAIL, name=ORDER)))
    assert TRACKING in canary.richpanel.store.deliveries[0].body


@pytest.mark.parametrize("outcome", ["found", "ambiguous", "not_found", "failed"])
def test_a_lookup_by_address_leaves_nothing(canary: CanaryRun, outcome: str) -> None:
    """The address is in the enricher's request and nowhere else, whatever the answer is, and however often it fails."""
    text = f"Where is my order? {WORDS}"
    canary.world.flags.set(replace(LIVE, classifier="embedded"))
    canary.world.deliver(canary.asks(text, channel="email"))
    (request,) = canary.world.enrichment.requests.values()
    assert (request.lookup_kind, request.lookup_value) == ("customer_email", EMAIL)
    assert EMAIL not in repr(request)
    order = shipped_order(email=EMAIL, name=ORDER) if outcome == "found" else None
    reason = "vendor_unavailable" if outcome == "failed" else None
    canary.world.deliver(canary.world.result(request, order, outcome=outcome, reason=reason))


@pytest.mark.parametrize("text", [TEXT, RETURN_TEXT, f"I will file a chargeback. {TEXT}", "", f"??? {WORDS}"])
@pytest.mark.parametrize("classifier", ["embedded", "openai", "cascade"])
def test_every_classifier_and_screen_leaves_nothing(canary: CanaryRun, text: str, classifier: str) -> None:
    """Escalations, notes, attachments without words, texts nobody understands."""
    canary.world.flags.set(replace(LIVE, classifier=classifier))
    assert canary.world.deliver(canary.asks(text, channel="email")) == 0
    assert "mw-processed" in canary.richpanel.store.tickets["c1"].tags or canary.world.enrichment.requests


@pytest.mark.parametrize(
    "fault",
    ["refusal", "truncated", "wrong_enum", "html_200", "broken_json", "bad_key", "overloaded", "cut_body", "drop"],
)
def test_a_failing_model_leaves_nothing(canary: CanaryRun, fault: str) -> None:
    """The SDK's exceptions quote what was sent and received; none of it is kept."""
    canary.openai.faults.arm(Fault(fault, times=None, status=503))
    canary.world.deliver(canary.asks(RETURN_TEXT))
    assert "mw-model-failure" in canary.richpanel.store.tickets["c1"].tags


@pytest.mark.parametrize(
    "fault", ["error", "rate_limited", "server_error", "lost_answer", "drop", "cut_body", "no_effect"]
)
@pytest.mark.parametrize("operation", ["GET */tickets/*", "PUT *", "GET *tags"])
def test_a_failing_helpdesk_leaves_nothing(canary: CanaryRun, fault: str, operation: str) -> None:
    """Refused, throttled, gone, cut: at every kind of call."""
    canary.richpanel.faults.arm(Fault(fault, operation, times=2, status=500 if fault != "error" else 400))
    event = canary.asks(RETURN_TEXT)
    for delivery in (1, 2, 5):
        canary.world.deliver(event, receive_count=delivery)
        canary.world.clock.advance(400)
    assert canary.world.unfinished() == []


def test_an_exception_that_quotes_everything_leaves_nothing(canary: CanaryRun) -> None:
    """At every boundary in turn an unexpected error carries all secrets in its text."""
    schedule = Schedule()
    canary.world.deps = at_boundaries(canary.world.deps, schedule)
    world = canary.world
    world.worker = _worker(world, DlqClient())
    world.deliver(canary.asks(RETURN_TEXT))
    for number in range(len(schedule.crossed)):
        schedule.crossed.clear()
        schedule.at = {number: RuntimeError(" ".join(EVERYTHING))}
        world.deliver(canary.asks(RETURN_TEXT, f"c-{number}"))
    assert canary.recorded.events("unexpected_error")


@pytest.mark.parametrize(
    "body",
    [
        TEXT,
        json.dumps({"type": "inbound_event", "version": 1, "conversation_id": EMAIL, "text": TEXT}),
        json.dumps({"type": TEXT, "version": 1}),
        json.dumps({"type": "inbound_event", "version": TEXT}),
        json.dumps({"type": "inbound_event", "version": 1, TEXT: EMAIL}),
        "[" * 5_000 + TEXT,
    ],
)
def test_poison_leaves_nothing_but_itself(canary: CanaryRun, body: str) -> None:
    """The DLQ's reason and detail name fields of ours, never what they held."""
    canary.world.deliver(body)
    assert len(canary.dlq) == 1
