"""Lambda's entry point: batches of the events queue, and the schedule's sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rp_mw_shared.cold_start import build_in_lambda
from rp_mw_shared.observability import invocation
from rp_mw_worker import wiring

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

build_in_lambda(wiring.worker, service="worker")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Run one batch, or the sweep the schedule asks for."""
    with invocation(context):
        return wiring.handle(event, context.get_remaining_time_in_millis)
