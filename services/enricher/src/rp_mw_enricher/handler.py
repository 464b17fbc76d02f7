"""Lambda's entry point: the enrichment queue, partial batch answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rp_mw_enricher import wiring

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Answer one batch of enrichment requests."""
    return wiring.enricher_function().handle_batch(event, context.get_remaining_time_in_millis)
