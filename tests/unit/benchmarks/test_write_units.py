"""DynamoDB's arithmetic, against sizes worked out by hand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.write_units import item_bytes, read_units, write_units


def test_an_items_size_is_its_names_and_values_in_bytes() -> None:
    """Names and text in UTF-8, two digits a byte plus two for a number, one for a boolean."""
    assert item_bytes({"key": {"S": "abc"}}) == 6
    assert item_bytes({"k": {"S": "é"}}) == 3
    assert item_bytes({"n": {"N": "1700000000"}}) == 1 + 5 + 2
    assert item_bytes({"b": {"BOOL": True}}) == 2


def test_a_list_or_map_costs_three_bytes_and_one_per_entry() -> None:
    """And its entries themselves."""
    assert item_bytes({"l": {"L": [{"S": "ab"}, {"S": "c"}]}}) == 1 + 3 + (1 + 2) + (1 + 1)
    assert item_bytes({"m": {"M": {"x": {"S": "y"}}}}) == 1 + 3 + 1 + 1 + 1


def test_a_write_costs_the_larger_of_old_and_new_in_whole_kilobytes() -> None:
    """1,024 bytes are one unit, one more byte is two."""
    exactly = {"k": {"S": "x" * 1023}}
    over = {"k": {"S": "x" * 1024}}
    assert write_units(None, exactly) == 1
    assert write_units(None, over) == 2
    assert write_units(over, {"k": {"S": "x"}}) == 2


def test_a_transaction_costs_twice_as_much() -> None:
    """For the same item."""
    assert write_units(None, {"k": {"S": "x"}}, in_transaction=True) == 2


def test_a_condition_that_failed_on_nothing_costs_one_unit() -> None:
    """Nothing before, nothing after."""
    assert write_units(None, None) == 1


def test_a_read_costs_half_where_an_older_copy_will_do() -> None:
    """Steps are 4 kB; an absent item costs a step."""
    assert read_units({"k": {"S": "x" * 5000}}, is_consistent=True) == 2
    assert read_units({"k": {"S": "x"}}, is_consistent=False) == 0.5
    assert read_units(None, is_consistent=True) == 1


@given(st.text(max_size=3000), st.text(max_size=3000))
def test_a_write_never_costs_less_than_either_item_alone(old: str, new: str) -> None:
    """Whatever the items hold."""
    before, after = {"k": {"S": old}}, {"k": {"S": new}}
    both = write_units(before, after)
    assert both == max(write_units(None, before), write_units(None, after))
