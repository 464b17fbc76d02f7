"""Everything the product reaches the world through, replaced at its source for one process.

    botocore's session   every client any wiring makes            AWS in memory
    httpx2's transport    every VendorHttp                         the vendors' simulators, in process
    OpenAI's client      the transport below the real SDK         the simulator, in process
    SystemClock          wall clock, monotonic clock, sleep       the world's clock
    sockets              forbidden: what is not behind a switch fails the run

So the points are discovered from the wiring: a client that somebody adds tomorrow is behind the switchboard already.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, unquote, urlsplit

import botocore.session
import httpx2
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

import rp_mw_shared.clients.deadline_transport
from rp_mw_local.simulators.server import Request, Response
from rp_mw_shared.clients.deadline_transport import take_look
from rp_mw_shared.clock import SystemClock
from rp_mw_worker.policy_engine import PolicyEngine
from tests.faults.memory_dynamodb import refused
from tests.faults.switchboard import Action, Call, Killed, Kind
from tests.faults.world import World

_AWS_READS = ("Get", "BatchGet", "Describe", "List")
_CURRENT: list[World] = []


def current() -> World:
    """Return the world the process is in."""
    return _CURRENT[-1]


@contextmanager
def inside(world: World) -> Iterator[World]:
    """Make `world` the one the product reaches."""
    _CURRENT.append(world)
    try:
        yield world
    finally:
        _CURRENT.pop()


@contextmanager
def installed() -> Iterator[None]:
    """Replace the world outside for this process; build wirings and run them only inside."""
    patches = [
        mock.patch.object(botocore.session, "get_session", _Session),
        mock.patch.object(rp_mw_shared.clients.deadline_transport, "DeadlineTransport", _Transport),
        mock.patch.object(SystemClock, "now_epoch_ms", lambda self: current().clock.now_epoch_ms()),
        mock.patch.object(SystemClock, "monotonic", lambda self: current().clock.monotonic()),
        mock.patch.object(SystemClock, "sleep", lambda self, seconds: _wait(current(), seconds)),
        mock.patch.object(socket.socket, "connect", _no_socket),
        *_remembered(),
    ]
    for patch in patches:
        patch.start()
    try:
        yield
    finally:
        for patch in patches:
            patch.stop()


def _wait(world: World, seconds: float) -> None:
    """Let the product wait: what it looked up before may not hold any more, and the switch may be thrown meanwhile."""
    if seconds <= 0:
        return
    call = Call(world.role, "clock", "sleep", Kind.WAIT, lambda _: world.clock.sleep(seconds))
    world.waited()
    world.board.pass_through(world, call, lambda: world.clock.sleep(seconds))


def _no_socket(self: socket.socket, address: Any) -> None:
    raise AssertionError("a call to the world outside that is not behind a switch")


def _remembered() -> list[Any]:
    """Pure and slow: reading the policy, reading text. Equal input, equal answer, so each is worked out once."""
    from rp_mw_worker import wiring
    from rp_mw_worker.classifiers.english import load_english_classifier
    from rp_mw_worker.policy import loader
    from tests.faults.stories import with_assignees

    policy = with_assignees(loader.load_policy())
    shared = load_english_classifier(policy.tier0_labels)
    classify = cache(shared.classify)

    class Embedded:
        def __init__(self, engine: Any) -> None:
            del engine

        def classify(self, text: str, deadline: float | None = None, subject: str = "") -> Any:
            return classify(text)

    class RememberingEngine(PolicyEngine):
        screen = cache(PolicyEngine.screen)
        entities = cache(PolicyEngine.entities)
        redact = cache(PolicyEngine.redact)
        read_body = cache(PolicyEngine.read_body)

    engine = RememberingEngine(policy)
    return [
        mock.patch.object(loader, "load_policy", lambda: policy),
        mock.patch.object(wiring, "PolicyEngine", lambda policy: engine),
        mock.patch.object(wiring, "_make_embedded", Embedded),
        mock.patch.object(wiring, "_make_english", Embedded),
        mock.patch("openai.OpenAI", _openai_maker()),
    ]


class _Session:
    """Stands for botocore's session: `create_client` gives a client in memory behind the switchboard."""

    def create_client(self, service: str, **settings: Any) -> Any:
        """Return the client of a service."""
        return _Client(service)


class _Client:
    """One AWS client: every operation is a call through the switchboard."""

    def __init__(self, service: str) -> None:
        self._service = service

    def __getattr__(self, method: str) -> Callable[..., Any]:
        operation = "".join(part.capitalize() for part in method.split("_"))
        kind = Kind.READ if operation.startswith(_AWS_READS) else Kind.WRITE
        extra: tuple[Action, ...] = ()
        if kind is Kind.WRITE and self._service == "dynamodb":
            extra = (
                (Action.REJECT, Action.PARTIAL, Action.TORN)
                if operation == "BatchExecuteStatement"
                else (Action.REJECT,)
            )

        def call(**arguments: Any) -> Any:
            world = current()

            def fail(action: Action) -> Any:
                return _aws_failure(world, action, operation, arguments)

            made = Call(world.role, self._service, operation, kind, fail, extra)
            return world.board.pass_through(world, made, lambda: getattr(world.aws(self._service), method)(**arguments))

        return call


def client(service: str) -> Any:
    """Return an AWS client behind the switchboard, for code that is not built by a wiring here."""
    return _Client(service)


def _aws_failure(world: World, action: Action, operation: str, arguments: dict[str, Any]) -> Any:
    if action is Action.THROTTLE:
        raise refused("ThrottlingException", operation)
    if action is Action.REJECT:
        raise refused("ValidationException", operation)
    if action is Action.PARTIAL:
        return _throttle_last_statement(world, arguments)
    if action is Action.TORN:
        world.aws("dynamodb").batch_execute_statement(Statements=arguments["Statements"][:1])
        raise Killed
    world.pass_seconds(5)
    if action is Action.LOSE:
        raise ReadTimeoutError(endpoint_url="https://aws.invalid")
    raise EndpointConnectionError(endpoint_url="https://aws.invalid")


def _throttle_last_statement(world: World, arguments: dict[str, Any]) -> Any:
    """All statements but the last one are carried out."""
    *first, _ = arguments["Statements"]
    answers = world.aws("dynamodb").batch_execute_statement(Statements=first)["Responses"] if first else []
    return {"Responses": [*answers, {"Error": {"Code": "ThrottlingError", "Message": "slow down"}}]}


class _Transport(httpx2.BaseTransport):
    """Stands for the network below httpx2: the request goes to the vendor's simulator in this process."""

    def __init__(self, clock: Any) -> None:
        del clock

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request; raises httpx2's exceptions."""
        world = current()
        asked = _to_request(request.method, str(request.url), dict(request.headers), request.read())
        seconds = float(request.extensions.get("timeout", {}).get("read") or 5.0)
        service, operation, kind = _vendor_call(asked)
        take_look(request)
        attempt = world.request_left(operation, asked) if service == "richpanel" else None

        def fail(action: Action) -> Response:
            world.witness.failed(attempt, action)
            if action is Action.NO_EFFECT:
                return world.inert_answer(asked)
            return _http_failure(world, action, seconds)

        extra: tuple[Action, ...] = (Action.REJECT, Action.GARBAGE, Action.ERROR)
        if service == "richpanel" and kind is not Kind.READ:
            extra += (Action.NO_EFFECT,)
        made = Call(world.role, service, operation, kind, fail, extra)
        answer = world.board.pass_through(world, made, lambda: world.vendor_answer(service, asked))
        world.witness.answered(operation, asked, answer, world.clock.now_epoch_ms(), attempt)
        if answer.lost:
            raise httpx2.ReadTimeout("no answer", request=request)
        body = answer.body[: len(answer.body) // 2] if answer.cut else answer.body
        return httpx2.Response(answer.status, headers=answer.headers, content=body)


def _vendor_call(request: Request) -> tuple[str, str, Kind]:
    """Return the vendor, what is asked of it, and what that does there."""
    if request.segments[0] == "admin":
        return "shopify", request.segments[-1], Kind.READ
    _, kind_of_thing, *rest = request.segments
    if request.method == "GET" and kind_of_thing == "tickets" and not rest:
        return "richpanel", "list_tickets", Kind.READ
    if request.method == "GET":
        return "richpanel", f"get_{'ticket' if kind_of_thing == 'tickets' else kind_of_thing}", Kind.READ
    if rest[1:] == ["send-message"]:
        return "richpanel", "reply", Kind.ONCE
    if request.method == "POST" and kind_of_thing == "tickets":
        return "richpanel", "create_ticket", Kind.WRITE
    ticket = json.loads(request.body).get("ticket", {}) if kind_of_thing == "tickets" else {}
    if "comment" in ticket:
        return "richpanel", "reply" if ticket["comment"]["public"] else "note", Kind.ONCE
    return "richpanel", rest[1] if rest[1:] else "_".join(["put", *ticket]), Kind.WRITE


def _http_failure(world: World, action: Action, seconds: float) -> Response:
    if action is Action.THROTTLE:
        return Response(429, b'{"error":{"message":"Too many requests"}}', {"Retry-After": "2"})
    if action is Action.REJECT:
        return Response(400, b'{"error":{"message":"Bad request"}}', {})
    if action is Action.ERROR:
        return Response(503, b"<html>Unavailable</html>", {"Content-Type": "text/html"})
    if action is Action.GARBAGE:
        return Response(502, b"<html>Bad gateway</html>", {"Content-Type": "text/html"})
    if action is Action.LOSE:
        world.pass_seconds(seconds)
        raise httpx2.ReadTimeout("no answer came")
    world.pass_seconds(3)
    raise httpx2.ConnectTimeout("no connection")


def _to_request(method: str, url: str, headers: dict[str, str], body: bytes) -> Request:
    parts = urlsplit(url)
    return Request(
        method=method,
        path=parts.path,
        segments=tuple(unquote(part) for part in parts.path.strip("/").split("/")),
        query={key: values[-1] for key, values in parse_qs(parts.query).items()},
        headers={name.lower(): value for name, value in headers.items()},
        body=body,
    )


def _openai_maker() -> Callable[..., Any]:
    """Return what makes the real SDK's client over a transport of this process."""
    import httpx2
    import openai

    real = openai.OpenAI

    class Transport(httpx2.BaseTransport):
        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            world = current()
            asked = _to_request(request.method, str(request.url), dict(request.headers), request.read())
            extra = (Action.REJECT, Action.GARBAGE, Action.ERROR)
            made = Call(
                world.role, "openai", "responses", Kind.READ, lambda action: _model_failure(world, action), extra
            )
            answer = world.board.pass_through(world, made, lambda: world.vendor_answer("openai", asked))
            return httpx2.Response(answer.status, headers=answer.headers, content=answer.body)

    def make(**settings: Any) -> Any:
        settings["http_client"].close()
        return real(**settings | {"http_client": httpx2.Client(transport=Transport())})

    return make


def _model_failure(world: World, action: Action) -> Response:
    import httpx2

    if action is Action.THROTTLE:
        return Response(429, b'{"error":{"message":"slow down"}}', {"retry-after-ms": "700"})
    if action is Action.REJECT:
        return Response(400, b'{"error":{"message":"bad"}}', {})
    if action is Action.ERROR:
        return Response(503, b'{"error":{"message":"overloaded"}}', {})
    if action is Action.GARBAGE:
        return Response(200, b"<html>hello</html>", {"Content-Type": "text/html"})
    world.pass_seconds(2)
    if action is Action.LOSE:
        raise httpx2.ReadTimeout("no answer came")
    raise httpx2.ConnectError("no connection")
