"""What the ingress says back: small JSON bodies that never repeat anything of the request."""

from __future__ import annotations

import json
from typing import Any

from rp_mw_ingress.domain.reasons import IgnoreReason, Refusal

Answer = dict[str, Any]

RETRY_AFTER_SECONDS = 5
_JSON = "application/json"
_PROBLEM = "application/problem+json"
_ACCEPTED = json.dumps({"status": "accepted"})


def to_accepted() -> Answer:
    """Return the 200 for a message the queue took."""
    return _answer(200, _JSON, _ACCEPTED)


def to_ignored(reason: IgnoreReason) -> Answer:
    """Return the 200 for a message that is nobody's work."""
    return _answer(200, _JSON, json.dumps({"status": "ignored", "reason": reason.value}))


def to_healthy() -> Answer:
    """Return the 200 of the health check."""
    return _answer(200, _JSON, json.dumps({"status": "ok"}))


def to_problem(refusal: Refusal, **headers: str) -> Answer:
    """Return the problem document for `refusal`. Source: RFC 9457, problem details for HTTP APIs."""
    problem = {"type": "about:blank", "title": refusal.title, "status": refusal.status, "code": refusal.code}
    if refusal.status == 503:
        headers = {**headers, "retry-after": str(RETRY_AFTER_SECONDS)}
    return _answer(refusal.status, _PROBLEM, json.dumps(problem), headers)


def _answer(status: int, content_type: str, body: str, headers: dict[str, str] | None = None) -> Answer:
    return {
        "statusCode": status,
        "headers": {"content-type": content_type, "cache-control": "no-store", **(headers or {})},
        "body": body,
        "isBase64Encoded": False,
    }
