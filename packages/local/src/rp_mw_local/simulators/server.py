"""The HTTP server all simulators share: recording, faults, switches and the control API.

POST /_sim/seed      vendor-specific contents           GET  /_sim/state     vendor-specific contents
POST /_sim/faults    add faults, body {"faults": [...]} GET  /_sim/faults    what is armed
POST /_sim/switches  change standing behaviour          GET  /_sim/requests  what was asked, oldest first
POST /_sim/reset     forget everything                  GET  /_sim/violations  promises the caller broke
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from rp_mw_local.errors import LocalError
from rp_mw_local.simulators.faults import Fault, FaultBook

Json = Any


@dataclass(frozen=True, slots=True)
class Request:
    """One request as received; `segments` are the path's parts, percent-decoded one by one."""

    method: str
    path: str
    segments: tuple[str, ...]
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Json:
        """The body as JSON; raises ValueError when it is not."""
        return json.loads(self.body or b"null")


@dataclass(frozen=True, slots=True)
class Response:
    """One answer; `body` is sent as it is. `cut` sends half of it and breaks the connection, `lost` sends nothing."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request a vendor saw, for assertions; times are epoch milliseconds."""

    number: int
    at_epoch_ms: int
    method: str
    path: str
    status: int
    fault: str | None
    body: str


def json_response(status: int, body: Json, headers: dict[str, str] | None = None) -> Response:
    """An answer in JSON."""
    return Response(status, json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})})


def html_response(status: int, text: str) -> Response:
    """An answer as a proxy or an outage page gives it."""
    return Response(status, f"<html><body><h1>{text}</h1></body></html>".encode(), {"Content-Type": "text/html"})


class Simulator:
    """A vendor. Subclasses implement `answer`, `state`, `seed` and `forget`; `switches` are their standing options."""

    name = "vendor"

    def __init__(self, now_epoch_ms: Callable[[], int] | None = None, port: int = 0) -> None:
        self.now_epoch_ms = now_epoch_ms or (lambda: int(time.time() * 1000))
        self.lock = threading.RLock()
        self.faults = FaultBook()
        self.requests: list[Recorded] = []
        self.violations: list[dict[str, Json]] = []
        self.switches: dict[str, Json] = dict(self.default_switches())
        self._stopping = threading.Event()
        self._server: ThreadingHTTPServer | None = None
        self._port = port

    def default_switches(self) -> dict[str, Json]:
        """Standing behaviour by name, as it is after a reset."""
        return {}

    def answer(self, request: Request, fault: Fault | None) -> Response:
        """The vendor's own behaviour; `fault` is a fault of a kind only this vendor knows."""
        raise NotImplementedError

    def state(self) -> Json:
        """Everything the vendor holds, as JSON."""
        return {}

    def seed(self, contents: Json) -> Json:
        """Adds contents."""
        raise ValueError("nothing to seed")

    def forget(self) -> None:
        """Drops the vendor's contents."""

    # -- running -----------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Where it answers."""
        assert self._server is not None, "not started"
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        """Serves on a loopback port until `stop`; raises LocalError when the port is taken."""
        handler = type("Handler", (_Handler,), {"simulator": self})
        try:
            self._server = _Server(("127.0.0.1", self._port), handler)
        except (OSError, OverflowError) as error:
            raise LocalError(f"port {self._port} cannot be used for {self.name} ({error}): choose another") from error
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name=self.name, daemon=True
        ).start()

    def stop(self) -> None:
        """Ends waiting answers and closes the port; does nothing when it is not running."""
        self._stopping.set()
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    # -- control, also used directly by tests ------------------------------------------------------------------

    def arm(self, kind: str, **options: Any) -> None:
        """Arms one fault, see `faults.Fault`."""
        self.faults.arm(Fault(kind=kind, **options))

    def switch(self, **switches: Json) -> None:
        """Changes standing behaviour; raises ValueError for an unknown switch."""
        unknown = set(switches) - set(self.default_switches())
        if unknown:
            raise ValueError(
                f"unknown switch {', '.join(sorted(unknown))}; known: {', '.join(self.default_switches())}"
            )
        self.switches.update(switches)

    def reset(self) -> None:
        """Back to the first moment: no contents, faults, recordings."""
        with self.lock:
            self.faults.clear()
            self.requests.clear()
            self.violations.clear()
            self.switches = dict(self.default_switches())
            self.forget()

    def recorded(self, method: str = "", containing: str = "") -> list[Recorded]:
        """The recorded requests of a method whose path contains a text."""
        with self.lock:
            return [entry for entry in self.requests if entry.method.startswith(method) and containing in entry.path]

    # -- one request -------------------------------------------------------------------------------------------

    def handle(self, request: Request) -> Response:
        """The answer with faults applied, recorded."""
        if request.segments[:1] == ("_sim",):
            return self._control(request)
        fault = self.faults.take(request.method, request.path)
        response = self._faulty(request, fault)
        with self.lock:
            self.requests.append(
                Recorded(
                    number=len(self.requests) + 1,
                    at_epoch_ms=self.now_epoch_ms(),
                    method=request.method,
                    path=request.path,
                    status=0 if response.lost else response.status,
                    fault=fault.kind if fault else None,
                    body=request.body.decode("utf-8", "replace"),
                )
            )
        return response

    def _faulty(self, request: Request, fault: Fault | None) -> Response:
        if fault is None:
            return self.answer(request, None)
        if fault.kind == "drop":
            return Response(0, b"", lost=True)
        if fault.kind == "server_error":
            return html_response(fault.status or 503, "Service Unavailable")
        if fault.kind == "slow":
            self._stopping.wait(fault.seconds)
        if fault.kind not in {"slow", "lost_answer", "cut_body"}:
            return self.answer(request, fault)
        response = self.answer(request, None)
        if fault.kind == "lost_answer":
            self._stopping.wait(fault.seconds)
        return replace(response, lost=fault.kind == "lost_answer", cut=fault.kind == "cut_body")

    def _control(self, request: Request) -> Response:
        try:
            return json_response(200, self._control_answer(request))
        except (KeyError, TypeError, ValueError) as error:
            return json_response(400, {"error": str(error)})

    def _control_answer(self, request: Request) -> Json:
        what = (request.method, "/".join(request.segments[1:]))
        with self.lock:
            if what == ("GET", "requests"):
                return [asdict(entry) for entry in self.requests]
            if what == ("GET", "faults"):
                return [asdict(fault) for fault in self.faults.armed()]
            if what == ("GET", "switches"):
                return self.switches
            if what == ("GET", "violations"):
                return self.violations
            if what == ("GET", "state"):
                return self.state()
            return self._control_change(what, request)

    def _control_change(self, what: tuple[str, str], request: Request) -> Json:
        if what == ("POST", "faults"):
            for fault in request.json()["faults"]:
                self.arm(**fault)
            return {"armed": len(self.faults.armed())}
        if what == ("POST", "switches"):
            self.switch(**request.json())
            return self.switches
        if what == ("POST", "seed"):
            return self.seed(request.json())
        if what == ("POST", "reset"):
            self.reset()
            return {"reset": True}
        if what == ("DELETE", "faults"):
            self.faults.clear()
            return {"armed": 0}
        raise ValueError(f"no control {what[0]} /_sim/{what[1]}")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news."""


class _Handler(BaseHTTPRequestHandler):
    simulator: Simulator
    protocol_version = "HTTP/1.1"
    # answers are small: without this the kernel holds the body back for the delayed acknowledgement
    disable_nagle_algorithm = True
    wbufsize = -1

    def _serve(self) -> None:
        request = self._request()
        response = self.simulator.handle(request)
        if response.lost:
            self.close_connection = True
            return
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(response.body[: len(response.body) // 2] if response.cut else response.body)
        self.wfile.flush()
        self.close_connection = self.close_connection or response.cut

    def _request(self) -> Request:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        return Request(
            method=self.command,
            path=parts.path,
            segments=tuple(unquote(part) for part in parts.path.strip("/").split("/")),
            query={key: values[-1] for key, values in parse_qs(parts.query, keep_blank_values=True).items()},
            headers=_lower(self.headers),
            body=self.rfile.read(length),
        )

    do_GET = do_POST = do_PUT = do_DELETE = _serve

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are recorded, not printed."""


def _lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
