"""Order names: what is searched, and what counts as the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rp_mw_enricher.domain.order_name import NameFormat, find_global_id, find_search_string, is_same_name

PLAIN = NameFormat()
DRESSED = NameFormat(prefix="#EN-", suffix="-US")


@pytest.mark.parametrize(
    ("typed", "name_format", "expected"),
    [
        ("1001", PLAIN, 'name:"#1001"'),
        ("#1001", PLAIN, 'name:"#1001"'),
        (" #1001 ", PLAIN, 'name:"#1001"'),
        ("1001-a", PLAIN, 'name:"#1001-A"'),
        ("1001", DRESSED, 'name:"#EN-1001-US"'),
        ("#en-1001-us", DRESSED, 'name:"#EN-1001-US"'),
        ("EN-1001", DRESSED, 'name:"#EN-1001-US"'),
        ("#", PLAIN, None),
        ("", PLAIN, None),
        ("1001 OR 1002", PLAIN, None),
        ('1001" OR email:"a', PLAIN, None),
        ("1001*", PLAIN, None),
        ("name:1001", PLAIN, None),
        ("１００１", PLAIN, None),
        ("1001\n", PLAIN, 'name:"#1001"'),
        ("1" * 21, PLAIN, None),
    ],
)
def test_only_plain_names_are_searched_for(typed: str, name_format: NameFormat, expected: str | None) -> None:
    """In the shop's own spelling, in quotes, and nothing else."""
    assert find_search_string(typed, name_format) == expected


@given(st.text(max_size=24))
def test_no_text_breaks_out_of_the_quotes(typed: str) -> None:
    """Whatever a customer types, the search has one field and two quotes."""
    search = find_search_string(typed, PLAIN)
    assert search is None or (search.count('"') == 2 and search.count(":") == 1 and search.isascii())


@pytest.mark.parametrize(
    ("typed", "name", "name_format", "expected"),
    [
        ("1001", "#1001", PLAIN, True),
        ("#1001", "1001", PLAIN, True),
        ("1001-a", "#1001-A", PLAIN, True),
        ("1001", "#10011", PLAIN, False),
        ("1001", "#1001-A", PLAIN, False),
        ("1001", "#01001", PLAIN, False),
        ("1001", "EN1001", PLAIN, False),
        ("1001", "#EN-1001-US", DRESSED, True),
        ("en-1001-us", "#EN-1001-US", DRESSED, True),
        ("1001", "#EN-1001-CA", DRESSED, False),
        ("#", "#", PLAIN, False),
        ("", "", PLAIN, False),
    ],
)
def test_names_are_compared_exactly_but_for_case_hash_and_the_shops_affixes(
    typed: str, name: str, name_format: NameFormat, expected: bool
) -> None:
    """A loose hit of the search is not the customer's order."""
    assert is_same_name(typed, name, name_format) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("5551001", "gid://shopify/Order/5551001"),
        ("gid://shopify/Order/5551001", "gid://shopify/Order/5551001"),
        ("gid://shopify/Customer/5551001", None),
        ("#1001", None),
        ("5551001?x", None),
        ("", None),
    ],
)
def test_an_order_id_is_numeric_or_global(value: str, expected: str | None) -> None:
    """Nothing else is asked for."""
    assert find_global_id(value) == expected
