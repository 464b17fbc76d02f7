"""What must hold of every simulated hour."""

from __future__ import annotations

import json
import math
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.capacity import MEASURED, MOST_DIFFERENCE, burst, check, steady
from benchmarks.load.crowd import MIX, ORDER, REPEAT, ROUTED
from benchmarks.load.model import CALLS, Arrival, Budget, Load, Message, Queue, Simulation, System, arrivals, simulate

LOAD = Load(events_per_hour=600, conversations=50, hours=0.5)
PLENTY = System(vendor_budget=1_000_000, calls={**CALLS, ROUTED: 2})
# up to b91bf19: each worker its share, a call waits ten seconds at most, and a wait counts as a failure
SHARES = System(has_shares=True, are_waits_failures=True, most_wait_seconds=10, batch_size=10)


def routed(*arrived: tuple[float, int]) -> list[Arrival]:
    """Events by second and conversation; `PLENTY` says two calls each."""
    return [Arrival(second, group, ROUTED) for second, group in arrived]


def test_the_same_seed_gives_the_same_hour() -> None:
    """And another seed another one."""
    assert arrivals(LOAD, 1) == arrivals(LOAD, 1)
    assert arrivals(LOAD, 1) != arrivals(LOAD, 2)


def test_arrivals_come_in_order_and_at_about_the_rate_asked_for() -> None:
    """Within the chance of a Poisson stream."""
    times = [one.second for one in arrivals(replace(LOAD, hours=4))]
    assert times == sorted(times)
    share = 1 - MIX.count(REPEAT) / len(MIX)  # the queue drops repeats
    assert 0.9 < len(times) / (2400 * share) < 1.1


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 8), st.integers(12, 400), st.integers(1, 10), st.booleans())
def test_every_event_ends_once_and_no_window_holds_more_than_the_budget(
    concurrency: int, budget: int, batch_size: int, is_burst: bool
) -> None:
    """Whatever the settings: none is lost between groups, batches and waits, and no wait makes one dead."""
    system = System(concurrency=concurrency, vendor_budget=budget, batch_size=batch_size)
    events = burst(60) if is_burst else arrivals(LOAD)
    run = Simulation(events, system)
    taken: list[float] = []
    for one in {id(found): found for found in run.budgets}.values():
        one.on_take = taken.append
    run.run()
    assert (len(run.finals), run.dead) == (len(events), 0)
    ordered = sorted(taken)
    apart = [later - first for first, later in zip(ordered, ordered[budget:], strict=False)]
    assert min(apart, default=math.inf) >= 30 - 1e-6


def test_without_limits_nobody_waits_but_for_their_own_calls() -> None:
    """One event a conversation: all are final after their two calls."""
    outcome = simulate(routed(*((float(n), n) for n in range(100))), replace(PLENTY, concurrency=100))
    assert outcome.final_max == round(2 * PLENTY.seconds_a_call, 1)


def test_one_conversation_is_served_one_at_a_time() -> None:
    """Ten messages at once in one group take ten times as long, whatever the concurrency."""
    system = replace(PLENTY, concurrency=10, seconds_a_call=1.0)
    assert simulate(routed(*[(0.0, 7)] * 10), system).ended_at == 20.0


def test_a_group_is_hidden_while_one_of_it_is_in_flight() -> None:
    """Others flow; what is given back comes before what stood after it."""
    queue = Queue()
    messages = [Message(0.0, group, [2], float(number)) for number, group in enumerate((1, 1, 2, 1))]
    for message in messages[:3]:
        queue.put(message)
    assert queue.receive(1) == [messages[0]]
    queue.put(messages[3])
    assert queue.receive(10) == [messages[2]]
    queue.give_back(messages[0])
    queue.settle(1)
    assert queue.receive(10) == [messages[0], messages[1], messages[3]]


def test_the_window_slides_strictly() -> None:
    """The 51st call waits for the first to be 30 s old, not for a bucket to refill."""
    budget = Budget(50, 30)
    for number in range(50):
        assert budget.opening(number / 10) == number / 10
        budget.take(number / 10)
    assert budget.opening(5.0) == 30.0


def test_an_order_question_is_two_events_with_a_lookup_between() -> None:
    """Its calls are made in two runs of the worker."""
    run = Simulation([Arrival(0.0, 1, ORDER)], replace(PLENTY, lookup_seconds=5.0))
    run.run()
    assert (run.receives, run.calls) == (2, CALLS[ORDER])
    assert run.finals[0] >= 5.0


def test_waits_that_count_as_failures_kill_healthy_messages_in_a_burst() -> None:
    """As the real zips of b91bf19 do; with one book of the budget none dies."""
    assert simulate(burst(100), SHARES).dead > 0
    assert simulate(burst(100), System()).dead == 0


def test_a_burst_needs_little_more_than_its_calls_at_the_budget() -> None:
    """Four workers share one window."""
    outcome = simulate(burst(400), System())
    needed = sum(CALLS[one.kind] for one in burst(400)) * 30 / 50
    assert needed - 31 <= outcome.ended_at <= 1.1 * needed


def test_a_larger_budget_never_makes_a_burst_take_longer() -> None:
    """From the least that feeds an event to plenty."""
    ended = [simulate(burst(100), System(vendor_budget=budget)).ended_at for budget in (12, 25, 50, 100, 400)]
    assert ended == sorted(ended, reverse=True)


def test_the_steady_load_has_its_rate_and_its_bursts() -> None:
    """860 an hour in bursts of three, repeats left out."""
    seconds = [one.second for one in steady(860, 10)]
    assert max(seconds.count(second) for second in seconds) == 3
    assert 590 <= max(seconds) <= 600


def test_the_check_tells_a_model_that_is_too_far_off() -> None:
    """A measured burst of half and of the modelled time."""
    calls = {kind: float(number) for kind, number in CALLS.items()}
    modelled = simulate(burst(100), System(calls=calls, seconds_a_call=0.03, lookup_seconds=2.0))
    for factor, is_near in ((1.0, True), (0.5, False)):
        seconds = modelled.ended_at * factor
        found = {"seconds": seconds, "calls_by_kind": calls, "final_seconds_p95": modelled.final_p95}
        rows = check({"clock_scale": 1.0, "builds": {"this build": {"bursts": {"100": found}}}})
        assert all(abs(model / real - 1) <= MOST_DIFFERENCE for _, real, model in rows) is is_near


def test_the_model_is_near_what_the_real_zips_did() -> None:
    """The kept measurement of `make burst ARGS=--write`, at both its loads."""
    rows = check(json.loads(MEASURED.read_text("utf-8")))
    assert len(rows) == 4
    assert {what: model / real for what, real, model in rows if abs(model / real - 1) > MOST_DIFFERENCE} == {}
