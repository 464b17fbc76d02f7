"""A real HTTP server in front of the ingress: sockets in, API Gateway events through, answers out.

It does what API Gateway does before a function is called: waits for the whole request, lower-cases header names,
encodes bodies that are no UTF-8, and drops a client that does not finish in time. Loopback and a free port only.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from tests.events.api_gateway import api_event

MAX_BUFFERED_BYTES = 10 * 1024 * 1024  # Source: API Gateway quotas, payload size

Handle = Callable[[dict[str, Any]], dict[str, Any]]


class HttpAdapter:
    """Serves `handle` at `url`; `served` counts the events that reached it."""

    def __init__(self, handle: Handle, client_timeout_seconds: float = 1.0) -> None:
        self.served = 0
        self._handle = handle
        self._lock = threading.Lock()
        self._server = _QuietServer(("127.0.0.1", 0), _handler_for(self, client_timeout_seconds))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        """Return the port on loopback."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Return the server's address without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    def answer(self, event: dict[str, Any]) -> dict[str, Any]:
        """Hand one event to the ingress, one at a time as a function instance does."""
        with self._lock:
            self.served += 1
            return self._handle(event)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _QuietServer(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that breaks off is no news."""


def _handler_for(adapter: HttpAdapter, client_timeout_seconds: float) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = client_timeout_seconds
        wbufsize = -1
        disable_nagle_algorithm = True

        def __getattr__(self, name: str) -> Any:
            # http.server looks for a method named after the request's; whatever it is, the ingress answers it.
            if name.startswith("do_"):
                return self._serve
            raise AttributeError(name)

        def _serve(self) -> None:
            size = self.headers.get("content-length", "0")
            if not size.isascii() or not size.isdigit() or int(size) > MAX_BUFFERED_BYTES:
                self.close_connection = True
                self._send({"statusCode": 413 if size.isdigit() else 400, "headers": {}, "body": ""})
                return
            body = self.rfile.read(int(size))
            if len(body) < int(size):
                self.close_connection = True
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            path = urlsplit(self.path).path if self.path.startswith("/") else "/"
            self._send(adapter.answer(api_event(body, method=self.command, path=path, headers=headers)))

        def _send(self, answer: dict[str, Any]) -> None:
            body = answer["body"].encode()
            self.send_response_only(answer["statusCode"])
            for name, value in answer["headers"].items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
