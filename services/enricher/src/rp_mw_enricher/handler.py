"""Lambda's entry point: the enrichment queue, partial batch answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rp_mw_enricher import wiring
from rp_mw_shared.cold_start import build_in_lambda
from rp_mw_shared.observability import invocation

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

build_in_lambda(wiring.enricher_function, service="enricher")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Answer one batch of enrichment requests."""
    with invocation(context):
        return wiring.enricher_function().handle_batch(event, context.get_remaining_time_in_millis)
