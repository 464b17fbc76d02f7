"""All workers together keep a vendor's budget, although none knows of the others."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rp_mw_shared.clients.limiter import SharedBudgetLimiter
from rp_mw_shared.clock import FakeClock
from rp_mw_shared.errors import TransientError


def _limiter(clock: FakeClock, workers: int = 10) -> SharedBudgetLimiter:
    return SharedBudgetLimiter(clock, vendor="richpanel", budget=50, window_seconds=30, workers=workers)


def test_the_share_is_free_and_then_waits(clock: FakeClock) -> None:
    """Five of fifty go at once, the sixth when the first is thirty seconds old."""
    limiter = _limiter(clock)
    for _ in range(5):
        limiter.acquire(clock.monotonic() + 60)
    assert clock.slept_seconds == []
    limiter.acquire(clock.monotonic() + 60)
    assert clock.slept_seconds == [30]


def test_a_turn_after_the_deadline_is_refused_with_its_wait(clock: FakeClock) -> None:
    """The queue does the waiting, not the function."""
    limiter = _limiter(clock)
    for _ in range(5):
        limiter.acquire(clock.monotonic() + 1)
    clock.advance(10)
    with pytest.raises(TransientError) as raised:
        limiter.acquire(clock.monotonic() + 5)
    assert (raised.value.code, raised.value.retry_after_seconds) == ("rate_limited", 20)
    assert clock.slept_seconds == []


def test_a_429_halves_the_share_and_makes_all_wait(clock: FakeClock) -> None:
    """Others use the account too: the vendor knows better than our arithmetic."""
    limiter = _limiter(clock, workers=5)
    limiter.acquire(clock.monotonic())
    limiter.observe(429, {"retry-after": "4"})
    assert limiter.share == 5
    limiter.acquire(clock.monotonic() + 60)
    assert clock.slept_seconds == [4]


def test_a_429_without_a_wait_still_holds_back(clock: FakeClock) -> None:
    """The header may be missing."""
    limiter = _limiter(clock)
    limiter.observe(429, {})
    limiter.acquire(clock.monotonic() + 60)
    assert clock.slept_seconds == [6]


def test_nothing_remaining_counts_as_a_warning(clock: FakeClock) -> None:
    """The vendor says that the bucket is empty before it says no."""
    limiter = _limiter(clock)
    limiter.observe(200, {"x-ratelimit-remaining": "0", "retry-after": "1"})
    assert limiter.share == 2
    limiter.observe(200, {"x-ratelimit-remaining": "7"})
    assert limiter.share == 2


def test_the_share_doubles_in_a_quiet_window(clock: FakeClock) -> None:
    """Never above where it started, never below one."""
    limiter = _limiter(clock)
    for _ in range(4):
        limiter.observe(429, {"retry-after": "0"})
        clock.advance(30)
    assert limiter.share == 1
    shares = []
    for _ in range(6):
        clock.advance(30)
        limiter.observe(200, {})
        shares.append(limiter.share)
    assert shares == [2, 4, 5, 5, 5, 5]


@settings(max_examples=50, deadline=None)
@given(
    workers=st.integers(1, 12),
    gaps=st.lists(st.floats(0, 5), min_size=50, max_size=300),
    turns=st.randoms(use_true_random=False),
)
def test_all_workers_together_keep_the_budget_in_any_window(workers: int, gaps: list[float], turns: object) -> None:
    """N processes with hungry loops never exceed 50 requests in any 30 seconds of simulated time."""
    clock = FakeClock()
    limiters = [_limiter(clock, workers) for _ in range(workers)]
    sent: list[float] = []
    for gap in gaps:
        limiter = turns.choice(limiters)  # type: ignore[attr-defined]
        try:
            limiter.acquire(clock.monotonic())
        except TransientError:
            clock.advance(gap)
        else:
            sent.append(clock.monotonic())
    for index, at in enumerate(sent):
        assert sum(1 for other in sent[index:] if other - at < 30) <= 50


def test_many_429s_in_one_window_halve_the_share_once(clock: FakeClock) -> None:
    """Several answers tell of the same empty budget."""
    limiter = _limiter(clock)
    before = limiter.share
    for _ in range(4):
        limiter.observe(429, {"retry-after": "0"})
    assert limiter.share == before // 2


def test_a_long_429_leaves_an_eighth_of_the_share(clock: FakeClock) -> None:
    """So that the events that wait get through before their deliveries are used up."""
    limiter = SharedBudgetLimiter(clock, vendor="richpanel", budget=50, window_seconds=30, workers=1)
    for _ in range(20):
        limiter.observe(429, {"retry-after": "0"})
        clock.advance(30)
    assert limiter.share == 6
