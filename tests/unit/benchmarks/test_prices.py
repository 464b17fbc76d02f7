"""Dollars per million, against sums worked out by hand."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from benchmarks.counting import Cost
from benchmarks.prices import bill_of_mix, load_prices, to_prices, usd_of


def priced(**changes: Any) -> dict[str, Any]:
    """A price file with round numbers."""
    entry = {"source": "here", "read": "2026-01-01"}
    return {
        "prices": {
            "dynamodb_write_per_million": {"usd": 1.0, **entry},
            "dynamodb_read_per_million": {"usd": 0.1, **entry},
            "sqs_fifo_per_million": {"usd": 0.5, **entry},
            "secrets_per_10_thousand": {"usd": 0.05, **entry},
        },
        "mix": {"one": 1, "dropped repeat": 1},
        "messages_per_receive": 1,
        "secret_reads_per_refresh": 0,
        "secret_refresh_seconds": 300,
        "events_per_hour": 3600,
    } | changes


def test_an_event_costs_its_units_and_its_queue_calls() -> None:
    """Four writes, three reads; the ingress's send, the worker's receive and delete."""
    prices = to_prices(priced())
    usd = usd_of(Cost(Counter(), 4, 3), 1, prices)
    assert usd["dynamodb"] * 1e6 == pytest.approx(4.3)
    assert usd["sqs"] * 1e6 == pytest.approx(1.5)
    assert usd["secrets"] == 0


def test_an_enriched_event_pays_for_its_three_queue_messages() -> None:
    """Webhook, request, result: three sends, three receives, three deletes."""
    usd = usd_of(Cost(Counter({"sqs.SendMessage": 2})), 3, to_prices(priced()))
    assert usd["sqs"] * 1e6 == pytest.approx(4.5)


def test_a_repeat_that_the_queue_drops_costs_its_send_only() -> None:
    """The mix's average lies between."""
    bill = bill_of_mix({"one": Cost(Counter(), 2)}, to_prices(priced()))
    assert bill["by_kind"]["dropped repeat"] == pytest.approx(0.5)
    assert bill["total_usd_per_million"] == pytest.approx((2 + 1.5 + 0.5) / 2)


def test_secret_reads_are_spread_over_the_events_between_two_refreshes() -> None:
    """3,600 an hour are 300 in five minutes; fewer than one event never costs more than a whole refresh."""
    assert to_prices(priced(secret_reads_per_refresh=3)).secret_reads_per_event == pytest.approx(0.01)
    assert to_prices(priced(secret_reads_per_refresh=3, events_per_hour=1)).secret_reads_per_event == 3


def test_a_price_without_source_or_date_is_refused() -> None:
    """Numbers nobody can check are worth nothing."""
    raw = priced()
    del raw["prices"]["sqs_fifo_per_million"]["source"]
    with pytest.raises(ValueError, match="sqs_fifo_per_million"):
        to_prices(raw)


def test_the_price_file_is_readable_and_complete() -> None:
    """As it is in the repository."""
    assert load_prices().write_unit > 0
