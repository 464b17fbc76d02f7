"""One deadline bounds a run and the calls inside it."""

from __future__ import annotations

import pytest

from rp_mw_shared.clock import FakeClock, find_deadline, require_seconds, until
from rp_mw_shared.errors import TransientError


def test_the_innermost_deadline_holds() -> None:
    """A call's own time ends with the call, and the run's holds again."""
    with until(10.0):
        with until(5.0):
            assert find_deadline() == 5.0
        assert find_deadline() == 10.0
    assert find_deadline() is None


def test_a_call_gets_what_is_left() -> None:
    """As much as it wants where there is no deadline or enough time."""
    clock = FakeClock()
    assert require_seconds(clock, 8.0) == 8.0
    with until(clock.monotonic() + 10.0):
        assert require_seconds(clock, 8.0) == 8.0
        clock.advance(7.0)
        assert require_seconds(clock, 8.0) == pytest.approx(3.0)


def test_a_call_without_time_is_not_begun() -> None:
    """Too little to be answered in is none."""
    clock = FakeClock()
    with until(clock.monotonic() + 0.2), pytest.raises(TransientError) as refused:
        require_seconds(clock, 8.0)
    assert refused.value.code == "out_of_time"
