"""Lambda's entry point: API Gateway HTTP API, payload format 2.0."""

from __future__ import annotations

from typing import Any

from rp_mw_ingress import wiring
from rp_mw_shared.cold_start import build_in_lambda
from rp_mw_shared.observability import invocation

build_in_lambda(wiring.ingress, service="ingress")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one webhook or health check."""
    with invocation(context):
        return wiring.ingress().handle(event)
