"""Runs scenarios of the demo: customers write, webhooks fire, and what follows is told as it happens."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rp_mw_local.http_target import Answer, full_payload, minimal_payload
from rp_mw_local.observation import Observer
from rp_mw_local.simulators.richpanel_tickets import Delivery, Ticket
from rp_mw_local.stack import Stack
from rp_mw_shared.idempotency.keys import event_id

# a cold start on a busy machine takes most of a minute
SETTLE_SECONDS = 180.0
# looking costs the embedded AWS time that the functions need
LOOK_SECONDS = 0.2
Json = dict[str, Any]
Tell = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class WrittenMessage:
    """One customer message as the helpdesk stored it."""

    conversation_id: str
    message_id: str
    created_at: str
    message: Json

    @property
    def event_id(self) -> str:
        """The message's key in the idempotency table."""
        return event_id(self.conversation_id, self.message_id)


@dataclass(slots=True)
class Outcome:
    """How one scenario went: what was expected, and whether it was so."""

    name: str
    title: str
    checks: list[tuple[str, bool]] = field(default_factory=list)
    seconds: float = 0.0
    summary: str = ""
    conversation_id: str = ""

    @property
    def is_as_told(self) -> bool:
        """Whether everything expected came true, and something was expected."""
        return bool(self.checks) and all(held for _, held in self.checks)


@dataclass(slots=True)
class ScenarioRunner:
    """Runs scenarios on a running stack. `tell` gets a kind (customer, webhook, decided, ...) and a text."""

    stack: Stack
    tell: Tell
    pace_seconds: float = 0.0
    outcome: Outcome = field(default_factory=lambda: Outcome("", ""))
    _told: set[str] = field(default_factory=set)

    @property
    def observer(self) -> Observer:
        """Tables, queues and logs."""
        return self.stack.observer

    # -- what people do ----------------------------------------------------------------------------------------

    def new_conversation(self) -> str:
        """An id as e-mail tickets have it: a mail's Message-ID."""
        return f"<{uuid.uuid4().hex}+1@mail.example.com>"

    def customer_writes(self, text: str, **message: Any) -> WrittenMessage:
        """A customer's message arrives at the helpdesk; nothing is told to anybody yet."""
        message = {"conversation_id": self.new_conversation(), "channel": "email", "text": text, **message}
        stored = self.stack.richpanel.seed({"customer_message": message})
        self.outcome.conversation_id = self.outcome.conversation_id or message["conversation_id"]
        who = message.get("name") or message.get("email") or "customer"
        self.tell("customer", f"{who}: {text or '(nothing but an attachment)'}")
        return WrittenMessage(message["conversation_id"], stored["message_id"], stored["created_at"], message)

    def webhook(self, written: WrittenMessage, *, copies: int = 1, minimal: bool = False) -> list[Answer]:
        """The HTTP Target fires, several times at once if told to."""
        payload = (
            minimal_payload(written.conversation_id)
            if minimal
            else full_payload(written.conversation_id, written.message_id, written.message, written.created_at)
        )
        return self.webhook_of(payload, copies=copies)

    def webhook_of(self, payload: Json, *, copies: int = 1) -> list[Answer]:
        """Posts a payload as it is."""
        answers = self.stack.target.fire_many([payload] * copies)
        said = sorted({f"{one.status} {one.body.get('status') or one.body.get('title', '')}" for one in answers})
        slowest = max(one.seconds for one in answers) * 1000
        self.tell("webhook", f"{f'{copies} copies: ' if copies > 1 else ''}{', '.join(said)} in {slowest:.0f} ms")
        return answers

    def ask(self, text: str, **message: Any) -> WrittenMessage:
        """A customer writes, the webhook fires, and everything that follows is waited for."""
        written = self.customer_writes(text, **message)
        self.expect("webhook accepted", self.webhook(written)[0].status == 200)
        self.settle(written)
        return written

    # -- what follows ------------------------------------------------------------------------------------------

    def settle(self, *messages: WrittenMessage) -> None:
        """Waits until these messages are finished and nothing is under way, telling each step as it shows up."""
        conversations = {written.conversation_id for written in messages}
        deadline = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < deadline:
            self._tell_news(conversations)
            if self._are_finished(messages) and self.observer.is_idle() and self.observer.is_idle():
                self._tell_news(conversations)
                return
            time.sleep(LOOK_SECONDS)
        self.expect(f"finished within {SETTLE_SECONDS:.0f} s", False)

    def _are_finished(self, messages: tuple[WrittenMessage, ...]) -> bool:
        records = self.observer.events(written.event_id for written in messages)
        return len(records) == len(messages) and all(record["status"] == "completed" for record in records)

    def _tell_news(self, conversations: set[str]) -> None:
        for conversation_id in conversations:
            for row in self.observer.records(conversation_id):
                self._tell_once(f"row {row['ts_action_id']}", "decided", describe(row))
            for number, delivery in enumerate(self.deliveries(conversation_id)):
                self._tell_once(f"delivery {conversation_id} {number}", delivery.via, one_line(delivery.body))
            ticket = self.ticket(conversation_id)
            if ticket.tags:
                self._tell_once(f"tags {conversation_id} {ticket.tags}", "tags", ", ".join(ticket.tags))
            if ticket.status != "OPEN":
                self._tell_once(f"status {conversation_id} {ticket.status}", "status", ticket.status)

    def _tell_once(self, key: str, kind: str, text: str) -> None:
        if key not in self._told:
            self._told.add(key)
            self.tell(kind, text)

    def count_known(self, written: WrittenMessage) -> int:
        """How many further deliveries of the message the worker met and knew as finished."""
        digest = "e" + hashlib.sha256(written.event_id.encode()).hexdigest()[:12]
        lines = (json.loads(line) for line in self.observer.log_lines("worker") if digest in line)
        return sum(line.get("message") == "duplicate" for line in lines)

    # -- what is expected --------------------------------------------------------------------------------------

    def expect(self, what: str, is_so: bool) -> None:
        """Records one expectation; a disappointed one is told at once."""
        self.outcome.checks.append((what, is_so))
        if not is_so:
            self.tell("failed", what)

    def ticket(self, conversation_id: str) -> Ticket:
        """The helpdesk's ticket as it is."""
        return self.stack.richpanel.store.tickets[conversation_id]

    def deliveries(self, conversation_id: str) -> list[Delivery]:
        """Everything written through the API in a conversation, notes included."""
        return [one for one in self.stack.richpanel.store.deliveries if one.conversation_id == conversation_id]

    def replies(self, conversation_id: str) -> list[str]:
        """The texts that reached the customer."""
        return [one.body for one in self.deliveries(conversation_id) if one.reached_customer]

    def has_tags(self, conversation_id: str, *tags: str) -> bool:
        """Whether the ticket carries all these tags."""
        return set(tags) <= set(self.ticket(conversation_id).tags)

    @contextmanager
    def scenario(self, name: str, title: str) -> Iterator[Outcome]:
        """Runs one scenario; its outcome is the runner's while it lasts."""
        self.outcome = Outcome(name, title)
        started = time.monotonic()
        self.tell("scenario", title)
        yield self.outcome
        self.outcome.seconds = time.monotonic() - started
        time.sleep(self.pace_seconds)


def describe(row: Json) -> str:
    """One audit row in a few words."""
    parts = [
        f"{key} {row[key]}"
        for key in ("outcome", "route", "intent", "confidence", "tier", "template", "lookup", "mode")
        if row.get(key) is not None
    ]
    return " · ".join(parts) or str(row["ts_action_id"]).partition("#")[2]


def one_line(text: str, length: int = 110) -> str:
    """The beginning of a text on one line."""
    flat = " ".join(text.split())
    return flat if len(flat) <= length else flat[: length - 1] + "…"
