"""What the fuzzers run: one function per target, fed with bytes, that raises when a promise is broken."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from rp_mw_ingress.domain.authentication import AuthMode, WebhookSecrets, is_authentic, sign
from rp_mw_ingress.domain.delivery import to_delivery
from rp_mw_ingress.domain.direction import find_ignore_reason
from rp_mw_ingress.domain.errors import RequestRefused
from rp_mw_ingress.domain.payload import parse_message
from rp_mw_ingress.domain.strict_json import MAX_DEPTH, parse_object
from tests.events.api_gateway import api_event
from tests.fakes.ingress_ports import IngressBench
from tests.fakes.recording import recording

SECRETS = WebhookSecrets(tokens=("current", "previous"), hmac_keys=("key-1", "key-2"))
NOW = 1_795_000_000
STATUSES = {200, 400, 401, 404, 405, 413, 415}


def fuzz_parser(body: bytes) -> None:
    """Any bytes are refused with a code or read the same way by everybody; a read message can be queued."""
    try:
        payload = parse_object(body)
    except RequestRefused as refused:
        _check_silence(refused, body)
        return
    _check_same_for_everybody(body, payload)
    try:
        message = parse_message(payload)
    except RequestRefused as refused:
        _check_silence(refused, body)
        return
    find_ignore_reason(payload, frozenset({"agent-1"}))
    delivery = to_delivery(message, delivery_id="d" * 32, received_at_epoch_ms=NOW * 1000, trace_id="1-a-b")
    queued = json.loads(delivery.body)
    _check(delivery.body.isascii(), "the queue's body is not ASCII")
    _check(queued["conversation_id"] == message.conversation_id, "the id changed on its way")
    _check(0 < len(queued["conversation_id"].encode()) <= 512, "an id is empty or too long for a key")
    _check(len(queued.get("event_id", "").encode()) <= 2048, "an event key is too long for DynamoDB")
    _check(len(delivery.group_id) == len(delivery.deduplication_id) == 64, "an id is no digest")


def fuzz_auth(raw: bytes) -> None:
    """Nobody is let in who does not know a secret, and whoever does, is; the whole ingress never breaks.

    The first line is the token, the second the timestamp, the third the signature (`!` signs correctly with the key
    that follows), the rest is the body.
    """
    token, timestamp, signature, body = (*raw.split(b"\n", 3), b"", b"", b"", b"")[:4]
    headers = {"x-middleware-token": token.decode("latin-1"), "x-timestamp": timestamp.decode("latin-1")}
    headers["x-signature"] = _signature(signature.decode("latin-1"), headers["x-timestamp"], body)
    knows = headers["x-middleware-token"] in SECRETS.tokens
    _check(is_authentic(AuthMode.TOKEN, headers, body, SECRETS, NOW) == knows, "token mode let the wrong one in or out")
    signed = _is_signed(headers, timestamp, body)
    _check(is_authentic(AuthMode.HMAC, headers, body, SECRETS, NOW) == signed, "hmac mode let the wrong one in or out")
    with recording():
        bench = IngressBench(AuthMode.TOKEN)
        bench.secrets.secrets = SECRETS
        answer = bench.ingress.handle(api_event(body, headers=headers | {"content-type": "application/json"}))
    _check(answer["statusCode"] in STATUSES, "an undocumented status")
    _check(knows or not bench.queue.deliveries, "an unauthenticated message was queued")
    _check((answer["statusCode"] == 200) >= bool(bench.queue.deliveries), "queued but not accepted")


TARGETS: dict[str, Callable[[bytes], None]] = {"parser": fuzz_parser, "auth": fuzz_auth}


def _check(holds: bool, problem: str) -> None:
    if not holds:
        raise AssertionError(problem)


def _check_silence(refused: RequestRefused, body: bytes) -> None:
    _check(str(refused) == refused.refusal.title, "a refusal says more than its title")
    _check(len(body) < 8 or body not in str(refused).encode(), "a refusal repeats the body")


def _check_same_for_everybody(body: bytes, payload: dict[str, Any]) -> None:
    """A lenient reader and a fresh one see the same object, and it survives being written again."""
    _check(json.loads(body) == payload, "another reader sees something else")
    _check(json.loads(json.dumps(payload, ensure_ascii=False).encode()) == payload, "it cannot be written as UTF-8")
    _check(_depth(payload) <= MAX_DEPTH, "deeper than allowed")


def _depth(value: Any) -> int:
    children = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if children is None else 1 + max((_depth(child) for child in children), default=0)


def _signature(given: str, timestamp: str, body: bytes) -> str:
    key = {"!1": "key-1", "!2": "key-2", "!x": "other"}.get(given)
    return sign(key, timestamp.encode("latin-1", "ignore").decode("latin-1"), body) if key else given


def _is_signed(headers: dict[str, str], timestamp: bytes, body: bytes) -> bool:
    """The same rule, said another way."""
    if not (timestamp.isdigit() and len(timestamp) <= 12 and NOW - 300 <= int(timestamp) <= NOW + 300):
        return False
    valid = {hmac.digest(key.encode(), timestamp + b"." + body, hashlib.sha256).hex() for key in SECRETS.hmac_keys}
    return headers["x-signature"].lower() in valid
