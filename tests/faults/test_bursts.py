"""Several workers at the documented budget, in simulated time: nothing dies, nothing is doubled, order holds."""

from __future__ import annotations

from statistics import quantiles

import pytest

from tests.faults.bursts import is_in_order, run_burst, run_steady


@pytest.mark.parametrize("webhooks", [25, 100, 400])
def test_a_burst_ends_without_a_dead_letter_in_the_time_its_calls_need(webhooks: int) -> None:
    """Four workers, recycled on the way, stay inside the budget and leave next to nothing of it unused."""
    burst = run_burst(webhooks, per_conversation=3)
    assert len(burst.ended) == webhooks
    assert (burst.dead, burst.doubled, burst.refused) == (0, 0, 0)
    assert burst.most_in_a_window <= 50
    assert is_in_order(burst)
    assert burst.seconds <= 1.1 * burst.needed_seconds
    assert burst.receives <= 1.5 * webhooks


@pytest.mark.parametrize("workers", [1, 2, 3, 4])
def test_one_message_in_an_idle_system_ends_at_every_accepted_concurrency(workers: int) -> None:
    """Whatever its number of calls."""
    burst = run_burst(1, workers)
    assert (len(burst.ended), burst.dead, burst.receives) == (1, 0, 1)


def test_twice_todays_peak_waits_seconds_only() -> None:
    """860 events an hour in bursts of three: 95 of 100 end within ten seconds."""
    ages = run_steady(860, 2)
    assert quantiles(ages, n=20)[-1] <= 10


def test_fixed_shares_break_the_budget_when_environments_are_recycled() -> None:
    """Why the budget is in one book: a new process does not know what an old one used (record 0115)."""
    burst = run_burst(100, kind="fixed shares")
    assert burst.most_in_a_window > 50
    assert burst.refused > 0
