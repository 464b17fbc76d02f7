"""The console's server: this machine only, three things to read, nothing to change.

    GET /                          the page
    GET /api/snapshot              switches, queues, decisions
    GET /api/conversation?id=...   what explain says
    GET /api/dead-letters          what dlq list says

A page of another site can make a browser ask here, by a name of its own that it lets point to this machine: so the
Host must be ours, and the browser must not say that another site asks.
"""

from __future__ import annotations

import json
import socketserver
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from rp_mw_ops.console.page import Page
from rp_mw_ops.errors import NotFoundError, UsageError, find_complaint
from rp_mw_ops.printing import to_plain
from rp_mw_shared.errors import RpMwError

ADDRESS = "127.0.0.1"
MAX_TARGET_CHARS = 4096
MAX_ID_CHARS = 998  # a mail's Message-ID is one line. Source: RFC 5322, section 2.1.1
READ_SECONDS = 10.0
OWN_SITES = ("same-origin", "none")
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
Json = dict[str, Any]


class Readable(Protocol):
    """What the server shows; each look raises RpMwError when it cannot be had."""

    def snapshot(self) -> Json:
        """Everything that is polled."""

    def conversation(self, conversation_id: str) -> Json:
        """One conversation; NotFoundError when nobody knows it."""

    def dead_letters(self) -> Json:
        """The dead letters."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; `allow` is for a 405."""

    status: HTTPStatus
    content_type: str
    body: bytes
    allow: str | None = None


class ConsoleServer(ThreadingHTTPServer):
    """Serves on a loopback port, 0 for a free one; raises UsageError when the port cannot be had."""

    daemon_threads = True

    def __init__(self, port: int, page: Page, reader: Readable) -> None:
        self.page = page
        self.reader = reader
        try:
            super().__init__((ADDRESS, port), _Handler)
        except (OSError, OverflowError) as error:
            raise UsageError(f"port {port} cannot be used ({error}): choose another with --port") from error

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{ADDRESS}:{self.server_port}/"

    def server_bind(self) -> None:
        """Binds without asking anybody for this machine's name."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = ADDRESS, int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: ConsoleServer
    timeout = READ_SECONDS
    server_version = "rp-mw"
    sys_version = ""

    def _serve(self) -> None:
        self._send(self._refusal() or self._route())

    # the standard library answers every other method 501
    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = do_CONNECT = _serve

    def _refusal(self) -> Answer | None:
        """What is refused before anything is read."""
        if not self._is_addressed_to_us():
            return _text(
                HTTPStatus.MISDIRECTED_REQUEST, f"this is not the host that was asked for; open {self.server.url}"
            )
        if self.command not in ("GET", "HEAD"):
            return _text(HTTPStatus.METHOD_NOT_ALLOWED, "the console only reads", allow="GET, HEAD")
        if len(self.path) > MAX_TARGET_CHARS:
            return _text(HTTPStatus.REQUEST_URI_TOO_LONG, "the address is too long")
        if self.headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in self.headers:
            return _text(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "nothing is read from a request's body")
        return None

    def _is_addressed_to_us(self) -> bool:
        port = self.server.server_port
        return self.headers.get_all("Host", []) in ([f"{ADDRESS}:{port}"], [f"localhost:{port}"])

    def _route(self) -> Answer:
        parts = urlsplit(self.path)
        if parts.path == "/":
            return Answer(HTTPStatus.OK, "text/html; charset=utf-8", self.server.page.body)
        reads: dict[str, Callable[[], Json]] = {
            "/api/snapshot": self.server.reader.snapshot,
            "/api/conversation": lambda: self.server.reader.conversation(_require_id(parts.query)),
            "/api/dead-letters": self.server.reader.dead_letters,
        }
        read = reads.get(parts.path) if not parts.netloc else None
        if read is None:
            return _text(HTTPStatus.NOT_FOUND, "there is nothing here")
        if self.headers.get("Sec-Fetch-Site", "none") not in OWN_SITES:
            return _text(HTTPStatus.FORBIDDEN, "another site may not read this")
        return _read(read)

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        headers = _HEADERS | {
            "Content-Security-Policy": self.server.page.policy,
            "Content-Type": answer.content_type,
            "Content-Length": str(len(answer.body)),
        }
        for name, value in headers.items():
            self.send_header(name, value)
        if answer.allow is not None:
            self.send_header("Allow", answer.allow)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answers what the standard library refuses (a broken request line, too many headers) as everything else."""
        self.close_connection = True
        status = HTTPStatus(code)
        self._send(_text(status, status.phrase))

    def log_message(self, format: str, *args: Any) -> None:
        """Requests name conversations: nothing of them is printed."""


class _BadIdError(Exception):
    """The request names no conversation."""


def _require_id(query: str) -> str:
    try:
        values = parse_qs(query, max_num_fields=10, errors="strict").get("id", [])
    except ValueError as error:
        raise _BadIdError from error
    if len(values) != 1 or len(values[0]) > MAX_ID_CHARS or not values[0].isprintable():
        raise _BadIdError
    return values[0]


def _read(read: Callable[[], Json]) -> Answer:
    try:
        return _json(HTTPStatus.OK, read())
    except _BadIdError:
        return _problem(HTTPStatus.BAD_REQUEST, "give one conversation's id: /api/conversation?id=...")
    except NotFoundError as error:
        return _problem(HTTPStatus.NOT_FOUND, find_complaint(error))
    except RpMwError as error:
        return _problem(HTTPStatus.SERVICE_UNAVAILABLE, find_complaint(error))
    except Exception as error:  # noqa: BLE001 - the handler's edge: the page says so and goes on asking
        return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, f"a defect of the console ({type(error).__name__})")


def _problem(status: HTTPStatus, text: str | None) -> Answer:
    return _json(status, {"problem": text})


def _json(status: HTTPStatus, value: Any) -> Answer:
    return Answer(status, "application/json", json.dumps(value, default=to_plain).encode())


def _text(status: HTTPStatus, text: str, allow: str | None = None) -> Answer:
    return Answer(status, "text/plain; charset=utf-8", f"{text}\n".encode(), allow)
