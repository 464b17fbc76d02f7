"""One way to call a vendor: a total deadline, bounded retries, and an honest answer about what may have happened.

    what came back                              idempotent call          other call (a reply, a note)
    ------------------------------------------  -----------------------  ----------------------------
    2xx, or a status in `accept`                VendorResponse           VendorResponse
    no connection (nothing was sent)            retry, then Transient    retry, then Transient
    429                                         wait as asked, retry     wait as asked, retry
    5xx, timeout or disconnect after sending    retry, then Transient    OutcomeUnknown at once
    401 (a key being rotated heals by itself)   Transient                Transient
    any other 3xx or 4xx                        Permanent                Permanent
    2xx, larger than the limit                  Permanent                OutcomeUnknown

Nothing is retried past the deadline: a wait that does not fit is raised as TransientError with that wait, so that the
queue can do the waiting. A call may bring a last look: the transport takes it when every wait is over and a connection
stands, before the first byte of each try leaves. URLs and bodies hold ids and customers' words, so neither is ever
logged or quoted.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from rp_mw_shared.clients.breaker import CircuitBreaker
from rp_mw_shared.clients.headers import find_retry_after_seconds
from rp_mw_shared.clients.limiter import Limiter
from rp_mw_shared.clock import Clock, find_deadline, until
from rp_mw_shared.errors import OutcomeUnknownError, PermanentError, RpMwError, TransientError
from rp_mw_shared.observability import LogEvent, Metric, log, metric

if TYPE_CHECKING:
    import httpx2

ANSWER_TOO_LARGE, ANSWER_TOO_DEEP = "vendor_answer_too_large", "vendor_answer_too_deep"
_UNAUTHORIZED = 401
_TOO_MANY = 429
_SERVER_ERROR_FROM = 500
_MIN_TIME_FOR_A_TRY_SECONDS = 0.05
_TIME_FOR_A_CALL_AFTER_WAITING_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class HttpPolicy:
    """The limits of a vendor's calls: seconds, tries and bytes. Backoff doubles from the first wait, with jitter."""

    total_seconds: float = 10.0
    connect_seconds: float = 3.0
    max_attempts: int = 3
    first_backoff_seconds: float = 0.5
    max_backoff_seconds: float = 4.0
    max_response_bytes: int = 2_000_000


@dataclass(frozen=True, slots=True)
class VendorResponse:
    """An answer: status, headers with lower-case names, body bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """Return the parsed body; raises TransientError for what is no JSON (a proxy's error page, a cut body).

        PermanentError `vendor_answer_too_deep` for JSON that no reader should follow.
        """
        try:
            return json.loads(self.body)
        except RecursionError:
            raise PermanentError("the vendor's answer is nested too deep", code=ANSWER_TOO_DEEP) from None
        except ValueError:
            raise TransientError("the vendor's answer is not JSON", code="vendor_answer_unreadable") from None


@dataclass(frozen=True, slots=True)
class _Call:
    """What is asked of the vendor, and until when (monotonic seconds)."""

    method: str
    path: str
    operation: str
    idempotent: bool
    body: Any
    query: Mapping[str, str] | None
    accept: Collection[int]
    deadline: float
    may_leave: Callable[[], None] | None


class _AnswerTooLargeError(Exception):
    """A good answer is larger than the limit."""


class _TryFailed(Exception):
    """One try failed: the error to raise if no other follows, and whether another may follow."""

    def __init__(
        self,
        error: RpMwError,
        *,
        may_retry: bool,
        wait_seconds: float | None = None,
        is_vendors_fault: bool = True,
    ) -> None:
        super().__init__()
        self.is_vendors_fault = is_vendors_fault
        self.error = error
        self.may_retry = may_retry
        self.wait_seconds = wait_seconds


class VendorHttp:
    """Calls one vendor below `base_url`; build it once per process, since it keeps connections open.

    `headers` is called before every try, so that a rotated key is picked up. `transport` replaces the network in
    tests. Redirects are never followed and proxies from the environment never used.
    """

    def __init__(
        self,
        *,
        vendor: str,
        base_url: str,
        clock: Clock,
        limiter: Limiter,
        breaker: CircuitBreaker,
        headers: Callable[[], Mapping[str, str]] = dict,
        policy: HttpPolicy = HttpPolicy(),
        transport: httpx2.BaseTransport | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._vendor = vendor
        self._base_url = base_url.rstrip("/")
        self._clock = clock
        self._limiter = limiter
        self._breaker = breaker
        self._headers = headers
        self._policy = policy
        self._transport = transport
        self._jitter = jitter
        self._client: httpx2.Client | None = None

    def request(
        self,
        method: str,
        path: str,
        *,
        operation: str,
        idempotent: bool,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        accept: Collection[int] = (),
        total_seconds: float | None = None,
        may_leave: Callable[[], None] | None = None,
    ) -> VendorResponse:
        """Send `body` to `path` (bytes as they are, else as JSON) and return the answer.

        The table at the top says what raises what.

        `path` starts with a slash and is percent-encoded already. `operation` is the call's name in logs.
        `idempotent` is False for a call that must not happen twice. `accept` lists statuses outside 2xx that are
        answers to the caller. `total_seconds` (default: the policy's) bounds everything but a wait for the vendor's
        budget, which the run's own deadline bounds. `may_leave` is called before every try, after all waits and with
        the connection open; what it raises is raised here, and nothing of that try was sent.
        """
        deadline = self._clock.monotonic() + (total_seconds or self._policy.total_seconds)
        call = _Call(method, path, operation, idempotent, body, query, accept, deadline, may_leave)
        attempt = 0
        while True:
            attempt += 1
            call = self._admitted(call)
            try:
                return self._try(call)
            except _TryFailed as failed:
                self._wait_or_raise(failed, attempt, call)

    def close(self) -> None:
        """Close the kept connections."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _wait_or_raise(self, failed: _TryFailed, attempt: int, call: _Call) -> None:
        error = failed.error
        wait = self._backoff_seconds(attempt) if failed.wait_seconds is None else failed.wait_seconds
        has_time = self._clock.monotonic() + wait + _MIN_TIME_FOR_A_TRY_SECONDS < call.deadline
        if failed.may_retry and attempt < self._policy.max_attempts and has_time:
            log(
                LogEvent.VENDOR_RETRIED,
                vendor=self._vendor,
                operation=call.operation,
                error_code=error.code,
                attempt=attempt,
                delay_seconds=wait,
            )
            self._clock.sleep(wait)
            return
        log(
            LogEvent.VENDOR_FAILED,
            vendor=self._vendor,
            operation=call.operation,
            error_code=error.code,
            attempt=attempt,
        )
        raise error from error.__cause__

    def _backoff_seconds(self, attempt: int) -> float:
        grown: float = min(self._policy.max_backoff_seconds, self._policy.first_backoff_seconds * 2 ** (attempt - 1))
        return grown * (0.5 + self._jitter() / 2)

    def _admitted(self, call: _Call) -> _Call:
        """Wait for the vendor's budget, as long as the run has time; the wait is not part of the call's own time."""
        self._breaker.raise_if_open()
        started, run_deadline = self._clock.monotonic(), find_deadline()
        may_wait_until = call.deadline
        if run_deadline is not None:
            may_wait_until = max(call.deadline, run_deadline - _TIME_FOR_A_CALL_AFTER_WAITING_SECONDS)
        self._limiter.acquire(may_wait_until)
        now = self._clock.monotonic()
        deadline = call.deadline + now - started
        if run_deadline is None:
            return replace(call, deadline=deadline)
        if now >= run_deadline:  # held up beyond the wait it asked for: another run may be at work by now
            raise TransientError("no time is left in this run", code="out_of_time")
        return replace(call, deadline=min(deadline, run_deadline))

    def _try(self, call: _Call) -> VendorResponse:
        self._breaker.before_call()
        metric(Metric.VENDOR_REQUESTS, Vendor=self._vendor)
        started = self._clock.monotonic()
        try:
            response = self._exchange(call)
        except _TryFailed as failed:
            if failed.is_vendors_fault:
                self._breaker.failed()
                metric(Metric.VENDOR_ERRORS, Vendor=self._vendor)
            else:
                self._breaker.succeeded()
            raise
        duration_ms = (self._clock.monotonic() - started) * 1000
        metric(Metric.VENDOR_LATENCY, duration_ms, Vendor=self._vendor)
        log(
            LogEvent.VENDOR_ANSWERED,
            vendor=self._vendor,
            operation=call.operation,
            status=response.status,
            duration_ms=duration_ms,
        )
        self._learn(response)
        if 200 <= response.status < 300 or response.status in call.accept:
            return response
        raise self._refusal(response, call.idempotent)

    def _learn(self, response: VendorResponse) -> None:
        self._limiter.observe(response.status, response.headers)
        if response.status >= _SERVER_ERROR_FROM:
            self._breaker.failed()
            metric(Metric.VENDOR_ERRORS, Vendor=self._vendor)
            return
        self._breaker.succeeded()
        if response.status == _TOO_MANY:
            metric(Metric.VENDOR_THROTTLED, Vendor=self._vendor)

    def _refusal(self, response: VendorResponse, idempotent: bool) -> _TryFailed:
        status = response.status
        wait = find_retry_after_seconds(response.headers, self._clock.now_epoch_ms())
        if status == _TOO_MANY:
            error: RpMwError = TransientError(
                f"{self._vendor} asks to slow down", code="vendor_throttled", retry_after_seconds=wait
            )
            return _TryFailed(error, may_retry=True, wait_seconds=wait)
        if status >= _SERVER_ERROR_FROM:
            return self._lost(f"{self._vendor} answered {status}", idempotent, wait)
        if status == _UNAUTHORIZED:
            error = TransientError(f"{self._vendor} refused our key", code="vendor_unauthorized")
            return _TryFailed(error, may_retry=False)
        error = PermanentError(f"{self._vendor} answered {status}", code=f"vendor_status_{status}")
        return _TryFailed(error, may_retry=False)

    def _lost(self, message: str, idempotent: bool, wait: float | None = None) -> _TryFailed:
        """Say what a call means whose effect is not known: repeatable ones are repeated, others never."""
        if not idempotent:
            return _TryFailed(OutcomeUnknownError(message, code="outcome_unknown"), may_retry=False)
        error = TransientError(message, code="vendor_unavailable", retry_after_seconds=wait)
        return _TryFailed(error, may_retry=True, wait_seconds=wait)

    def _too_large(self, idempotent: bool) -> _TryFailed:
        """Say what a good answer means that is too large to be taken: it is the ticket's fault, not the vendor's."""
        message = f"{self._vendor}'s answer is larger than the limit"
        error: RpMwError = PermanentError(message, code=ANSWER_TOO_LARGE)
        if not idempotent:
            error = OutcomeUnknownError(message, code="outcome_unknown")
        return _TryFailed(error, may_retry=False, is_vendors_fault=False)

    def _exchange(self, call: _Call) -> VendorResponse:
        import httpx2

        from rp_mw_shared.clients.deadline_transport import MAY_LEAVE

        client = self._open_client()
        try:
            request = client.build_request(
                call.method,
                self._base_url + call.path,
                params=call.query,
                json=None if isinstance(call.body, bytes) else call.body,
                content=call.body if isinstance(call.body, bytes) else None,
                headers=dict(self._headers()),
                timeout=self._timeout(call.deadline),
                extensions={} if call.may_leave is None else {MAY_LEAVE: call.may_leave},
            )
            with until(call.deadline):
                return self._read(client.send(request, stream=True), call.deadline)
        except _AnswerTooLargeError:
            raise self._too_large(call.idempotent) from None
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            failed = TransientError(f"no connection to {self._vendor}", code="vendor_unreachable")
            failed.__cause__ = error
            raise _TryFailed(failed, may_retry=True) from None
        except (httpx2.TransportError, httpx2.DecodingError, TimeoutError) as error:
            lost = self._lost(f"{self._vendor}'s answer did not arrive ({type(error).__name__})", call.idempotent)
            lost.error.__cause__ = error
            raise lost from None

    def _timeout(self, deadline: float) -> httpx2.Timeout:
        import httpx2

        left = max(_MIN_TIME_FOR_A_TRY_SECONDS, deadline - self._clock.monotonic())
        return httpx2.Timeout(left, connect=min(left, self._policy.connect_seconds))

    def _read(self, response: httpx2.Response, deadline: float) -> VendorResponse:
        """Read the body piece by piece, so that neither its size nor its time is the vendor's to choose."""
        chunks = bytearray()
        try:
            for chunk in response.iter_bytes():
                chunks += chunk
                if len(chunks) > self._policy.max_response_bytes:
                    if response.is_success:
                        raise _AnswerTooLargeError
                    chunks.clear()  # the status says it all
                    break
                if self._clock.monotonic() > deadline:
                    raise TimeoutError("the answer takes longer than the deadline")
        finally:
            response.close()
        return VendorResponse(response.status_code, {k.lower(): v for k, v in response.headers.items()}, bytes(chunks))

    def _open_client(self) -> httpx2.Client:
        if self._client is None:
            import httpx2

            from rp_mw_shared.clients.deadline_transport import DeadlineTransport, LookFirst

            transport = LookFirst(self._transport) if self._transport else DeadlineTransport(self._clock)
            self._client = httpx2.Client(transport=transport, follow_redirects=False, trust_env=False)
        return self._client
