"""Slow and broken clients at a real socket: they get nothing done and keep nobody else waiting."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest

from tests.events.api_gateway import TOKEN
from tests.fakes.ingress_ports import IngressBench
from tests.fuzz.http_adapter import HttpAdapter

HEAD = (
    "POST /v1/richpanel/events HTTP/1.1\r\nhost: x\r\n"
    f"x-middleware-token: {TOKEN}\r\ncontent-type: application/json\r\n"
).encode()
BODY = b'{"ticket_id": "7"}'


@contextmanager
def connected(adapter: HttpAdapter, *parts: bytes) -> Iterator[socket.socket]:
    """A connection on which `parts` were sent."""
    with socket.create_connection(("127.0.0.1", adapter.port), timeout=5) as connection:
        for part in parts:
            connection.sendall(part)
        yield connection


def answer_of(connection: socket.socket) -> bytes:
    """Everything the server still sends."""
    received = b""
    try:
        while chunk := connection.recv(65_536):
            received += chunk
    except ConnectionResetError:
        pass
    return received


@pytest.mark.parametrize(
    "parts",
    [
        (b"POST /v1/richpan",),
        (HEAD,),
        (HEAD, b"content-length: 18\r\n\r\n", BODY[:9]),
        (HEAD, b"content-length: 999\r\n\r\n", BODY),
    ],
)
def test_an_unfinished_request_is_dropped_and_queues_nothing(
    served: HttpAdapter, bench: IngressBench, parts: tuple[bytes, ...]
) -> None:
    """The connection is closed after the time a client has, without an answer."""
    started = time.monotonic()
    with connected(served, *parts) as connection:
        assert b"200" not in answer_of(connection)
    assert time.monotonic() - started < 4
    assert (served.served, bench.queue.deliveries) == (0, [])


@pytest.mark.parametrize("parts", [(HEAD, b"content-length: 18\r\n\r\n", BODY[:9]), (HEAD[:40],), ()])
def test_a_client_that_hangs_up_early_queues_nothing(
    served: HttpAdapter, bench: IngressBench, parts: tuple[bytes, ...]
) -> None:
    """Half a request is no request."""
    with connected(served, *parts):
        pass
    assert httpx2.get(f"{served.url}/v1/health").status_code == 200
    assert bench.queue.deliveries == []


def test_a_client_that_hangs_up_before_the_answer_was_still_heard(served: HttpAdapter, bench: IngressBench) -> None:
    """Accepted is accepted; its repeat would be dropped by the queue or the worker."""
    with connected(served, HEAD, b"content-length: 18\r\n\r\n", BODY):
        pass
    deadline = time.monotonic() + 3
    while not bench.queue.deliveries and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(bench.queue.deliveries) == 1


def test_others_are_served_while_slow_clients_hold_their_connections(served: HttpAdapter) -> None:
    """Twenty that drip bytes, and one that is answered at once."""
    slow = [socket.create_connection(("127.0.0.1", served.port), timeout=5) for _ in range(20)]
    try:
        for connection in slow:
            connection.sendall(HEAD[:7])
        started = time.monotonic()
        answer = httpx2.post(
            f"{served.url}/v1/richpanel/events", json={"ticket_id": "7"}, headers={"x-middleware-token": TOKEN}
        )
        assert (answer.status_code, time.monotonic() - started < 1) == (200, True)
    finally:
        for connection in slow:
            connection.close()


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"BREW /v1/richpanel/events HTTP/1.1\r\nhost: x\r\n\r\n", b" 405 "),
        (b"POST /v1/richpanel/events HTTP/1.1\r\ncontent-length: -1\r\n\r\n", b" 400 "),
        (b"POST /v1/richpanel/events HTTP/1.1\r\ncontent-length: 99999999\r\n\r\n", b" 413 "),
        (b"POST /v1/richpanel/events HTTP/1.1\r\nx: " + b"a" * 70_000 + b"\r\n\r\n", b" 431 "),
        (b"POST /v1/richpanel/events/../../health HTTP/1.1\r\nhost: x\r\n\r\n", b" 404 "),
        (b"\x00\x01\x02\r\n\r\n", b" 400 "),
    ],
)
def test_an_odd_request_gets_a_plain_refusal(
    served: HttpAdapter, bench: IngressBench, raw: bytes, status: bytes
) -> None:
    """From the server or from the ingress, and nothing is queued."""
    with connected(served, raw) as connection:
        connection.shutdown(socket.SHUT_WR)
        assert status in answer_of(connection).split(b"\r\n")[0] + b" "
    assert bench.queue.deliveries == []
