"""Lambda's entry point: batches of the events queue."""

from __future__ import annotations

from typing import Any

from rp_mw_worker import wiring

wiring.warm_up_in_lambda()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Run one batch and return the partial batch response."""
    return wiring.worker().handle(event, context.get_remaining_time_in_millis)
