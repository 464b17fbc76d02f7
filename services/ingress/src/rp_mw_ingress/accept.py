"""The way of one webhook: cheap refusals first, then who sent it, then what it says, then one SendMessage.

size -> content type -> credential -> strict JSON -> message -> whose is it -> keys -> queue -> 200
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rp_mw_ingress.domain.answers import Answer, to_accepted, to_healthy, to_ignored, to_problem
from rp_mw_ingress.domain.authentication import SIGNATURE_HEADER, AuthMode, is_authentic
from rp_mw_ingress.domain.delivery import TRACE_HEADER, Delivery, to_delivery, to_trace_id
from rp_mw_ingress.domain.direction import find_ignore_reason
from rp_mw_ingress.domain.errors import RequestRefused
from rp_mw_ingress.domain.http_request import HttpRequest, require_body, require_json_media_type, to_http_request
from rp_mw_ingress.domain.payload import parse_message
from rp_mw_ingress.domain.reasons import Refusal
from rp_mw_ingress.domain.seen_signatures import SeenSignatures
from rp_mw_ingress.domain.strict_json import parse_object
from rp_mw_ingress.domain.unescaped_body import require_leading_ids
from rp_mw_ingress.ports import EventQueue, SecretSource
from rp_mw_shared.clock import Clock
from rp_mw_shared.errors import TransientError
from rp_mw_shared.observability import LogEvent, Metric, flush_metrics, log, metric, tracing

EVENTS_PATH = "/v1/richpanel/events"
HEALTH_PATH = "/v1/health"
_METHODS = {EVENTS_PATH: "POST", HEALTH_PATH: "GET"}

# The server-side refusals are alarms of ours, not mistakes of the sender.
_REFUSAL_EVENTS = {
    Refusal.UNAUTHORIZED: LogEvent.AUTH_FAILED,
    Refusal.QUEUE_UNAVAILABLE: LogEvent.QUEUE_REFUSED,
    Refusal.INTERNAL_ERROR: LogEvent.UNEXPECTED_ERROR,
    Refusal.SECRET_UNAVAILABLE: LogEvent.QUEUE_REFUSED,
}


class Ingress:
    """Answers webhooks; `random_hex` returns 32 new random hex digits on every call."""

    def __init__(
        self,
        *,
        auth_mode: AuthMode,
        secrets: SecretSource,
        queue: EventQueue,
        clock: Clock,
        random_hex: Callable[[], str],
        own_author_ids: frozenset[str] = frozenset(),
    ) -> None:
        self._auth_mode = auth_mode
        self._secrets = secrets
        self._queue = queue
        self._clock = clock
        self._random_hex = random_hex
        self._own_author_ids = own_author_ids
        self._seen = SeenSignatures()

    def handle(self, event: Mapping[str, Any]) -> Answer:
        """Return the API Gateway answer to an API Gateway event; never raises and never repeats the request."""
        started = self._clock.monotonic()
        request = to_http_request(event)
        trace_id = to_trace_id(request.headers.get(TRACE_HEADER), self._random_hex(), self._now_epoch_seconds())
        with tracing(trace_id):
            answer = self._answer(request, trace_id)
            metric(Metric.ACK_LATENCY, (self._clock.monotonic() - started) * 1000)
            flush_metrics()
        return answer

    def _answer(self, request: HttpRequest, trace_id: str) -> Answer:
        try:
            return self._route(request, trace_id)
        except RequestRefused as error:
            return _refuse(error.refusal)
        except Exception as error:  # noqa: BLE001  the edge: a traceback in the log would quote the request
            return _refuse(Refusal.INTERNAL_ERROR, exception_name=type(error).__name__)

    def _route(self, request: HttpRequest, trace_id: str) -> Answer:
        allowed = _METHODS.get(request.path)
        if allowed is None:
            raise RequestRefused(Refusal.NOT_FOUND)
        if request.method != allowed:
            return _refuse(Refusal.METHOD_NOT_ALLOWED, headers={"allow": allowed})
        return to_healthy() if request.path == HEALTH_PATH else self._accept(request, trace_id)

    def _accept(self, request: HttpRequest, trace_id: str) -> Answer:
        body = require_body(request)
        require_json_media_type(request.headers)
        self._require_authentic(request, body)
        signature = self._require_new_signature(request)
        payload = _parse_payload(body)
        message = parse_message(payload)
        ignore_reason = find_ignore_reason(payload, self._own_author_ids)
        if ignore_reason is not None:
            log(LogEvent.INGRESS_IGNORED, reason=ignore_reason.value)
            metric(Metric.IGNORED)
            return to_ignored(ignore_reason)
        delivery_id = self._random_hex()
        self._send(
            to_delivery(
                message,
                delivery_id=delivery_id,
                received_at_epoch_ms=self._clock.now_epoch_ms(),
                trace_id=trace_id,
                signature=signature,
            )
        )
        if signature is not None:
            self._seen.remember(signature, self._now_epoch_seconds())
        log(LogEvent.INGRESS_ACCEPTED, delivery_id=delivery_id)
        metric(Metric.ACCEPTED)
        return to_accepted()

    def _require_authentic(self, request: HttpRequest, body: bytes) -> None:
        """A refused credential may be newer than our copy of the secret, so one fresher copy gets a second look."""
        try:
            secrets = self._secrets.load()
        except TransientError as error:
            raise RequestRefused(Refusal.SECRET_UNAVAILABLE) from error
        now = self._now_epoch_seconds()
        if is_authentic(self._auth_mode, request.headers, body, secrets, now):
            return
        newer = self._secrets.load_newer()
        if newer is None or not is_authentic(self._auth_mode, request.headers, body, newer, now):
            raise RequestRefused(Refusal.UNAUTHORIZED)

    def _require_new_signature(self, request: HttpRequest) -> str | None:
        """Return the signature in hmac mode; one that brought a message in before is refused as any bad credential."""
        if self._auth_mode is not AuthMode.HMAC:
            return None
        signature = request.headers.get(SIGNATURE_HEADER, "").lower()
        if self._seen.has(signature, self._now_epoch_seconds()):
            raise RequestRefused(Refusal.UNAUTHORIZED)
        return signature

    def _send(self, delivery: Delivery) -> None:
        try:
            self._queue.send(delivery)
        except TransientError as error:
            raise RequestRefused(Refusal.QUEUE_UNAVAILABLE) from error

    def _now_epoch_seconds(self) -> int:
        return self._clock.now_epoch_ms() // 1000


def _parse_payload(body: bytes) -> dict[str, Any]:
    """Return the payload; of a template that does not escape a customer's text only the ids before it."""
    try:
        return parse_object(body)
    except RequestRefused as error:
        if error.refusal is not Refusal.MALFORMED_BODY:
            raise
    payload = require_leading_ids(body)
    log(LogEvent.INGRESS_UNESCAPED)
    metric(Metric.TEMPLATE_UNESCAPED)
    return payload


def _refuse(refusal: Refusal, exception_name: str | None = None, headers: dict[str, str] | None = None) -> Answer:
    log(_REFUSAL_EVENTS.get(refusal, LogEvent.INGRESS_REJECTED), reason=refusal.code, exception_name=exception_name)
    if refusal is Refusal.UNAUTHORIZED:
        metric(Metric.AUTH_FAILED)
    else:
        metric(Metric.REJECTED, Reason=refusal.code)
    return to_problem(refusal, **(headers or {}))
