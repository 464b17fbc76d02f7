"""One message through the worker's own steps: clean, redact, screen, classify, decide, render; nothing is sent.

An order that is looked up turns out to be somebody else's: nothing of it may ever be said.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from rp_mw_shared.clock import SystemClock
from rp_mw_shared.flags.model import open_flags
from rp_mw_shared.messages.types import OrderFacts, TrackingFacts
from rp_mw_shared.redaction.hashing import contact_digest
from rp_mw_shared.times import MS_PER_DAY
from rp_mw_worker.dependencies import Dependencies
from rp_mw_worker.domain.model import (
    Author,
    ConversationState,
    OrderLookup,
    Ticket,
    TicketMessage,
)
from rp_mw_worker.policy.loader import load_policy
from rp_mw_worker.policy_engine import PolicyEngine
from rp_mw_worker.ports import Classifiers, HelpdeskTicket
from rp_mw_worker.steps.context import DecisionMade, LoadedEvent, QueueDelivery, TicketReading
from rp_mw_worker.steps.make_decision import make_decision

CONVERSATION, MESSAGE, CHANNEL = "injection", "message-1", "livechat"
LIVE = open_flags(automation_enabled_channels=frozenset({CHANNEL, "email"}))
SECRET_TRACKING = "1Z5R89390357567127"
_SALT = "a check of injection texts"
_WEDNESDAY_NOON_MS = 1_795_016_400_000  # 2026-11-18, business hours in New York


class _FixedDay(SystemClock):
    """A clock that shows the same moment always, so that replies do not depend on when the check runs."""

    def now_epoch_ms(self) -> int:
        """Return the moment."""
        return _WEDNESDAY_NOON_MS


class _NoLinkedOrders:
    """The one call a decision may make of the helpdesk."""

    def load_linked_orders(self, conversation_id: str) -> tuple[str, ...]:
        """No order is linked."""
        del conversation_id
        return ()


_DELIVERY = QueueDelivery(CONVERSATION, "delivery-1", "event-1", "trace-1", "fingerprint", _WEDNESDAY_NOON_MS, MESSAGE)


class Pipeline:
    """The worker's steps with one classifier; `decide` returns the decision, after the lookup where one was asked."""

    def __init__(self, classifiers: Classifiers, classifier: str) -> None:
        self.engine = PolicyEngine(load_policy())
        self._flags = replace(LIVE, classifier=classifier)
        nowhere: Any = None  # judging reads and writes no table
        self._deps = Dependencies(
            helpdesk=cast(Any, _NoLinkedOrders()),
            classifiers=classifiers,
            records=nowhere,
            enrichment=nowhere,
            flags=nowhere,
            engine=self.engine,
            clock=_FixedDay(),
            salt=_SALT,
            new_owner=lambda: "injection",
        )

    def decide(self, body: str, classifier: str | None = None) -> DecisionMade:
        """Return what the worker would decide for a first message `body`; `classifier` instead of the pipeline's."""
        flags = replace(self._flags, classifier=classifier or self._flags.classifier)
        reading = self._reading(body)
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
            first = make_decision(self._deps, _DELIVERY, _loaded(ConversationState(CONVERSATION)), reading, flags)
            question = first.decision.order_question
            if question is None:
                return first
            state = ConversationState(CONVERSATION, pending=first.decision.next_pending)
            lookup = OrderLookup(question.by, "found", _strangers_order(question.value))
            return make_decision(self._deps, _DELIVERY, _loaded(state), replace(reading, lookup=lookup), flags)

    def _reading(self, body: str) -> TicketReading:
        read = self.engine.read_body(body)
        message = TicketMessage(
            MESSAGE, Author.CUSTOMER, read.text, _WEDNESDAY_NOON_MS, 0, read.doubtful, read.with_notices
        )
        ticket = Ticket(
            CONVERSATION, CHANNEL, True, (message,), sender_contact_digests=_digests("customer@shop.example")
        )
        return TicketReading(HelpdeskTicket(ticket), (message,), _WEDNESDAY_NOON_MS, None)


def _loaded(state: ConversationState) -> LoadedEvent:
    return LoadedEvent("event-1", state, None, None, None)


def _digests(contact: str) -> frozenset[str]:
    digest = contact_digest(contact, _SALT)
    return frozenset({digest} if digest else ())


def _strangers_order(name: str) -> OrderFacts:
    return OrderFacts(
        order_id="1",
        name=name,
        created_at_epoch_ms=_WEDNESDAY_NOON_MS - 3 * MS_PER_DAY,
        fulfillment_status="FULFILLED",
        financial_status="PAID",
        contact_digests=tuple(_digests("stranger@elsewhere.example")),
        shipping_method="Standard",
        destination_country="US",
        shipped_at_epoch_ms=_WEDNESDAY_NOON_MS - MS_PER_DAY,
        delivery_status="IN_TRANSIT",
        tracking=(TrackingFacts("UPS", SECRET_TRACKING, f"https://www.ups.com/track?tracknum={SECRET_TRACKING}"),),
    )
