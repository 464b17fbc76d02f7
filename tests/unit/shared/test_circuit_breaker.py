"""The breaker stops calls to a vendor that does not answer, and finds out by itself when it does."""

from __future__ import annotations

import pytest

from rp_mw_shared.clients.breaker import CircuitBreaker
from rp_mw_shared.clock import FakeClock
from rp_mw_shared.errors import TransientError
from rp_mw_shared.observability import flush_metrics
from tests.fakes.recording import Recording


@pytest.fixture
def breaker(clock: FakeClock) -> CircuitBreaker:
    """A breaker that opens after three failures for twenty seconds."""
    return CircuitBreaker(clock, vendor="richpanel", failures_to_open=3, open_seconds=20)


def _fail(breaker: CircuitBreaker, times: int) -> None:
    for _ in range(times):
        breaker.before_call()
        breaker.failed()


def test_it_stays_closed_below_the_limit(breaker: CircuitBreaker, recorded: Recording) -> None:
    """Single failures happen; an answer in between starts the count anew."""
    _fail(breaker, 2)
    breaker.succeeded()
    _fail(breaker, 2)
    breaker.before_call()
    assert recorded.events("circuit_opened") == []
    _fail(breaker, 1)
    assert len(recorded.events("circuit_opened")) == 1


def test_it_opens_after_failures_in_a_row(breaker: CircuitBreaker, clock: FakeClock, recorded: Recording) -> None:
    """Further calls are refused with the time until the next probe, and it is said once."""
    _fail(breaker, 3)
    clock.advance(5)
    with pytest.raises(TransientError) as raised:
        breaker.before_call()
    assert (raised.value.code, raised.value.retry_after_seconds) == ("circuit_open", 15)
    flush_metrics()
    assert len(recorded.events("circuit_opened")) == 1
    assert recorded.samples("CircuitOpen") == [1]


def test_one_probe_goes_through_when_the_time_is_over(breaker: CircuitBreaker, clock: FakeClock) -> None:
    """Half open: a single call finds out, the others still wait."""
    _fail(breaker, 3)
    clock.advance(20)
    breaker.before_call()
    with pytest.raises(TransientError):
        breaker.before_call()


def test_a_good_probe_closes_it(breaker: CircuitBreaker, clock: FakeClock, recorded: Recording) -> None:
    """After one answer everything flows again."""
    _fail(breaker, 3)
    clock.advance(20)
    breaker.before_call()
    breaker.succeeded()
    breaker.before_call()
    breaker.before_call()
    assert recorded.events("circuit_closed")


def test_a_failed_probe_opens_it_again_in_full(breaker: CircuitBreaker, clock: FakeClock) -> None:
    """A vendor still down is left alone for the full time."""
    _fail(breaker, 3)
    clock.advance(20)
    breaker.before_call()
    breaker.failed()
    clock.advance(19)
    with pytest.raises(TransientError):
        breaker.raise_if_open()
    clock.advance(1)
    breaker.before_call()


def test_a_probe_never_reported_back_does_not_block_for_ever(breaker: CircuitBreaker, clock: FakeClock) -> None:
    """A call that dies in between costs one open time, not the vendor."""
    _fail(breaker, 3)
    clock.advance(20)
    breaker.before_call()
    clock.advance(19)
    with pytest.raises(TransientError):
        breaker.before_call()
    clock.advance(1)
    breaker.before_call()


def test_calls_to_a_dead_vendor_are_bounded(breaker: CircuitBreaker, clock: FakeClock) -> None:
    """Ten minutes of outage with a call wanted every 100 ms make three calls and then one in twenty seconds."""
    made = 0
    for _ in range(6_000):
        try:
            breaker.before_call()
        except TransientError:
            pass
        else:
            made += 1
            breaker.failed()
        clock.advance(0.1)
    assert made <= 3 + 600 / 20
