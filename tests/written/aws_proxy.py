"""Stands between the functions and the embedded AWS: passes every call on, and does to chosen ones what AWS may do."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.fakes.http_stub import HttpStub, StubReply, StubRequest

_JSON = {"content-type": "application/x-amz-json-1.0"}
_HOP_BY_HOP = {"host", "content-length", "connection", "accept-encoding", "expect"}
_SECONDS = 30.0
_THROTTLED = {"Error": {"Code": "ThrottlingError", "Message": "no"}}
Forward = Callable[[StubRequest], StubReply]
Act = Callable[[StubRequest, Forward], StubReply]


@dataclass(slots=True)
class _Rule:
    operation: str
    containing: str
    act: Act
    times: int


class AwsProxy(HttpStub):
    """Forwards to `endpoint_url`. `on(...)` arms a fault for calls of one operation, whose body holds a text."""

    def __init__(self, endpoint_url: str) -> None:
        super().__init__(self._respond)
        self._endpoint_url = endpoint_url
        self._rules: list[_Rule] = []

    def on(self, operation: str, act: Act, *, containing: str = "", times: int = 1) -> None:
        """Do `act(request, forward)` to the next `times` calls of an operation (`GetSecretValue`)."""
        self._rules.append(_Rule(operation, containing, act, times))

    def clear(self) -> None:
        """Disarm everything."""
        self._rules.clear()

    def _respond(self, request: StubRequest) -> StubReply:
        operation = request.headers.get("x-amz-target", "").rpartition(".")[2]
        for rule in self._rules:
            if rule.operation == operation and rule.containing.encode() in request.body:
                rule.times -= 1
                if rule.times <= 0:
                    self._rules.remove(rule)
                return rule.act(request, self._forward)
        return self._forward(request)

    def _forward(self, request: StubRequest) -> StubReply:
        headers = {name: value for name, value in request.headers.items() if name not in _HOP_BY_HOP}
        passed = urllib.request.Request(
            self._endpoint_url + request.path, data=request.body, headers=headers, method=request.method
        )
        try:
            with urllib.request.urlopen(passed, timeout=_SECONDS) as answer:
                return StubReply(answer.status, answer.read(), _kept(answer.headers))
        except urllib.error.HTTPError as error:
            with error:
                return StubReply(error.code, error.read(), _kept(error.headers))


def _kept(headers: Any) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower().startswith(("content-type", "x-amz"))}


def refuse(code: str, status: int = 400) -> Act:
    """AWS's own error answer; the call has no effect."""
    body = json.dumps({"__type": code, "message": "no"}).encode()
    return lambda request, forward: StubReply(status, body, _JSON)


def answer(result: Any) -> Act:
    """An answer of our choosing; the call has no effect."""
    return lambda request, forward: StubReply(200, json.dumps(result).encode(), _JSON)


def throttle_first_statement(request: StubRequest, forward: Forward) -> StubReply:
    """A batch whose first statement took effect, but is said to be throttled."""
    reply = forward(request)
    result = json.loads(reply.body)
    result["Responses"][0] = _THROTTLED
    return replace(reply, body=json.dumps(result).encode())


def throttle_table(name: str) -> Act:
    """Batches in which no statement on one table takes effect: those are throttled, the others pass."""

    def act(request: StubRequest, forward: Forward) -> StubReply:
        asked = request.json()
        passed = [one for one in asked["Statements"] if f'"{name}"' not in one["Statement"]]
        answered = []
        if passed:
            body = json.dumps(asked | {"Statements": passed}).encode()
            answered = json.loads(forward(replace(request, body=body)).body)["Responses"]
        told = [_THROTTLED if f'"{name}"' in one["Statement"] else answered.pop(0) for one in asked["Statements"]]
        return StubReply(200, json.dumps({"Responses": told}).encode(), _JSON)

    return act
