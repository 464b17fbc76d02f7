"""What must hold of every simulated hour."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.capacity import Budget, Load, System, _serve, arrivals, simulate

LOAD = Load(events_per_hour=600, conversations=50, hours=0.5)
PLENTY = System(vendor_budget=1e9)


def test_the_same_seed_gives_the_same_hour() -> None:
    """And another seed another one."""
    assert arrivals(LOAD, 1) == arrivals(LOAD, 1)
    assert arrivals(LOAD, 1) != arrivals(LOAD, 2)


def test_arrivals_come_in_order_and_at_about_the_rate_asked_for() -> None:
    """Within the chance of a Poisson stream."""
    times = [second for second, _ in arrivals(replace(LOAD, hours=4))]
    assert times == sorted(times)
    assert 0.9 < len(times) / 2400 < 1.1


def test_every_event_is_served_once() -> None:
    """None is lost between groups and workers."""
    events = arrivals(LOAD)
    assert len(_serve(events, PLENTY)[0]) == len(events)


def test_without_limits_nobody_waits_but_behind_their_own_conversation() -> None:
    """One event a conversation: no wait at all."""
    events = [(float(number), number) for number in range(100)]
    ages, _, _ = _serve(events, replace(PLENTY, concurrency=100))
    assert set(ages) == {0.0}


def test_one_conversation_is_served_one_at_a_time() -> None:
    """Ten messages at once in one group take ten service times, whatever the concurrency."""
    _, _, ended = _serve([(0.0, 7)] * 10, replace(PLENTY, concurrency=10, service_seconds=2.0))
    assert ended == 20.0


def test_the_vendors_budget_is_never_exceeded() -> None:
    """50 calls in 30 s: a full bucket at once, then one every 0.6 s."""
    budget = Budget(50, 30)
    granted = [budget.take(0.0, 5) for _ in range(20)]
    assert granted[:10] == [0.0] * 10
    assert abs(granted[-1] - 30.0) < 1e-6


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 8), st.integers(20, 400), st.floats(0, 1.2))
def test_a_larger_budget_never_makes_the_queue_older(concurrency: int, budget: int, skew: float) -> None:
    """Nor does the use of either exceed the whole."""
    load = replace(LOAD, skew=skew)
    tight = simulate(load, System(concurrency=concurrency, vendor_budget=budget))
    loose = simulate(load, System(concurrency=concurrency, vendor_budget=budget * 2))
    assert loose.age_p95 <= tight.age_p95
    assert tight.worker_use <= 1.0 + 1e-9
