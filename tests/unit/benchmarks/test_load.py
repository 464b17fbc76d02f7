"""What the load benchmark posts, counts and holds against its bounds."""

from __future__ import annotations

import math
from typing import Any

import pytest

from benchmarks.load.crowd import FOLLOW_UP, MIX, REPEAT, plan
from benchmarks.load.tally import events_a_minute, most_in_a_window, percentile, seconds_needed
from benchmarks.load.verdict import Row, judge, to_table

GOOD = {
    "dead_letters": 0,
    "lost": 0,
    "doubled": 0,
    "out_of_order": 0,
    "unanswered": 0,
    "most_calls_in_30_s": 50,
    "calls_refused_with_429": 0,
    "times_needed": 1.05,
    "events_a_minute": 35.0,
    "calls_an_event": 2.8,
}


@pytest.mark.parametrize("seed", range(20))
def test_a_plan_has_the_mix_and_nothing_before_what_it_follows(seed: int) -> None:
    """A follow-up is the next message of its conversation, a repeat one that was there before."""
    planned = plan(90, seed)
    assert len(planned) == 90
    seen: set[tuple[int, int]] = set()
    for one in planned:
        key = (one.conversation, one.position)
        assert (key in seen) is (one.kind == REPEAT)
        assert one.position == 0 or (one.conversation, one.position - 1) in seen
        seen.add(key)
    counts = {kind: sum(one.kind == kind for one in planned) for kind in set(MIX)}
    assert all(abs(count - 5 * MIX.count(kind)) <= 1 for kind, count in counts.items()), counts
    assert any(one.kind == FOLLOW_UP and one.position > 0 for one in planned)


def test_the_fullest_window_is_found_wherever_it_begins() -> None:
    """Three calls within 30 s across a full minute; one exactly 30 s later is in the next window."""
    assert most_in_a_window([0, 29_000, 58_000, 58_500, 59_000, 88_000]) == 3
    assert most_in_a_window([0, 30_000]) == 1
    assert most_in_a_window([]) == 0


def test_calls_need_their_part_of_the_documented_window() -> None:
    """50 calls need 30 s."""
    assert (seconds_needed(50), seconds_needed(280)) == (30.0, 168.0)


def test_the_sustained_rate_leaves_out_the_first_window_and_the_tail() -> None:
    """One end a second: 60 a minute, whatever the start and the last straggler do."""
    ended = [0] * 20 + [1000 * second for second in range(161)] + [10_000_000] * 19
    assert events_a_minute(sorted(ended), 200) == pytest.approx(60, rel=0.02)


def test_a_percentile_of_nothing_is_none() -> None:
    """And of something a member of it."""
    assert percentile([], 0.95) is None
    assert percentile([1.0, 2.0, 3.0, 4.0], 0.5) == 3.0


@pytest.mark.parametrize(
    ("key", "bad"),
    [
        ("dead_letters", 1),
        ("lost", 1),
        ("doubled", 1),
        ("out_of_order", 1),
        ("unanswered", 1),
        ("most_calls_in_30_s", 51),
        ("calls_refused_with_429", 1),
        ("times_needed", 1.31),
        ("times_needed", None),
        ("events_a_minute", 30.0),
        ("calls_an_event", 2.81),
    ],
)
def test_each_broken_promise_of_a_burst_fails_the_run(key: str, bad: Any) -> None:
    """One value past its bound is enough."""
    assert all(row.is_kept for row in judge({"bursts": {"100": GOOD}}, None))
    assert not all(row.is_kept for row in judge({"bursts": {"100": GOOD | {key: bad}}}, None))


def test_a_message_alone_must_finish_at_every_concurrency_that_is_accepted() -> None:
    """Refused at start is not accepted; not finished is a failure."""
    kept = {"bursts": {}, "alone": {"4": "finished", "13": "refused at start"}}
    assert all(row.is_kept for row in judge(kept, None))
    assert not all(row.is_kept for row in judge({"bursts": {}, "alone": {"13": "not finished"}}, None))


def test_an_old_queue_fails_the_steady_load() -> None:
    """30 s at most."""
    one = {"queue_age_p95": 31.0, "final_seconds_p95": 40.0, "dead_letters": 0}
    assert [row.is_kept for row in judge({"bursts": {}, "steady": one}, None)].count(False) == 1


def test_the_table_shows_what_never_ended_and_today_beside_it() -> None:
    """One line a row, the builds' names above."""
    table = to_table([Row("time", math.inf, 1.5, "<=", 1.3, 1.1)], ["this build", "b91bf19"])
    assert "b91bf19" in table.splitlines()[0]
    assert table.splitlines()[1].split()[:2] == ["FAIL", "never"]
