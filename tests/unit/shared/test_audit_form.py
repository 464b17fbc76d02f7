"""Rows of the audit trail through their stored form: nothing lost, older forms read, unknown ones refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rp_mw_shared.audit_form import _CODES, FORM, from_stored, to_stored
from rp_mw_shared.errors import PermanentError
from rp_mw_shared.idempotency.attributes import from_item, to_item

KEYS = {"conversation_id": "c", "ts_action_id": "2026-11-18T15:40:00.123Z#e2aa0a57e819#decision"}
AT = 1_795_016_400_123
WORDS = st.sampled_from(["completed", "parked", "live", "embedded", "openai", "order_status_tracking", "1.6.0", "x"])
PAIRS = st.lists(st.tuples(WORDS, st.sampled_from([0.5, 0.9712, 1])).map(list), max_size=3)
AGES = st.one_of(st.just(""), st.integers(-(10**12), 10**12).map(str))
PARCELS = st.tuples(st.sampled_from(["IN_TRANSIT", "DELIVERED", ""]), *[AGES] * 5, st.sampled_from(["", "PCL-0,PCL-1"]))
CLAIMS = st.sampled_from(
    ["in_transit:carrier_scan:IN_TRANSIT:70", "in_transit:carrier_scan:IN_TRANSIT:6", "arrives_by:estimate", "no_scan"]
)
RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "v": st.sampled_from([1, 2]),
        "t": st.sampled_from([AT, AT + 1]),
        "i": PAIRS,
        "p": st.tuples(WORDS, PAIRS).map(list),
        "mv": WORDS,
        "fl": st.tuples(*[st.integers(0, 4)] * 4, st.sampled_from(["", "unreadable"]), WORDS).map(list),
        "m": st.lists(st.integers(-1, 10**10), min_size=6, max_size=6),
        "o": st.one_of(
            st.just(["order_id", "failed", None]),
            st.lists(PARCELS.map(":".join), max_size=5).map(lambda pc: ["order_id", "found", {"fits": 1, "pc": pc}]),
        ),
        "later": WORDS,
    },
)
ROWS = st.fixed_dictionaries(
    {},
    optional={
        "outcome": WORDS,
        "mode": WORDS,
        "classifier": WORDS,
        "intent": WORDS,
        "confidence": st.sampled_from([0.5, 0.9712, 1]),
        "versions": st.lists(WORDS, min_size=1, max_size=3),
        "claims": st.lists(st.one_of(WORDS, CLAIMS), min_size=1),
        "tier": st.integers(0, 2),
        "replay": RECORDS,
        "order": WORDS,
        "later": WORDS,
    },
).map(lambda values: values | KEYS)


@given(ROWS)
def test_what_is_stored_is_read_again(row: dict[str, Any]) -> None:
    """Whatever the row has and has not, usual or not, through DynamoDB's types."""
    assert from_stored(from_item(to_item(to_stored(row)))) == row


@given(ROWS)
def test_a_row_that_is_read_already_stays_as_it_is(row: dict[str, Any]) -> None:
    """Rows of form 1 and rows told to a file have no form."""
    assert from_stored(row) == row


def test_what_the_row_tells_already_is_not_stored() -> None:
    """Of a usual row nothing is left of mode, outcome, classifier, intent, nor of what its record repeats."""
    pairs = [["order_status_tracking", 0.97]]
    replay = {"v": 1, "t": AT, "i": pairs, "p": ["awaiting_order", pairs], "mv": "1.6.0"}
    usual = {"outcome": "completed", "mode": "live", "classifier": "embedded", "versions": ["1", "2", "1.6.0"]}
    row = KEYS | usual | {"intent": "order_status_tracking", "confidence": 0.97, "replay": replay}
    assert to_stored(row) == KEYS | {"f": FORM, "ve": ["1", "2", "1.6.0"], "rp": {"i": pairs, "p": ["awaiting_order"]}}


def test_what_claims_and_parcels_repeat_is_stored_once() -> None:
    """Three parcels on their way: the claim and the status once, times in few digits."""
    claims = ["in_transit:carrier_scan:IN_TRANSIT:70", "arrives_by:estimate", "in_transit:carrier_scan:IN_TRANSIT:68"]
    parcels = ["IN_TRANSIT:1296:::-72::PCL-0", "IN_TRANSIT:0:35::::PCL-0", ":1:::::"]
    order = ["order_name", "found", {"pc": parcels}]
    stored = to_stored(KEYS | {"claims": claims, "replay": {"o": order}})
    assert stored["cl"] == [*claims[:2], "0:68"]
    assert stored["rp"]["o"][2]["pc"] == ["IN_TRANSIT:100:::-20::PCL-0", "=:0:z::::PCL-0", ":1:::::"]


def test_a_row_of_form_2_is_read_as_it_was_written() -> None:
    """Rows live for 60 days, in an archive for years: there claims and parcels stand in full."""
    parcels = ["IN_TRANSIT:10:::-20::PCL-0"]
    order = ["order_name", "found", {"pc": parcels}]
    read = from_stored(KEYS | {"f": 2, "cl": ["in_transit:carrier_scan:IN_TRANSIT:70"], "rp": {"o": order}})
    assert (read["claims"], read["replay"]["o"]) == (["in_transit:carrier_scan:IN_TRANSIT:70"], order)


def test_a_row_of_an_unknown_form_is_refused_with_what_to_do() -> None:
    """After a rollback: guessing at its names would show a decision that was never made."""
    with pytest.raises(PermanentError, match="form 4 is not known here: read it with a newer version"):
        from_stored(KEYS | {"f": 4})


def test_codes_stand_for_one_name_each_and_for_no_name_that_is_kept() -> None:
    """Else a row could be read as another."""
    kept = {"conversation_id", "ts_action_id", "order", "day", "expires_at", "kind", "f"}
    assert len(set(_CODES.values())) == len(_CODES)
    assert not set(_CODES.values()) & (kept | _CODES.keys())
