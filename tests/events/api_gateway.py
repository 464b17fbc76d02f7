"""API Gateway HTTP API events (payload format 2.0) for the ingress."""

from __future__ import annotations

import base64
import json
from typing import Any

TOKEN = "a-long-random-webhook-token"
TRACE_HEADER = "Root=1-67891233-abcdef012345678912345678;Sampled=0"


def api_event(
    body: bytes | str | None = b"",
    *,
    method: str = "POST",
    path: str = "/v1/richpanel/events",
    headers: dict[str, str] | None = None,
    stage: str = "$default",
    is_base64: bool = False,
) -> dict[str, Any]:
    """One request as API Gateway hands it over; bytes that are no UTF-8 travel as base64, like there."""
    text = body
    if isinstance(body, bytes):
        try:
            text = body.decode()
        except UnicodeDecodeError:
            is_base64 = True
        if is_base64:
            text = base64.b64encode(body).decode()
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json", "x-middleware-token": TOKEN} if headers is None else headers,
        "requestContext": {
            "stage": stage,
            "requestId": "JKJaXmPLvHcESHA=",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
        },
        "body": text,
        "isBase64Encoded": is_base64,
    }


def webhook(payload: Any, **options: Any) -> dict[str, Any]:
    """One webhook with `payload` as its JSON body."""
    return api_event(json.dumps(payload).encode(), **options)


FULL_PAYLOAD: dict[str, Any] = {
    "ticket_id": "<CAxyz+1@mail.example.com>",
    "message_id": "c1",
    "text": "Where is order #1001?",
    "channel": "email",
    "customer": {"email": "ana@example.com", "phone": "+15550100", "name": "Ana"},
    "created_at": "2026-11-02T14:03:11.337Z",
    "attachments": [{"content_type": "image/png", "size_bytes": 1200, "url": "https://files.example.com/1"}],
    "is_operator": False,
    "sender_type": "customer",
    "trigger": "customer sends a new message",
    "unknown_field": {"anything": [1, 2, 3]},
}
