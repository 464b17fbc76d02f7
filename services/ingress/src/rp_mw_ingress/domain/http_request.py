"""One HTTP request as API Gateway hands it over (HTTP API, payload format 2.0), reduced to what is used."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from rp_mw_ingress.domain.errors import RequestRefused
from rp_mw_ingress.domain.reasons import Refusal

MAX_BODY_BYTES = 32 * 1024

_JSON_MEDIA_TYPE = re.compile(r'application/json\s*(?:;\s*charset\s*=\s*"?utf-?8"?\s*)?', re.IGNORECASE)


class HttpRequest(NamedTuple):
    """Method, path without the stage, headers with lower-case names, and the body still as API Gateway encoded it."""

    method: str
    path: str
    headers: Mapping[str, str]
    encoded_body: str
    is_base64: bool


def to_http_request(event: Mapping[str, Any]) -> HttpRequest:
    """Read the request out of an API Gateway event; what is missing becomes empty.

    Source: AWS, "Create AWS Lambda proxy integrations for HTTP APIs", payload format version 2.0.
    """
    context = event.get("requestContext") or {}
    http = context.get("http") or {}
    headers = event.get("headers") or {}
    path = str(event.get("rawPath") or http.get("path") or "/")
    stage = context.get("stage")
    if stage and stage != "$default" and path.startswith(f"/{stage}/"):
        path = path[len(stage) + 1 :]
    return HttpRequest(
        method=str(http.get("method") or "").upper(),
        path=path,
        headers={str(name).lower(): str(value) for name, value in headers.items()},
        encoded_body=event.get("body") or "",
        is_base64=bool(event.get("isBase64Encoded")),
    )


def require_body(request: HttpRequest, max_body_bytes: int = MAX_BODY_BYTES) -> bytes:
    """Return the body's bytes; raises RequestRefused when they are too many or not decodable."""
    encoded = request.encoded_body
    # Four characters of base64 carry three bytes; refused by length before anything is decoded.
    limit = (max_body_bytes + 2) // 3 * 4 if request.is_base64 else max_body_bytes
    if len(encoded) > limit:
        raise RequestRefused(Refusal.BODY_TOO_LARGE)
    try:
        body = base64.b64decode(encoded, validate=True) if request.is_base64 else encoded.encode()
    except (binascii.Error, ValueError) as error:
        raise RequestRefused(Refusal.MALFORMED_BODY) from error
    if len(body) > max_body_bytes:
        raise RequestRefused(Refusal.BODY_TOO_LARGE)
    return body


def require_json_media_type(headers: Mapping[str, str]) -> None:
    """Raise RequestRefused unless the body is declared as uncompressed UTF-8 JSON.

    A header that was sent twice arrives joined by commas, and then every part has to say so. Source: AWS, payload
    format version 2.0, "duplicate headers are combined with commas".
    """
    declared = headers.get("content-type", "").split(",")
    is_json = all(_JSON_MEDIA_TYPE.fullmatch(part.strip()) for part in declared)
    is_plain = headers.get("content-encoding", "identity").strip().lower() in ("", "identity")
    if not (is_json and is_plain):
        raise RequestRefused(Refusal.UNSUPPORTED_MEDIA_TYPE)
