"""Entities: what the customer names, where it stands, and nothing that only looks like it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rp_mw_worker.domain.entities import find_entities
from rp_mw_worker.domain.model import Entity
from tests.fakes.policy import load_policy

SHOP = (r"#\s?(?P<number>[A-Za-z]{0,4}-?\d{3,10})\b", r"^\W*(?P<number>\d{4,10})\W*$", r"\bKV\d{4}\b")


def values(text: str, kind: str, patterns: tuple[str, ...] = SHOP) -> list[str]:
    """The values of one type."""
    return [found.value for found in find_entities(text, patterns) if found.type == kind]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("where is order 1001?", ["1001"]),
        ("Order number is #GB-1001", ["GB-1001"]),
        ("my purchase 732201349959 please", ["732201349959"]),
        ("cancel ordedr 00123842", ["00123842"]),
        ("orders 1001, 1002 and 1003", ["1001", "1002", "1003"]),
        ("#1001", ["1001"]),
        ("1001", ["1001"]),
        ("it is KV1234", ["KV1234"]),  # only the shop's pattern knows it
        ("Order ID: 402-1234567-7654321", ["402-1234567-7654321"]),
        ("my order ORD-2024-0012", ["ORD-2024-0012"]),
        ("Bestellnummer: 10234", ["10234"]),
        ("I placed an order in 2023", []),
        ("order 2 shirts", []),
        ("invoice #20033", []),
        ("an order of 30 dollars", []),
        ("call +1 201-555-0123", []),
    ],
)
def test_order_numbers_are_found_by_the_words_around_them(text: str, numbers: list[str]) -> None:
    """Typos, lists and the shop's own patterns included; years, amounts and invoices not."""
    assert values(text, "order_number") == numbers


def test_offsets_point_into_the_given_text() -> None:
    """Also when invisible characters stand inside."""
    text = "or\u200bder \u200b1001 and j\u200bane@example.com"
    found = find_entities(text)
    assert [(entity.type, text[entity.start : entity.end]) for entity in found] == [
        ("order_number", "1001"),
        ("email", "j\u200bane@example.com"),
    ]
    assert all(entity.value == text[entity.start : entity.end] for entity in found)


def test_one_text_with_everything() -> None:
    """Every type, in order."""
    text = (
        "I bought shoes on 3 May 2024, order #1001, tracking 1Z999AA10123456784; "
        "mail jane@example.com or +1 201-555-0123"
    )
    assert [(found.type, found.value) for found in find_entities(text, SHOP, ("shoe",))] == [
        ("product", "shoes"),
        ("date", "3 May 2024"),
        ("order_number", "1001"),
        ("tracking_number", "1Z999AA10123456784"),
        ("email", "jane@example.com"),
        ("phone", "+1 201-555-0123"),
    ]


def test_a_tracking_number_is_no_order_number() -> None:
    """Whatever the shop's patterns would take it for."""
    text = "tracking 320606146993"
    assert find_entities(text, (r"\d{4,12}",)) == (Entity("tracking_number", "320606146993", 9, 21),)


def test_a_bare_number_both_rules_accept_is_given_as_both() -> None:
    """Ten digits alone may be the shop's order or a carrier's parcel: whoever asks may try both."""
    assert {found.type for found in find_entities("3318810014", SHOP)} == {"order_number", "tracking_number"}


def test_the_shipped_policys_patterns_work() -> None:
    """The default shop writes #1001."""
    patterns = load_policy().settings.order_number_patterns
    assert values("hi, #1001 is late", "order_number", patterns) == ["1001"]


@pytest.mark.parametrize(
    "text", ["yesterday", "2024-05-03", "03/05/2024", "May 3rd", "3 days ago", "last Monday", "3. Mai"]
)
def test_dates_are_found_as_written(text: str) -> None:
    """English words and all-number dates; other languages' months are not."""
    assert values(f"since {text} nothing", "date") == ([] if text == "3. Mai" else [text])


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_entities_are_always_slices_of_the_text(text: str) -> None:
    """Any text at all."""
    for found in find_entities(text, SHOP):
        assert text[found.start : found.end] == found.value != ""
