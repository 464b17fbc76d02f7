"""Retry-After in all its spellings, typed attributes, AWS errors, clocks."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from rp_mw_shared.clients.aws_errors import mapped_aws_errors
from rp_mw_shared.clients.headers import find_retry_after_seconds
from rp_mw_shared.clock import FakeClock, SystemClock
from rp_mw_shared.errors import PermanentError, TransientError
from rp_mw_shared.idempotency.attributes import from_attribute, from_item, to_attribute, to_item
from tests.fakes.aws_faults import refused, unreachable

NOW = 1_795_000_000_000


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "2.0"}, 2.0),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after-ms": "x", "retry-after": "9"}, 9.0),
        ({"retry-after": formatdate(NOW / 1000 + 90, usegmt=True)}, 90.0),
        ({"retry-after": formatdate(NOW / 1000 - 90, usegmt=True)}, 0.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "3601"}, None),
        ({"retry-after": "Wed, 99 Foo 2026"}, None),
    ],
)
def test_a_wait_is_read_in_every_spelling(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds, fractions, milliseconds and dates; nonsense is no wait."""
    assert find_retry_after_seconds(headers, NOW) == seconds


@given(st.text(max_size=40))
def test_any_header_is_a_sane_wait_or_none(text: str) -> None:
    """A vendor's header never raises and never asks for more than an hour."""
    found = find_retry_after_seconds({"retry-after": text}, NOW)
    assert found is None or 0 <= found <= 3_600


PLAIN = st.recursive(
    st.booleans() | st.integers(-(10**18), 10**18) | st.text() | st.floats(-1e9, 1e9).filter(lambda f: f % 1),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1), inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(st.text(min_size=1), PLAIN, max_size=5))
def test_plain_values_survive_the_table(values: dict[str, object]) -> None:
    """Types and numbers come back as they went."""
    assert from_item(to_item(values)) == values


def test_none_is_absent_at_any_depth() -> None:
    """An attribute that is not set is not there."""
    assert to_item({"a": None, "b": {"c": None}, "d": [None]}) == {"b": {"M": {}}, "d": {"L": [{"NULL": True}]}}


def test_sets_are_stored_as_sorted_lists() -> None:
    """DynamoDB has no empty set, and equal sets should be equal items."""
    assert to_attribute(frozenset({"b", "a"})) == {"L": [{"S": "a"}, {"S": "b"}]}
    assert from_attribute({"SS": ["a"]}) == frozenset({"a"})
    assert from_attribute({"N": "1E+2"}) == 100


def test_a_type_without_a_form_is_a_defect() -> None:
    """A wrong type shows in a test, not in a table."""
    with pytest.raises(TypeError, match="bytes"):
        to_attribute(b"x")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (refused("ProvisionedThroughputExceededException"), TransientError),
        (refused("AccessDeniedException"), TransientError),
        (refused("InternalServerError"), TransientError),
        (unreachable(), TransientError),
        (refused("ValidationException"), PermanentError),
    ],
)
def test_aws_errors_join_the_products_tree(error: Exception, kind: type[Exception]) -> None:
    """Only a request that is wrong by itself is permanent; the cause stays chained."""
    with pytest.raises(kind) as raised, mapped_aws_errors("dynamodb"):
        raise error
    assert raised.value.__cause__ is error


def test_a_failed_condition_passes_through() -> None:
    """It is an answer, not a failure."""
    with pytest.raises(ClientError), mapped_aws_errors("dynamodb"):
        raise refused("ConditionalCheckFailedException")


def test_the_fake_clock_moves_only_when_told(clock: FakeClock) -> None:
    """Waiting moves both clocks and is remembered; advancing is not."""
    start, ticks = clock.now_epoch_ms(), clock.monotonic()
    clock.sleep(1.5)
    clock.sleep(0)
    clock.advance(1)
    assert (clock.now_epoch_ms() - start, clock.monotonic() - ticks) == (2_500, 2.5)
    assert clock.slept_seconds == [1.5]


def test_the_system_clock_tells_the_machines_time() -> None:
    """Epoch milliseconds and monotonic seconds; no wait for zero."""
    clock = SystemClock()
    assert abs(clock.now_epoch_ms() / 1000 - time.time()) < 5
    before = clock.monotonic()
    clock.sleep(0)
    clock.sleep(-1)
    assert clock.monotonic() >= before
