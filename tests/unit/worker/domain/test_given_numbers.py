"""The order number a customer gave: every form of it is found, and no other number is one."""

from __future__ import annotations

import time

import pytest

from rp_mw_shared.redaction.orders import find_orders
from rp_mw_worker.domain.entities import find_entities, order_numbers
from tests.fakes.policy import load_policy

PATTERNS = load_policy().settings.order_number_patterns


def numbers_in(text: str) -> tuple[str, ...]:
    """The order numbers of a text under the shipped policy."""
    return order_numbers(find_entities(text, PATTERNS))


GIVEN = {
    "1001 thanks": "1001",
    "Mine is 10017.": "10017",
    "the number is 20033, thanks so much": "20033",
    "Hi, it is 3005. Thank you, Ana": "3005",
    "sure! 20017": "20017",
    "Number: 4021": "4021",
    "10017 Ana Diaz": "10017",
    "10017\n\nAna Diaz": "10017",
    "20033\n\nKind regards,\nBo Lee": "20033",
    "20033 - ordered on Nov 3": "20033",
    "UK-20033": "UK-20033",
    "Danke, meine Nummer ist 20033": "20033",
    "Mi número es 20033, gracias": "20033",
    "Where is #S24-10017?": "S24-10017",
    "Where is order #W5-2201?": "W5-2201",
    "Where is order 2,417?": "2417",
    "Where is PO 4471?": "4471",
    "PO# 4471 status": "4471",
    "Where is US1001?": "US1001",
    "Where is #WINTER20491?": "WINTER20491",
    "order #57 has not come": "57",
    "Order#2044where is it": "2044",
    "my confirmation code is 8KQ2M4XPZ": "8KQ2M4XPZ",
    "Meine Bestellnummer lautet 2044": "2044",
    "Auftrag 2044 fehlt": "2044",
    "注文番号 2044": "2044",
    "订单号：2044": "2044",
    "주문번호 2044": "2044",
    "order ref #7781234": "7781234",
}


@pytest.mark.parametrize(("text", "number"), GIVEN.items(), ids=GIVEN.keys())
def test_a_given_number_is_found_in_any_of_its_forms(text: str, number: str) -> None:
    """As an answer, with a prefix, with a comma, with a name below it, in other languages."""
    assert numbers_in(text) == (number,)


def test_a_range_of_orders_names_both_ends() -> None:
    """After a plural; `2026-10017` stays one number."""
    assert numbers_in("orders 1001-1004 are missing") == ("1001", "1004")
    assert numbers_in("Where is order 2026-10017?") == ("2026-10017",)


OTHERS = (
    *("deliver it to apt #1204 please", "unit #2210 is my door", "card #4242", "my card ending #4242", "case #7781234"),
    *(
        "I wrote before, ticket #55123",
        "Ref #7781234 from DHL",
        "the colour #112233 please",
        "room #1408",
        "gate code #4455",
    ),
    *(
        "I'd like to order 1500 units",
        "my order of 2500 pieces",
        "I ordered 1000 grams of tea",
        "order 1200 euros of it",
    ),
    *("I ordered in 2025", "to zip 90210", "02110 is my zip code", "born 1951", "serial number SN10017", "model #3000"),
    *("suite #1100, 5th Avenue", "invoice 10017 has the wrong VAT", "my voucher #2024 fails", "call 6175550134"),
    "1200 dollars",
)


@pytest.mark.parametrize("text", OTHERS)
def test_no_other_number_is_an_order(text: str) -> None:
    """Apartments, cards, cases, colours, amounts, years and postcodes."""
    assert numbers_in(text) == ()


@pytest.mark.parametrize(
    "unit",
    ["order ", "order 1,001", "#1", "1001 ", "a1-", "my number is ", "PO ", "orders 1-", "注文", "mine is 1 ", "US1"],
)
def test_twice_the_text_costs_twice_the_time(unit: str) -> None:
    """32 KiB of anything stay under 200 ms, and under 2.5 times of what 16 KiB cost (3 ms are noise)."""

    def cpu_seconds(text: str) -> float:
        def once() -> float:
            started = time.process_time()
            list(find_orders(text))
            return time.process_time() - started

        return min(once() for _ in range(3))

    half, whole = (cpu_seconds((unit * (size // len(unit) + 1))[:size]) for size in (16_384, 32_768))
    assert whole < 0.2
    assert whole < 2.5 * half + 0.003
