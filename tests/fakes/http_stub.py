"""A scripted HTTP server on loopback: what a client really sends, and what it makes of a real answer.

with HttpStub() as stub:
    stub.reply(200, {"data": {}})                     answers in the order they were scripted,
    stub.reply(503, b"<html>", hang_seconds=0.5)      the last one again and again
    client(stub.url)
    stub.requests[0].json()                           what came in
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class StubRequest:
    """One request as it arrived; header names are lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the parsed body; raises ValueError when it is not JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class StubReply:
    """One scripted answer. `cut_after_bytes` closes the connection inside the body; `drop` closes it unanswered."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hang_seconds: float = 0.0
    cut_after_bytes: int | None = None
    drop: bool = False


Responder = Callable[[StubRequest], StubReply]


class HttpStub:
    """Answers from a script, or from `responder` where one is given; remembers every request and connection."""

    def __init__(self, responder: Responder | None = None) -> None:
        self.requests: list[StubRequest] = []
        self.connections = 0
        self._responder = responder
        self._script: list[StubReply] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Return the server's address without a trailing slash."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def reply(self, status: int, body: Any = b"", headers: dict[str, str] | None = None, **faults: Any) -> None:
        """Add one answer to the script; anything but bytes is sent as JSON."""
        is_raw = isinstance(body, bytes)
        content_type = "text/html" if is_raw else "application/json"
        payload = body if is_raw else json.dumps(body).encode()
        self._script.append(StubReply(status, payload, {"content-type": content_type, **(headers or {})}, **faults))

    def answer(self, request: StubRequest) -> StubReply:
        """Record `request` and choose its answer."""
        with self._lock:
            self.requests.append(request)
            if self._responder is not None:
                return self._responder(request)
            return self._script.pop(0) if len(self._script) > 1 else self._script[0]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def _handler_for(stub: HttpStub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10
        wbufsize = -1  # head and body leave together: no waiting for a delayed acknowledgement
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            stub.connections += 1

        def do_POST(self) -> None:
            self._serve()

        def do_GET(self) -> None:
            self._serve()

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = stub.answer(StubRequest(self.command, self.path, headers, body))
            time.sleep(reply.hang_seconds)
            if reply.drop:
                self.close_connection = True
                return
            self._send(reply)

        def _send(self, reply: StubReply) -> None:
            self.send_response_only(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body[: reply.cut_after_bytes])
            if reply.cut_after_bytes is not None:
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
