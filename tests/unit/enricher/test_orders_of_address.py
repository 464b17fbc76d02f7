"""An order found by an address: exactly that address, exactly one that could be meant."""

from __future__ import annotations

from typing import Any

import pytest

from rp_mw_enricher.domain.answer import LookupAnswer, LookupFailed, Outcome
from rp_mw_enricher.domain.orders_of_address import choose_order, find_email_search
from rp_mw_enricher.domain.queries import PAGE_SIZE
from rp_mw_shared.messages.types import OrderFacts
from rp_mw_shared.times import MS_PER_DAY
from tests.events.shopify_answers import EMAIL, order, page
from tests.fakes.enricher_bench import ShopBench
from tests.fakes.http_stub import HttpStub

NOW = 1_795_000_000_000


def facts(days_ago: int, **fields: Any) -> OrderFacts:
    """An order of so many days ago, on its way unless said otherwise."""
    created = NOW - days_ago * MS_PER_DAY
    values: dict[str, Any] = {"order_id": str(days_ago), "name": f"#{days_ago}", "created_at_epoch_ms": created}
    return OrderFacts(**(values | {"fulfillment_status": "FULFILLED", "financial_status": "PAID"} | fields))


ARRIVED: dict[str, Any] = {"delivered_at_epoch_ms": NOW - MS_PER_DAY, "delivery_status": "DELIVERED"}
CANCELLED: dict[str, Any] = {"cancelled_at_epoch_ms": NOW - MS_PER_DAY, "fulfillment_status": "UNFULFILLED"}


@pytest.mark.parametrize(
    ("orders", "outcome", "name"),
    [
        ([], Outcome.NOT_FOUND, None),
        ([facts(3)], Outcome.FOUND, "#3"),
        ([facts(3), facts(20, **ARRIVED), facts(50, **ARRIVED)], Outcome.FOUND, "#3"),
        ([facts(3), facts(5)], Outcome.AMBIGUOUS, None),
        ([facts(20, **ARRIVED)], Outcome.FOUND, "#20"),
        ([facts(20, **ARRIVED), facts(30, **ARRIVED)], Outcome.AMBIGUOUS, None),
        ([facts(20, **ARRIVED), facts(70, **ARRIVED)], Outcome.FOUND, "#20"),
        ([facts(70, **ARRIVED)], Outcome.NOT_FOUND, None),
        ([facts(3), facts(90)], Outcome.FOUND, "#3"),  # sent without tracking long ago: nobody says that it arrived
        ([facts(3), facts(4, **CANCELLED)], Outcome.FOUND, "#3"),
        ([facts(4, **CANCELLED)], Outcome.FOUND, "#4"),
        ([facts(3), facts(2, financial_status="REFUNDED")], Outcome.FOUND, "#3"),
        ([facts(3), facts(2, is_test=True)], Outcome.FOUND, "#3"),
        ([facts(90, fulfillment_status="UNFULFILLED"), facts(10, **ARRIVED)], Outcome.FOUND, "#90"),
    ],
)
def test_the_only_open_order_is_meant_or_the_only_recent_one(
    orders: list[OrderFacts], outcome: Outcome, name: str | None
) -> None:
    """Never one of several."""
    answer = choose_order(orders, NOW)
    assert (answer.outcome, answer.order and answer.order.name) == (outcome, name)


@pytest.mark.parametrize("address", ['a"b@x.example', "a@x", "a b@x.example", 'ana@x.example" OR name:"#1', "", "1001"])
def test_nothing_leaves_the_quotes_of_the_search(address: str) -> None:
    """An address that could is not searched for."""
    assert find_email_search(address) is None


def by_email(shop: HttpStub, address: str = EMAIL) -> LookupAnswer:
    """The answer to a lookup by address."""
    return ShopBench(shop).orders.load_by_email(address, 8.0)


def test_the_address_is_a_variable_of_one_search(shop: HttpStub) -> None:
    """One call, one page; nothing of the address in the query's text."""
    shop.reply(200, page(order()))
    answer = by_email(shop)
    [request] = shop.requests
    assert request.json()["variables"] == {"search": f'email:"{EMAIL}"', "first": PAGE_SIZE, "after": None}
    assert EMAIL not in request.json()["query"]
    assert answer.outcome is Outcome.FOUND


def test_an_order_of_another_address_is_none_of_this_ones(shop: HttpStub) -> None:
    """The search is loose; the digests are compared here."""
    other = {"email": f"x{EMAIL}", "phone": None, "customer": None}
    shop.reply(200, page(order(**other)))
    assert by_email(shop).outcome is Outcome.NOT_FOUND


def test_more_than_a_page_is_several(shop: HttpStub) -> None:
    """What the next page holds nobody has seen."""
    shop.reply(200, page(order(), next_cursor="c1"))
    assert by_email(shop).outcome is Outcome.AMBIGUOUS


def test_what_is_no_address_is_not_asked_for(shop: HttpStub) -> None:
    """It fails with a reason, without a call."""
    with pytest.raises(LookupFailed) as failed:
        by_email(shop, 'a" OR name:"#1')
    assert failed.value.reason.value == "invalid_lookup_value"
    assert shop.requests == []
