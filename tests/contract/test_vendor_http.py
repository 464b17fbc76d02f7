"""What the vendor client makes of real HTTP answers, good and bad; time is a fake clock unless a test says so."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from email.utils import formatdate
from typing import Any

import pytest

from rp_mw_shared.budget.book import BudgetTerms
from rp_mw_shared.budget.limiter import BudgetLimiter
from rp_mw_shared.budget.store import MemoryBudget
from rp_mw_shared.clients.breaker import CircuitBreaker
from rp_mw_shared.clients.http import HttpPolicy, VendorHttp, VendorResponse
from rp_mw_shared.clients.limiter import UnlimitedLimiter
from rp_mw_shared.clock import Clock, FakeClock, SystemClock, until
from rp_mw_shared.errors import OutcomeUnknownError, PermanentError, RpMwError, TransientError
from rp_mw_shared.observability import flush_metrics
from tests.fakes.http_stub import HttpStub
from tests.fakes.recording import Recording

SECRET_PATH = "/tickets/%3Ccanary-ticket%40mail.example.com%3E"


@pytest.fixture
def stub() -> Iterator[HttpStub]:
    """A scripted vendor on loopback."""
    with HttpStub() as running:
        yield running


@pytest.fixture
def clock() -> FakeClock:
    """A clock that moves only when told to."""
    return FakeClock()


def vendor(
    url: str,
    clock: Clock,
    policy: HttpPolicy | None = None,
    headers: Callable[[], Mapping[str, str]] = dict,
    breaker: CircuitBreaker | None = None,
) -> VendorHttp:
    """A client of the stub without jitter."""
    return VendorHttp(
        vendor="richpanel",
        base_url=url,
        clock=clock,
        limiter=UnlimitedLimiter(),
        breaker=breaker or CircuitBreaker(clock, vendor="richpanel"),
        headers=headers,
        policy=policy or HttpPolicy(),
        jitter=lambda: 1.0,
    )


def read(client: VendorHttp, total_seconds: float | None = None) -> VendorResponse:
    """Make a call that may be repeated."""
    return client.request("GET", SECRET_PATH, operation="ticket_read", idempotent=True, total_seconds=total_seconds)


def write(
    client: VendorHttp, total_seconds: float | None = None, may_leave: Callable[[], None] | None = None
) -> VendorResponse:
    """Make a call that must not happen twice."""
    return client.request(
        "POST",
        SECRET_PATH,
        operation="message_send",
        idempotent=False,
        body={"body": "canary-body"},
        total_seconds=total_seconds,
        may_leave=may_leave,
    )


def error_of(call: Callable[[], object]) -> RpMwError:
    """Return the product error a call raises."""
    with pytest.raises(RpMwError) as raised:
        call()
    return raised.value


def test_an_answer_comes_back_with_lower_case_headers(stub: HttpStub, clock: FakeClock) -> None:
    """Status, headers and parsed body reach the caller; the path goes out as one encoded segment."""
    stub.reply(200, {"ticket": {"id": "1"}}, {"X-RateLimit-Remaining": "9"})
    client = vendor(stub.url, clock, headers=lambda: {"x-richpanel-key": "k"})
    answer = client.request("GET", SECRET_PATH, operation="ticket_read", idempotent=True, query={"page": "2"})
    assert (answer.status, answer.json()) == (200, {"ticket": {"id": "1"}})
    assert answer.headers["x-ratelimit-remaining"] == "9"
    assert stub.requests[0].path == SECRET_PATH + "?page=2"
    assert stub.requests[0].headers["x-richpanel-key"] == "k"


def test_one_connection_serves_several_calls(stub: HttpStub, clock: FakeClock) -> None:
    """Handshakes cost more than requests."""
    stub.reply(200, {})
    client = vendor(stub.url, clock)
    for _ in range(3):
        read(client)
    assert stub.connections == 1


def test_a_429_waits_as_asked_and_tries_again(stub: HttpStub, clock: FakeClock) -> None:
    """Fractions of a second count too."""
    stub.reply(429, b"slow", {"Retry-After": "2.5"})
    stub.reply(200, {})
    read(vendor(stub.url, clock))
    assert clock.slept_seconds == [2.5]


def test_the_last_look_comes_after_every_wait_and_stops_the_next_try(stub: HttpStub, clock: FakeClock) -> None:
    """Allowed at first, forbidden while a 429 was waited out: the second try never leaves."""
    stub.reply(429, b"slow", {"Retry-After": "2.5"})
    looks: list[float] = []

    def look() -> None:
        looks.append(clock.monotonic())
        if len(looks) == 2:
            raise PermanentError("switched off", code="kill_switch")

    client, began = vendor(stub.url, clock), clock.monotonic()
    raised = error_of(lambda: write(client, may_leave=look))
    assert (raised.code, [at - began for at in looks], len(stub.requests)) == ("kill_switch", [0.0, 2.5], 1)


def test_the_last_look_comes_after_the_limiter_s_wait(stub: HttpStub, clock: FakeClock) -> None:
    """The share is used up: the look is taken when its turn has come, not when it was asked for."""
    stub.reply(200, {})
    limiter = BudgetLimiter(clock, MemoryBudget(), BudgetTerms("richpanel", 1, 5_000))
    breaker = CircuitBreaker(clock, vendor="richpanel")
    client = VendorHttp(vendor="richpanel", base_url=stub.url, clock=clock, limiter=limiter, breaker=breaker)
    looks: list[float] = []
    read(client)
    write(client, may_leave=lambda: looks.append(clock.monotonic()))
    assert looks == [clock.monotonic()] and sum(clock.slept_seconds) >= 5


def test_the_last_look_is_taken_with_the_connection_open_and_nothing_sent(clock: FakeClock) -> None:
    """Name, connection and handshake take seconds: the look comes after them, before the first byte."""
    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def forbid() -> None:
            connection, _ = server.accept()
            connection.settimeout(0.2)
            with contextlib.suppress(TimeoutError):
                seen.append(connection.recv(1))
            raise PermanentError("switched off", code="kill_switch")

        client = vendor(f"http://127.0.0.1:{server.getsockname()[1]}", clock)
        assert error_of(lambda: write(client, may_leave=forbid)).code == "kill_switch"
    assert seen == []


def test_a_connection_that_carried_a_forbidden_call_serves_no_other(stub: HttpStub, clock: FakeClock) -> None:
    """What was begun on it is not gone on with; the next call is whole."""
    stub.reply(200, {})
    client = vendor(stub.url, clock)
    read(client)

    def forbid() -> None:
        raise PermanentError("switched off", code="kill_switch")

    error_of(lambda: write(client, may_leave=forbid))
    assert read(client).status == 200
    assert [request.method for request in stub.requests] == ["GET", "GET"]


def test_a_429_with_a_date_waits_until_then(stub: HttpStub, clock: FakeClock) -> None:
    """Retry-After may be an HTTP date."""
    stub.reply(429, b"slow", {"Retry-After": formatdate(clock.now_epoch_ms() / 1000 + 3, usegmt=True)})
    stub.reply(200, {})
    read(vendor(stub.url, clock))
    assert clock.slept_seconds == [3.0]


@pytest.mark.parametrize("header", [{}, {"Retry-After": "soon"}, {"Retry-After": "-5"}, {"Retry-After": "999999"}])
def test_without_a_sane_wait_the_backoff_doubles(stub: HttpStub, clock: FakeClock, header: dict[str, str]) -> None:
    """Half a second, one second, ..."""
    stub.reply(429, b"slow", header)
    stub.reply(429, b"slow", header)
    stub.reply(200, {})
    read(vendor(stub.url, clock))
    assert clock.slept_seconds == [0.5, 1.0]


def test_a_wait_beyond_the_deadline_is_handed_to_the_queue(stub: HttpStub, clock: FakeClock) -> None:
    """No function sleeps for a minute: the queue's delay is free."""
    stub.reply(429, b"slow", {"Retry-After": "60"})
    error = error_of(lambda: read(vendor(stub.url, clock)))
    assert isinstance(error, TransientError)
    assert (error.code, error.retry_after_seconds) == ("vendor_throttled", 60)
    assert (clock.slept_seconds, len(stub.requests)) == ([], 1)


def test_a_5xx_is_repeated_for_a_read_and_ends_after_three(stub: HttpStub, clock: FakeClock) -> None:
    """Tries are bounded."""
    stub.reply(503, b"<html>")
    error = error_of(lambda: read(vendor(stub.url, clock)))
    assert (type(error), error.code, len(stub.requests)) == (TransientError, "vendor_unavailable", 3)


@pytest.mark.parametrize("fault", [{"drop": True}, {"cut_after_bytes": 3}])
def test_a_lost_answer_is_repeated_for_a_read(stub: HttpStub, clock: FakeClock, fault: dict[str, Any]) -> None:
    """Reading twice harms nobody."""
    stub.reply(200, {"a": 1}, **fault)
    stub.reply(200, {"a": 1})
    read(vendor(stub.url, clock))
    assert len(stub.requests) == 2


@pytest.mark.parametrize("fault", [{"drop": True}, {"cut_after_bytes": 3}])
def test_a_lost_answer_to_a_write_is_unknown_and_never_repeated(
    stub: HttpStub, clock: FakeClock, fault: dict[str, Any]
) -> None:
    """The message may have been sent."""
    stub.reply(200, {"a": 1}, **fault)
    error = error_of(lambda: write(vendor(stub.url, clock)))
    assert (type(error), len(stub.requests)) == (OutcomeUnknownError, 1)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_5xx_to_a_write_is_unknown_and_never_repeated(stub: HttpStub, clock: FakeClock, status: int) -> None:
    """A gateway's error says nothing about what happened behind it."""
    stub.reply(status, b"<html>")
    error = error_of(lambda: write(vendor(stub.url, clock)))
    assert (type(error), len(stub.requests)) == (OutcomeUnknownError, 1)


def test_a_throttled_write_is_repeated(stub: HttpStub, clock: FakeClock) -> None:
    """A 429 says that nothing was done."""
    stub.reply(429, b"", {"Retry-After": "1"})
    stub.reply(200, {})
    write(vendor(stub.url, clock))
    assert len(stub.requests) == 2


def test_no_connection_is_transient_even_for_a_write(clock: FakeClock) -> None:
    """Nothing left this machine, so nothing is unknown."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    error = error_of(lambda: write(vendor(f"http://127.0.0.1:{port}", clock)))
    assert (type(error), error.code) == (TransientError, "vendor_unreachable")
    assert clock.slept_seconds == [0.5, 1.0]


@pytest.mark.parametrize("status", [301, 302, 307, 400, 403, 404, 409, 422])
def test_other_refusals_are_permanent_and_redirects_are_not_followed(
    stub: HttpStub, clock: FakeClock, status: int
) -> None:
    """A contract error stays one; a redirect could take the key elsewhere."""
    stub.reply(status, {"error": {"message": "canary-error"}}, {"Location": "/elsewhere"})
    error = error_of(lambda: read(vendor(stub.url, clock)))
    assert (type(error), error.code, len(stub.requests)) == (PermanentError, f"vendor_status_{status}", 1)


def test_a_refused_key_is_transient(stub: HttpStub, clock: FakeClock) -> None:
    """A key in rotation must not send the whole queue to the DLQ on first sight."""
    stub.reply(401, {})
    error = error_of(lambda: read(vendor(stub.url, clock)))
    assert (type(error), error.code, len(stub.requests)) == (TransientError, "vendor_unauthorized", 1)


def test_a_status_the_caller_accepts_is_an_answer(stub: HttpStub, clock: FakeClock) -> None:
    """A missing ticket is something the caller can act on."""
    stub.reply(404, {"x": 1})
    answer = vendor(stub.url, clock).request("GET", "/x", operation="ticket_read", idempotent=True, accept=(404,))
    assert (answer.status, answer.json()) == (404, {"x": 1})


def test_an_answer_that_is_no_json_is_transient(stub: HttpStub, clock: FakeClock) -> None:
    """A proxy's page with status 200 is not the vendor's answer."""
    stub.reply(200, b"<html>")
    answer = vendor(stub.url, clock).request("GET", "/x", operation="ticket_read", idempotent=True)
    with pytest.raises(TransientError) as raised:
        answer.json()
    assert raised.value.code == "vendor_answer_unreadable"


def test_a_proxy_of_the_environment_is_not_used(
    stub: HttpStub, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTP_PROXY and its like do not decide who reads a ticket."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with HttpStub() as other:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, other.url)
        stub.reply(200, {"x": 1})
        assert read(vendor(stub.url, clock)).json() == {"x": 1}
        assert other.requests == []
    assert len(stub.requests) == 1


def test_an_answer_over_the_size_limit_is_refused(stub: HttpStub, clock: FakeClock) -> None:
    """No vendor fills our memory, and one ticket does not close the way to the others: asked once, circuit closed."""
    stub.reply(200, b"x" * 10_001)
    breaker = CircuitBreaker(clock, vendor="richpanel", failures_to_open=1)
    client = vendor(stub.url, clock, HttpPolicy(max_response_bytes=10_000), breaker=breaker)
    for _ in range(3):
        error = error_of(lambda: read(client))
        assert (type(error), error.code) == (PermanentError, "vendor_answer_too_large")
    assert len(stub.requests) == 3
    assert isinstance(error_of(lambda: write(client)), OutcomeUnknownError)
    breaker.raise_if_open()


def test_a_large_error_page_is_what_its_status_says(stub: HttpStub, clock: FakeClock) -> None:
    """And counts against the vendor."""
    stub.reply(503, b"x" * 10_001)
    policy = HttpPolicy(max_response_bytes=10_000, max_attempts=1)
    assert error_of(lambda: read(vendor(stub.url, clock, policy))).code == "vendor_unavailable"


def test_json_nested_too_deep_is_no_matter_for_another_try(stub: HttpStub, clock: FakeClock) -> None:
    """A hundred thousand brackets."""
    stub.reply(200, b"[" * 100_000)
    error = error_of(lambda: read(vendor(stub.url, clock)).json())
    assert (type(error), error.code) == (PermanentError, "vendor_answer_too_deep")


def test_headers_are_read_again_for_every_try(stub: HttpStub, clock: FakeClock) -> None:
    """A rotated key is picked up in between."""
    stub.reply(500, b"")
    stub.reply(200, {})
    keys = iter(["old", "new"])
    read(vendor(stub.url, clock, headers=lambda: {"x-key": next(keys)}))
    assert [request.headers["x-key"] for request in stub.requests] == ["old", "new"]


def test_an_open_circuit_makes_no_call(stub: HttpStub, clock: FakeClock) -> None:
    """Five failures in a row, then silence."""
    stub.reply(500, b"")
    breaker = CircuitBreaker(clock, vendor="richpanel", failures_to_open=5)
    client = vendor(stub.url, clock, breaker=breaker)
    codes = [error_of(lambda: read(client)).code for _ in range(4)]
    assert codes == ["vendor_unavailable", "circuit_open", "circuit_open", "circuit_open"]
    assert len(stub.requests) == 5


def test_a_wait_for_the_budget_counts_against_the_runs_deadline(stub: HttpStub, clock: FakeClock) -> None:
    """A call outside a run waits within its own."""
    stub.reply(200, {})
    limiter = BudgetLimiter(clock, MemoryBudget(), BudgetTerms("richpanel", 2))
    client = VendorHttp(
        vendor="richpanel",
        base_url=stub.url,
        clock=clock,
        limiter=limiter,
        breaker=CircuitBreaker(clock, vendor="richpanel"),
    )
    read(client)
    read(client)
    error = error_of(lambda: read(client, total_seconds=5.0))
    assert error.code == "rate_limited"
    assert len(stub.requests) == 2
    with until(clock.monotonic() + 50):
        read(client, total_seconds=5.0)  # the wait is the run's, and takes nothing of the call's own time
    assert len(stub.requests) == 3


def _trickle(server: socket.socket, stop: threading.Event) -> None:
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 400\r\nx-filler: " + b"x" * 400
    with contextlib.suppress(OSError):
        while not stop.is_set():
            connection, _ = server.accept()
            with connection, contextlib.suppress(OSError):
                connection.recv(65_536)
                for byte in answer:
                    connection.sendall(bytes([byte]))
                    if stop.wait(0.05):
                        return


@pytest.fixture
def trickling_url() -> Iterator[str]:
    """A vendor that sends one byte of its header every 50 ms."""
    stop = threading.Event()
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as server:
        thread = threading.Thread(target=_trickle, args=(server, stop), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        stop.set()
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def test_the_deadline_bounds_the_whole_call_not_each_read(trickling_url: str) -> None:
    """A vendor that never stops sending does not keep the function alive; measured in real time."""
    started = time.monotonic()
    error = error_of(lambda: write(vendor(trickling_url, SystemClock()), total_seconds=0.4))
    assert isinstance(error, OutcomeUnknownError)
    assert time.monotonic() - started < 2.0


def test_a_hanging_vendor_ends_at_the_deadline(stub: HttpStub) -> None:
    """Measured in real time."""
    stub.reply(200, {}, hang_seconds=1.0)
    started = time.monotonic()
    error = error_of(lambda: read(vendor(stub.url, SystemClock()), total_seconds=0.3))
    assert isinstance(error, TransientError)
    assert time.monotonic() - started < 0.9


def test_metrics_count_tries_errors_and_throttling(stub: HttpStub, clock: FakeClock, recorded: Recording) -> None:
    """The vendor's health is readable from three counters and a latency."""
    stub.reply(429, b"", {"Retry-After": "1"})
    stub.reply(500, b"")
    stub.reply(200, {})
    read(vendor(stub.url, clock))
    flush_metrics()
    assert recorded.samples("VendorRequests") == [1, 1, 1]
    assert recorded.samples("VendorErrors") == [1]
    assert recorded.samples("VendorThrottled") == [1]
    assert len(recorded.samples("VendorLatency")) == 3


def test_nothing_written_or_raised_quotes_path_body_or_key(
    stub: HttpStub, clock: FakeClock, recorded: Recording
) -> None:
    """Ids, customers' words and credentials stay out of logs and errors, also of chained ones."""
    stub.reply(500, b"canary-answer")
    stub.reply(400, b"canary-answer")
    client = vendor(stub.url, clock, headers=lambda: {"x-key": "canary-key"})
    errors = [error_of(lambda: write(client)), error_of(lambda: write(client))]
    flush_metrics()
    written = "".join(recorded.raw) + "".join(f"{error!r}{error.__cause__!r}{error.__context__!r}" for error in errors)
    assert "canary" not in written
    assert "127.0.0.1" not in "".join(recorded.raw)
