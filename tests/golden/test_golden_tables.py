"""Delivery windows, routing confidence and the screen, against tables worked out by hand."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from rp_mw_shared.messages.types import OrderFacts
from rp_mw_worker.domain.delivery_window import DeliveryWindow, delivery_window
from rp_mw_worker.domain.interpretation import routing_confidence
from rp_mw_worker.domain.model import Intent
from rp_mw_worker.domain.screen import screen
from tests.fakes.policy import load_policy
from tests.golden.golden_cases import read_table

POLICY = load_policy()
NEW_YORK = ZoneInfo("America/New_York")
Row = dict[str, str]


def epoch_ms(text: str) -> int | None:
    """A New York wall clock time."""
    if not text:
        return None
    return int(datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).timestamp() * 1000)


@pytest.mark.parametrize("row", read_table("windows.csv"), ids=lambda row: row["case"])
def test_the_delivery_window_is_the_one_counted_by_hand(row: Row) -> None:
    """Business days, cut-off, holidays of both ends, weekends, estimates and unknowns."""
    order = OrderFacts(
        order_id="1",
        name="#1001",
        created_at_epoch_ms=epoch_ms(row["ordered"]) or 0,
        fulfillment_status="UNFULFILLED",
        shipping_method=row["method"] or None,
        destination_country=row["country"] or None,
        shipped_at_epoch_ms=epoch_ms(row["shipped"]),
        estimated_delivery_at_epoch_ms=epoch_ms(row["estimated"]),
    )
    expected = None
    if row["latest"]:
        expected = DeliveryWindow(date.fromisoformat(row["earliest"]), date.fromisoformat(row["latest"]))
    assert delivery_window(order, POLICY) == expected


@pytest.mark.parametrize("row", read_table("confidence.csv"), ids=lambda row: row["case"])
def test_the_routing_confidence_is_the_one_counted_by_hand(row: Row) -> None:
    """Top score, less margin, shortness and rivals."""
    intents = [Intent(f"label_{place}", float(score)) for place, score in enumerate(row["scores"].split())]
    assert routing_confidence(intents, int(row["words"]), POLICY.settings.penalties) == float(row["confidence"])


@pytest.mark.parametrize("row", read_table("screen.csv"), ids=lambda row: row["why"] + ": " + row["text"][:30])
def test_the_screen_finds_what_a_person_would(row: Row) -> None:
    """Disguised words are found, look-alike words and the company's own quoted words are not."""
    assert screen(row["text"], POLICY.screen, row["language"] or "en") == frozenset(row["categories"].split())


def test_every_category_of_the_screen_has_a_row() -> None:
    """No category is left that no row shows."""
    shown = {name for row in read_table("screen.csv") for name in row["categories"].split()}
    assert shown == set(POLICY.screen.categories)
