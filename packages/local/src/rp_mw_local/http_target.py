"""Plays Richpanel's HTTP Targets: posts a webhook for a customer's message, well or badly."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

CREDENTIAL_HEADER = "X-Middleware-Token"
TIMEOUT_SECONDS = 30.0
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver said, and how long it took."""

    status: int
    body: Json
    seconds: float


@dataclass(frozen=True, slots=True)
class HttpTarget:
    """A configured HTTP Target: where to post, and what its static header holds; `host` overrides the Host header."""

    url: str
    token: str
    host: str | None = None

    def fire(self, payload: Json, *, token: str | None = None) -> Answer:
        """Posts one payload as JSON."""
        return self.post(
            json.dumps(payload).encode(), {"Content-Type": "application/json", CREDENTIAL_HEADER: token or self.token}
        )

    def fire_many(self, payloads: Iterable[Json], *, threads: int = 10) -> list[Answer]:
        """Posts all payloads at the same time, as overlapping rules do."""
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(self.fire, payloads))

    def post(self, body: bytes, headers: dict[str, str]) -> Answer:
        """Posts bytes with exactly these headers (besides Host and Content-Length)."""
        parts = urlsplit(self.url)
        started = time.monotonic()
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
        try:
            connection.request(
                "POST", parts.path, body=body, headers=headers | ({"Host": self.host} if self.host else {})
            )
            response = connection.getresponse()
            return Answer(response.status, _json_of(response.read()), time.monotonic() - started)
        finally:
            connection.close()


@dataclass(frozen=True, slots=True)
class Mishaps:
    """How a run of webhooks goes wrong: overlapping rules, lost or overtaking deliveries, variables without value."""

    copies: int = 1
    drop_every: int = 0
    is_reversed: bool = False
    unrendered_every: int = 0

    def apply(self, payloads: Sequence[Json]) -> list[Json]:
        """What is really posted, in this order. Every n-th payload is dropped, or posted as its bare template."""
        kept = [payload for number, payload in enumerate(payloads, 1) if not _is_every(number, self.drop_every)]
        shown = [
            unrendered_payload() if _is_every(number, self.unrendered_every) else payload
            for number, payload in enumerate(kept, 1)
        ]
        posted = [payload for payload in shown for _ in range(self.copies)]
        return posted[::-1] if self.is_reversed else posted


def _is_every(number: int, step: int) -> bool:
    return step > 0 and number % step == 0


def minimal_payload(conversation_id: str) -> Json:
    """What the recommended template renders to: nothing but the ticket's id and the rule that fired."""
    return {"ticket_id": conversation_id, "trigger": "customer_message"}


def full_payload(conversation_id: str, message_id: str, message: Json, created_at: str) -> Json:
    """What a template with all variables renders to; `message` has text, channel, email, phone, name, attachments."""
    return {
        "ticket_id": conversation_id,
        "message_id": message_id,
        "text": message.get("text", ""),
        "channel": message.get("channel", "email"),
        "created_at": created_at,
        "sender_type": "customer",
        "customer": {key: message[key] for key in ("email", "phone", "name") if message.get(key)},
        "attachments": [
            {key: entry[key] for key in ("content_type", "size_bytes", "url") if key in entry}
            for entry in message.get("attachments", [])
        ],
    }


def unrendered_payload() -> Json:
    """What arrives when a rule fires where its variables have no value."""
    return {"ticket_id": "{{ticket.id}}", "trigger": "customer_message"}


def _json_of(body: bytes) -> Json:
    try:
        parsed = json.loads(body)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
