"""Lambda's entry point: batches of the events queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rp_mw_worker import wiring

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

wiring.warm_up_in_lambda()


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Run one batch and return the partial batch response."""
    return wiring.worker().handle(event, context.get_remaining_time_in_millis)
