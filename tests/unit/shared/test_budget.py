"""All processes together keep a vendor's budget, whichever of them start, die or wait."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rp_mw_shared.budget.book import BudgetTerms
from rp_mw_shared.budget.limiter import BudgetLimiter
from rp_mw_shared.budget.store import DynamoDBBudget, MemoryBudget
from rp_mw_shared.clock import FakeClock
from rp_mw_shared.errors import TransientError
from tests.faults.memory_dynamodb import MemoryDynamoDB

TERMS = BudgetTerms("richpanel", 50, least=12)


def _take_all(limiter: BudgetLimiter, clock: FakeClock) -> int:
    for taken in range(1_000):
        try:
            limiter.acquire(clock.monotonic())
        except TransientError:
            return taken
    raise AssertionError("the budget never ends")


def test_one_process_takes_the_whole_budget_and_then_waits(clock: FakeClock) -> None:
    """No part of it lies idle because others might come."""
    limiter = BudgetLimiter(clock, MemoryBudget(), TERMS)
    assert _take_all(limiter, clock) == 50
    before = clock.monotonic()
    limiter.acquire(clock.monotonic() + 60)
    assert 30 <= clock.monotonic() - before <= 30.5


def test_a_new_process_knows_what_an_old_one_used(clock: FakeClock) -> None:
    """Two generations together stay inside the budget."""
    store = MemoryBudget()
    assert _take_all(BudgetLimiter(clock, store, TERMS), clock) == 50
    assert _take_all(BudgetLimiter(clock, store, TERMS), clock) == 0


def test_a_turn_after_the_deadline_is_refused_with_its_wait(clock: FakeClock) -> None:
    """The queue does the waiting, not the function."""
    limiter = BudgetLimiter(clock, MemoryBudget(), TERMS)
    _take_all(limiter, clock)
    clock.advance(10)
    with pytest.raises(TransientError) as raised:
        limiter.acquire(clock.monotonic() + 5)
    assert raised.value.code == "rate_limited"
    assert raised.value.retry_after_seconds == pytest.approx(20.25, abs=0.3)
    assert clock.slept_seconds == []


def test_what_was_booked_and_not_used_is_free_again(clock: FakeClock) -> None:
    """The next booking says when the last one's calls left."""
    store = MemoryBudget()
    first = BudgetLimiter(clock, store, TERMS)
    first.acquire(clock.monotonic())
    clock.advance(20)
    first.acquire(clock.monotonic())
    clock.advance(5)
    assert _take_all(BudgetLimiter(clock, store, TERMS), clock) == 50 - 1 - 4


def test_an_event_books_its_calls_first_when_the_budget_is_short(clock: FakeClock) -> None:
    """So that it is not begun and then cut off; while there is plenty, nothing is booked ahead."""
    store = MemoryBudget()
    limiter = BudgetLimiter(clock, store, TERMS)
    limiter.reserve(12, clock.monotonic())
    assert store.book.booked == {}
    for _ in range(44):
        limiter.acquire(clock.monotonic())
    limiter.reserve(12, clock.monotonic() + 60)
    assert clock.slept_seconds != []
    before = clock.monotonic()
    for _ in range(12):
        limiter.acquire(clock.monotonic())
    assert clock.monotonic() == before


def test_a_429_makes_all_processes_wait_and_halves_the_limit_once(clock: FakeClock) -> None:
    """Others use the account too: the vendor knows better than our arithmetic."""
    store = MemoryBudget()
    first, second = (BudgetLimiter(clock, store, TERMS) for _ in range(2))
    for _ in range(4):
        first.observe(429, {"retry-after": "4"})
    second.acquire(clock.monotonic() + 60)
    assert clock.slept_seconds == [4]
    assert store.book.limit_of(TERMS, clock.now_epoch_ms()) == 25


def test_a_429_without_a_wait_still_holds_back(clock: FakeClock) -> None:
    """The header may be missing: the time of one call."""
    limiter = BudgetLimiter(clock, MemoryBudget(), TERMS)
    limiter.observe(429, {})
    limiter.acquire(clock.monotonic() + 60)
    assert clock.slept_seconds == [0.6]


def test_nothing_remaining_holds_this_process_back_for_a_call(clock: FakeClock) -> None:
    """A burst of our own ends at nought too, so the limit stays."""
    store = MemoryBudget()
    limiter = BudgetLimiter(clock, store, TERMS)
    limiter.observe(200, {"x-ratelimit-remaining": "0"})
    limiter.acquire(clock.monotonic() + 60)
    assert (clock.slept_seconds, store.book.limit) == ([0.6], 0)


def test_the_limit_never_shrinks_below_one_event_and_doubles_in_quiet_windows(clock: FakeClock) -> None:
    """A long 429 leaves what one ticket needs."""
    store = MemoryBudget()
    limiter = BudgetLimiter(clock, store, TERMS)
    limits = []
    for _ in range(6):
        limiter.observe(429, {"retry-after": "0"})
        limits.append(store.book.limit_of(TERMS, clock.now_epoch_ms()))
        clock.advance(30)
    assert limits == [25, 12, 12, 12, 12, 12]
    quiet = []
    clock.advance(1)
    for _ in range(3):
        quiet.append(store.book.limit_of(TERMS, clock.now_epoch_ms()))
        clock.advance(30)
    assert quiet == [24, 48, 50]


@settings(max_examples=50, deadline=None)
@given(workers=st.integers(1, 12), seed=st.integers(0, 10_000))
def test_all_processes_together_keep_the_budget_in_any_window(workers: int, seed: int) -> None:
    """Hungry processes that are replaced without a word never exceed 50 requests in any 30 s, through real writes."""
    clock, chance = FakeClock(), random.Random(seed)
    table = MemoryDynamoDB({"a": ("event_id",)})

    def start() -> BudgetLimiter:
        return BudgetLimiter(clock, DynamoDBBudget(table, "a", "richpanel", clock), TERMS)

    limiters = [start() for _ in range(workers)]
    sent: list[float] = []
    for _ in range(400):
        number = chance.randrange(workers)
        try:
            limiters[number].acquire(clock.monotonic())
        except TransientError:
            clock.advance(chance.random() * 4)
        else:
            sent.append(clock.monotonic())
        if chance.random() < 0.05:
            limiters[number] = start()
    for index, at in enumerate(sent):
        assert sum(1 for other in sent[index:] if other - at < 30) <= 50
    assert len(sent) > 50
