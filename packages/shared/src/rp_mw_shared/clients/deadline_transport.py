"""An httpx2 transport whose every network operation ends by one deadline.

httpx2's timeouts bound single operations: a vendor that sends one byte a second never runs into them. Here each
connect, handshake, write and read gets only the time that is left. The one thing not bounded is the name lookup, which
the operating system does not let a caller bound.

A request may carry a last look (extension `MAY_LEAVE`). It is taken here because only here nothing is left to wait for:

    limiter, retries ── connect, handshake ── may_leave() ── headers ── body ── answer
                                                  `── raises: not a byte of the request was written

Source: httpcore2's documentation, "Network backends" and "Extensions: trace"; httpx2's documentation, "Custom
transports".
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpcore2
import httpx2

from rp_mw_shared.clock import Clock, find_deadline

MAY_LEAVE = "rp_mw_may_leave"
_HEADERS_NEXT = ".send_request_headers.started"  # of HTTP/1.1 and HTTP/2 alike
_MIN_SECONDS = 0.001  # zero would mean "do not block" to a socket


class DeadlineTransport(httpx2.BaseTransport):
    """Like httpx2's own transport (HTTP/1.1, pooled, certificates verified), bounded by `until`."""

    def __init__(self, clock: Clock, *, max_connections: int = 10, keepalive_seconds: float = 20.0) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=httpx2.create_ssl_context(trust_env=False),
            max_connections=max_connections,
            keepalive_expiry=keepalive_seconds,
            network_backend=_BoundedBackend(clock),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request; raises httpx2's exceptions."""
        url = request.url
        with _httpx_errors():
            answer = self._pool.handle_request(
                httpcore2.Request(
                    method=request.method,
                    url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=_with_look(request.extensions),
                )
            )
        return httpx2.Response(answer.status, headers=answer.headers, stream=_Body(answer.stream))

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


class LookFirst(httpx2.BaseTransport):
    """Takes a request's last look before another transport gets the request."""

    def __init__(self, transport: httpx2.BaseTransport) -> None:
        self._transport = transport

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Look, then hand the request on."""
        take_look(request)
        return self._transport.handle_request(request)

    def close(self) -> None:
        """Close the other transport."""
        self._transport.close()


def take_look(request: httpx2.Request) -> None:
    """Call the request's last look, if it carries one; raises what the look raises."""
    may_leave: Callable[[], None] | None = request.extensions.get(MAY_LEAVE)
    if may_leave is not None:
        may_leave()


def _with_look(extensions: dict[str, Any]) -> dict[str, Any]:
    """Let httpcore2 call the look between the open connection and the first byte, on every connection it tries."""
    may_leave: Callable[[], None] | None = extensions.get(MAY_LEAVE)
    if may_leave is None:
        return extensions

    def trace(event: str, _: Mapping[str, Any]) -> None:
        if event.endswith(_HEADERS_NEXT):
            may_leave()

    return extensions | {"trace": trace}


class _Body(httpx2.SyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        with _httpx_errors():
            yield from self._stream

    def close(self) -> None:
        self._stream.close()


class _BoundedBackend(httpcore2.NetworkBackend):
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._backend = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        left = _bounded(timeout, self._clock, httpcore2.ConnectTimeout)
        return _BoundedStream(self._backend.connect_tcp(host, port, left, local_address, socket_options), self._clock)


class _BoundedStream(httpcore2.NetworkStream):
    def __init__(self, stream: httpcore2.NetworkStream, clock: Clock) -> None:
        self._stream = stream
        self._clock = clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _bounded(timeout, self._clock))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _bounded(timeout, self._clock))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = _bounded(timeout, self._clock, httpcore2.ConnectTimeout)
        return _BoundedStream(self._stream.start_tls(ssl_context, server_hostname, left), self._clock)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _bounded(
    timeout: float | None, clock: Clock, too_late: type[httpcore2.TimeoutException] = httpcore2.ReadTimeout
) -> float | None:
    deadline = find_deadline()
    if deadline is None:
        return timeout
    left = deadline - clock.monotonic()
    if left <= 0:
        raise too_late("the deadline has passed")
    return max(_MIN_SECONDS, left if timeout is None else min(timeout, left))


@contextmanager
def _httpx_errors() -> Iterator[None]:
    """Raise httpx2's exception of the same name for httpcore2's: the two libraries keep the names in step."""
    try:
        yield
    except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError) as error:
        raise _HTTPX_ERRORS.get(type(error), httpx2.TransportError)(str(error)) from error


_HTTPX_ERRORS: dict[type[Exception], type[httpx2.TransportError]] = {
    httpcore2.ConnectTimeout: httpx2.ConnectTimeout,
    httpcore2.ReadTimeout: httpx2.ReadTimeout,
    httpcore2.WriteTimeout: httpx2.WriteTimeout,
    httpcore2.PoolTimeout: httpx2.PoolTimeout,
    httpcore2.ConnectError: httpx2.ConnectError,
    httpcore2.ReadError: httpx2.ReadError,
    httpcore2.WriteError: httpx2.WriteError,
    httpcore2.RemoteProtocolError: httpx2.RemoteProtocolError,
    httpcore2.LocalProtocolError: httpx2.LocalProtocolError,
}
