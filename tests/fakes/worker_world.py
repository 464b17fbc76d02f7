"""The worker with everything around it in memory: real domain, real policy, real steps; fake clock, tables, helpdesk.

world = World()
message_id = world.helpdesk.customer_writes("c1", "Where is my order?")
world.deliver(world.event("c1", message_id))          a record of the queue, handled
"""

from __future__ import annotations

import contextvars
import itertools
import json
from dataclasses import dataclass, field, replace
from typing import Any

from rp_mw_shared.clock import FakeClock
from rp_mw_shared.errors import PermanentError
from rp_mw_shared.flags.model import open_flags
from rp_mw_shared.idempotency.keys import event_id
from rp_mw_shared.idempotency.ledger import EventRecord, EventStatus
from rp_mw_shared.messages.serialization import group_id, to_json
from rp_mw_shared.messages.types import EnrichmentRequest, EnrichmentResult, InboundEvent, OrderFacts, TrackingFacts
from rp_mw_shared.redaction.hashing import contact_digest
from rp_mw_shared.sqs.batch import QueueRecord
from rp_mw_worker.adapters.records_memory import MemoryRecords
from rp_mw_worker.dependencies import Dependencies, Options
from rp_mw_worker.domain.model import Classification, Flags, Intent
from rp_mw_worker.domain.policy import Policy
from rp_mw_worker.policy_engine import PolicyEngine
from rp_mw_worker.process import Worker
from tests.fakes.boundaries import Hook, at_boundaries
from tests.fakes.helpdesk import SALT, FakeHelpdesk, read_body
from tests.fakes.policy import load_policy

NOON = 1_795_016_400_000  # Wednesday 2026-11-18 15:40 UTC: business hours in New York
LIVE = open_flags(automation_enabled_channels=frozenset({"livechat", "email"}))
POLICY = load_policy()
WITH_NOTES = replace(POLICY, settings=replace(POLICY.settings, private_notes=True))


@dataclass
class FakeFlags:
    """The `FlagReader` port: `cached` and `now` may differ, as they do when a switch is thrown."""

    cached: Flags = LIVE
    now: Flags = LIVE
    fresh_reads: int = 0

    def current(self) -> Flags:
        """Return the flags as cached."""
        return self.cached

    def fresh(self) -> Flags:
        """Return the flags as they are now."""
        self.fresh_reads += 1
        return self.now

    def set(self, flags: Flags) -> None:
        """Set both."""
        self.cached = self.now = flags


@dataclass
class FakeEnrichmentQueue:
    """The `EnrichmentQueue` port: keeps each request id once."""

    requests: dict[str, EnrichmentRequest] = field(default_factory=dict)

    def send(self, request: EnrichmentRequest) -> None:
        """Keep the request."""
        self.requests.setdefault(request.request_id, request)


class UnlimitedBudget:
    """A helpdesk that may be asked at will, with a boundary to die at."""

    def reserve(self, calls: int, deadline: float) -> None:
        """Return at once."""


@dataclass
class ScriptedClassifiers:
    """The `Classifiers` port: the first rule whose word is in the text answers; `asked` keeps name and text."""

    rules: dict[str, Classification] = field(default_factory=dict)
    default: Classification = field(default_factory=lambda: says("unknown_other", 0.9))
    asked: list[tuple[str, str]] = field(default_factory=list)

    def classify(
        self, name: str, text: str, deadline: float, subject: str, language: str | None = "en"
    ) -> Classification:
        """Return the scripted answer."""
        del deadline, subject
        self.asked.append((name, text))
        found = next((answer for word, answer in self.rules.items() if word in text.lower()), self.default)
        return replace(found, classifier=name)


def says(label: str, confidence: float = 0.93) -> Classification:
    """A classification with one intent."""
    return Classification((Intent(label, confidence),), model_version="scripted")


RULES = {
    "chargeback": says("chargeback_dispute"),
    "where is": says("order_status_tracking"),
    "return": says("return_request"),
    "promo": says("promo_discount_issue"),
}


class World:
    """One worker and all it touches; `hook` sits around every boundary."""

    def __init__(self, hook: Hook | None = None, policy: Policy = POLICY, **options: Any) -> None:
        self.clock = FakeClock(NOON)
        self.helpdesk = FakeHelpdesk(self.clock.now_epoch_ms, read_body)
        self.records = MemoryRecords()
        self.flags = FakeFlags()
        self.enrichment = FakeEnrichmentQueue()
        self.classifiers = ScriptedClassifiers(dict(RULES))
        self.quarantined: list[tuple[QueueRecord, PermanentError]] = []
        self.delays: list[int] = []
        owners = (f"owner-{number}" for number in itertools.count(1))
        self.deps = Dependencies(
            helpdesk=self.helpdesk,
            classifiers=self.classifiers,
            records=self.records,
            enrichment=self.enrichment,
            flags=self.flags,
            engine=PolicyEngine(policy),
            clock=self.clock,
            salt=SALT,
            new_owner=lambda: next(owners),
            options=Options(**options),
            budget=UnlimitedBudget(),
        )
        if hook is not None:
            self.deps = at_boundaries(self.deps, hook)
        self.worker = self.new_worker(self.deps)

    def new_worker(self, deps: Dependencies) -> Worker:
        """A fresh process over the same world."""
        return Worker(
            deps,
            on_permanent=lambda record, error: self.quarantined.append((record, error)),
            change_visibility=lambda _handle, seconds: self.delays.append(seconds),
        )

    def event(self, conversation_id: str, message_id: str | None = None, **fields: Any) -> InboundEvent:
        """A webhook's event as the ingress queues it; without a message id it is a minimal one."""
        values: dict[str, Any] = {
            "conversation_id": conversation_id,
            "delivery_id": f"d-{message_id}",
            "received_at_epoch_ms": self.clock.now_epoch_ms(),
            "trace_id": "1-67890abc-0123456789abcdef01234567",
            "message_id": message_id,
            "event_id": event_id(conversation_id, message_id) if message_id else None,
            "customer_email": "ana@example.com" if message_id else None,
        }
        return InboundEvent(**(values | fields))

    def result(self, request: EnrichmentRequest, order: OrderFacts | None = None, **fields: Any) -> EnrichmentResult:
        """The enricher's answer: found with an order, not_found without one, unless said otherwise."""
        values: dict[str, Any] = {
            "request_id": request.request_id,
            "conversation_id": request.conversation_id,
            "event_id": request.event_id,
            "message_id": request.message_id,
            "outcome": "found" if order else "not_found",
            "answered_at_epoch_ms": self.clock.now_epoch_ms(),
            "trace_id": request.trace_id,
            "order": order,
        }
        return EnrichmentResult(**(values | fields))

    def record(self, message: Any, receive_count: int = 1) -> dict[str, Any]:
        """The message as Lambda delivers it."""
        body = message if isinstance(message, str) else to_json(message)
        group = "poison" if isinstance(message, str) else group_id(message.conversation_id)
        attributes = {"MessageGroupId": group, "ApproximateReceiveCount": str(receive_count)}
        return {"messageId": f"r-{hash(body)}", "receiptHandle": "h", "body": body, "attributes": attributes}

    def deliver(self, *messages: Any, receive_count: int = 1, worker: Worker | None = None) -> int:
        """Hand a batch to the worker; return how many records go back to the queue."""
        event = {"Records": [self.record(message, receive_count) for message in messages]}
        # Also a delivery during another one is a process of its own: nothing of that one's context is in force.
        answer = contextvars.Context().run((worker or self.worker).handle, event, lambda: 55_000)
        return len(answer["batchItemFailures"])

    def deliver_until_final(self, message: Any, limit: int = 5) -> int:
        """Deliver as SQS does, waiting as the worker chose; return the number of deliveries."""
        for delivery in range(1, limit + 1):
            if not self.deliver(message, receive_count=delivery):
                return delivery
            self.clock.advance(self.delays[-1])
        return limit

    def events(self) -> dict[str, EventRecord]:
        """The idempotency table's events."""
        return self.records.ledger.events

    def unfinished(self) -> list[str]:
        """Events that are not in a final state."""
        return [key for key, record in self.events().items() if record.status is EventStatus.CLAIMED]

    def tags(self, conversation_id: str) -> list[str]:
        """The ticket's tags."""
        return self.helpdesk.store.tickets[conversation_id].tags

    def audit_rows(self, conversation_id: str) -> list[dict[str, Any]]:
        """The audit trail's rows of a conversation, oldest first."""
        return [row for key, row in sorted(self.records.audit.items()) if key[0] == conversation_id]

    def dump(self) -> str:
        """Everything the tables hold, as text."""
        ledger = self.records.ledger
        kept = [ledger.events, ledger.actions, self.records.states, self.records.customers, self.records.audit]
        return json.dumps([repr(part) for part in kept])


def shipped_order(email: str = "ana@example.com", name: str = "#1001", **fields: Any) -> OrderFacts:
    """An order on its way, whose contact is `email`."""
    digest = contact_digest(email, SALT)
    assert digest is not None
    values: dict[str, Any] = {
        "order_id": "5551001",
        "name": name,
        "created_at_epoch_ms": NOON - 3 * 86_400_000,
        "fulfillment_status": "FULFILLED",
        "financial_status": "PAID",
        "contact_digests": (digest,),
        "shipping_method": "Standard",
        "destination_country": "US",
        "shipped_at_epoch_ms": NOON - 86_400_000,
        "delivery_status": "IN_TRANSIT",
        "tracking": (
            TrackingFacts("UPS", "1Z5R89390357567127", "https://www.ups.com/track?tracknum=1Z5R89390357567127"),
        ),
    }
    return OrderFacts(**(values | fields))
