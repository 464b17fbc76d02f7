"""Just enough of SQS and Secrets Manager over HTTP for a client of one queue and a few secrets."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from tests.fakes.http_stub import HttpStub, StubReply, StubRequest

_JSON = {"content-type": "application/x-amz-json-1.0"}


class AwsStub:
    """Answers SendMessage, ChangeMessageVisibility and GetSecretValue; `failures` are answered first, in order."""

    def __init__(self) -> None:
        self.secrets: dict[str, Any] = {}
        self.failures: list[StubReply] = []
        self.http = HttpStub(self._answer)

    def calls(self, operation: str) -> list[Any]:
        """The parsed bodies of the calls to one operation."""
        return [request.json() for request in self.http.requests if _operation(request) == operation]

    def fail_next(self, status: int, code: str) -> None:
        """Answer the next call with an AWS error."""
        self.failures.append(StubReply(status, json.dumps({"__type": code, "message": "no"}).encode(), _JSON))

    def _answer(self, request: StubRequest) -> StubReply:
        if self.failures:
            return self.failures.pop(0)
        return StubReply(200, json.dumps(self._result(_operation(request), request.json())).encode(), _JSON)

    def _result(self, operation: str, call: Any) -> Any:
        if operation == "GetSecretValue":
            return {"Name": call["SecretId"], "SecretString": json.dumps(self.secrets[call["SecretId"]])}
        if operation == "SendMessage":
            digest = hashlib.md5(call["MessageBody"].encode(), usedforsecurity=False).hexdigest()
            return {"MessageId": "m-1", "MD5OfMessageBody": digest, "SequenceNumber": "1"}
        return {}


def _operation(request: StubRequest) -> str:
    return request.headers.get("x-amz-target", "").partition(".")[2]
