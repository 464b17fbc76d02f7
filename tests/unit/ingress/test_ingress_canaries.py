"""Nothing of a request appears in an answer, a log line or a metric, on any path."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.events.api_gateway import TOKEN, api_event, webhook
from tests.fakes.ingress_ports import IngressBench
from tests.fakes.recording import Recording


def canary(name: str) -> str:
    """A word that occurs nowhere else."""
    return f"canary{name}{hashlib.sha256(name.encode()).hexdigest()[:12]}"


CANARIES = [
    canary(name)
    for name in ("ticket", "message", "text", "channel", "email", "phone", "name", "time", "url", "type", "trigger")
] + [canary(name) for name in ("unknown", "key", "author", "token", "header", "path", "query", "agent", "size")]

PAYLOAD: dict[str, Any] = {
    "ticket_id": f"<{canary('ticket')}@mail.example.com>",
    "message_id": canary("message"),
    "text": f"my mail is {canary('text')}@example.com",
    "channel": canary("channel"),
    "customer": {"email": f"{canary('email')}@x.example", "phone": canary("phone"), "name": canary("name")},
    "created_at": canary("time"),
    "attachments": [{"url": f"https://x.example/{canary('url')}", "content_type": canary("type"), "size_bytes": 1}],
    "trigger": canary("trigger"),
    "author": {"id": canary("author")},
    canary("key"): canary("unknown"),
}
HEADERS = {
    "content-type": "application/json",
    "x-middleware-token": TOKEN,
    "user-agent": canary("agent"),
    "x-amzn-trace-id": f"Root={canary('header')}",
    "x-custom": canary("header"),
}


def spellings(word: str) -> Iterator[str]:
    """The forms in which a leaked word could hide, in lower case."""
    raw = word.encode()
    yield word
    yield hashlib.sha256(raw).hexdigest()
    yield hashlib.md5(raw, usedforsecurity=False).hexdigest()
    yield raw.hex()
    yield quote(word)
    yield word[::-1]
    for offset in range(3):
        yield base64.b64encode(b"x" * offset + raw).decode()[4:-4].lower()


def broken(**changes: Any) -> Callable[[IngressBench], dict[str, Any]]:
    """A path on which the payload is refused for what is changed in it."""
    return lambda _: webhook(PAYLOAD | changes, headers=HEADERS)


def failing(**state: Any) -> Callable[[IngressBench], dict[str, Any]]:
    """A path on which the queue fails."""

    def arrange(bench: IngressBench) -> dict[str, Any]:
        for name, value in state.items():
            setattr(bench.queue, name, value)
        return webhook(PAYLOAD, headers=HEADERS)

    return arrange


def without_secret(bench: IngressBench) -> dict[str, Any]:
    """The path on which the secret cannot be read."""
    bench.secrets.secrets = None
    return webhook(PAYLOAD, headers=HEADERS)


RAW = json.dumps(PAYLOAD).encode()
PATHS: dict[str, Callable[[IngressBench], dict[str, Any]]] = {
    "accepted": broken(),
    "ignored": broken(is_operator=True),
    "wrong token": lambda _: webhook(PAYLOAD, headers=HEADERS | {"x-middleware-token": canary("token")}),
    "wrong content type": lambda _: webhook(PAYLOAD, headers=HEADERS | {"content-type": canary("type")}),
    "too large": lambda _: api_event(RAW + canary("size").encode() * 2000, headers=HEADERS),
    "broken JSON": lambda _: api_event(RAW[:-9], headers=HEADERS),
    "not UTF-8": lambda _: api_event(RAW + b"\xff", headers=HEADERS),
    "array": lambda _: webhook([PAYLOAD], headers=HEADERS),
    "too deep": lambda _: api_event(b'{"a":' * 40 + RAW + b"}" * 40, headers=HEADERS),
    "duplicate key": lambda _: api_event(RAW[:-1] + f',"text":"{canary("text")}"}}'.encode(), headers=HEADERS),
    "NUL": broken(text=f"{canary('text')}\x00"),
    "lone surrogate": broken(text=f"{canary('text')}\ud800"),
    "NaN": broken(size=float("nan")),
    "unrendered": broken(ticket_id="{{" + canary("ticket") + "}}"),
    "ambiguous address": broken(ticket_id=f"https://x.example/{canary('ticket')}"),
    "wrong type": broken(text=[canary("text")]),
    "unknown path": lambda _: webhook(PAYLOAD, path=f"/{canary('path')}", headers=HEADERS),
    "wrong method": lambda _: webhook(PAYLOAD, method=canary("path"), headers=HEADERS),
    "queue refuses": failing(is_refusing=True),
    "defect": failing(defect=ValueError(canary("text"))),
    "no secret": without_secret,
}


@pytest.mark.parametrize("name", PATHS)
def test_no_path_repeats_anything_of_the_request(name: str, recorded: Recording, bench: IngressBench) -> None:
    """Plain, hashed, encoded or in another case, in answers, logs and metrics."""
    answer = bench.ingress.handle(PATHS[name](bench))
    said = (json.dumps(answer) + "\n".join(recorded.raw)).lower()
    assert recorded.raw
    leaked = [word for word in CANARIES for form in spellings(word) if form in said]
    assert leaked == []


def test_the_search_finds_a_leak_in_every_spelling() -> None:
    """The search itself works: a planted word is found however it is written."""
    word = canary("text")
    planted = base64.b64encode(f"some {word} text".encode()).decode().lower()
    assert any(form in planted for form in spellings(word))
    assert any(form in f"key={quote(word)}" for form in spellings(word))


def test_the_queue_gets_what_the_log_must_not(bench: IngressBench) -> None:
    """The canaries are real: an accepted message carries them, except what nobody reads."""
    bench.ingress.handle(webhook(PAYLOAD, headers=HEADERS))
    [body] = [delivery.body for delivery in bench.queue.deliveries]
    assert canary("text") in body
    assert not [
        word for word in (canary("unknown"), canary("key"), canary("trigger"), canary("author")) if word in body
    ]
