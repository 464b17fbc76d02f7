"""A redrive sends what was chosen, once, in order and in its own time, and leaves in place what it could not send."""

from __future__ import annotations

from itertools import pairwise

import pytest

from rp_mw_ops.dead_letters.port import DeadLetter
from rp_mw_ops.dead_letters.redrive import MAX_FAILURES, Choice, Report, is_readable, plan_redrive, redrive, watch
from rp_mw_shared.clients.richpanel_budget import paced_events_per_second
from rp_mw_shared.clock import FakeClock
from rp_mw_shared.messages.serialization import to_json
from rp_mw_shared.messages.types import InboundEvent
from tests.fakes.dead_letters import MemoryDeadLetters

ALL = Choice()


@pytest.fixture
def clock() -> FakeClock:
    """Time that moves when told to."""
    return FakeClock()


@pytest.fixture
def dead_letters(clock: FakeClock) -> MemoryDeadLetters:
    """No dead letters yet."""
    return MemoryDeadLetters(clock)


def body(number: int, conversation: str = "c") -> str:
    """An event that a consumer can read."""
    return to_json(
        InboundEvent(conversation, f"d{number}", 1_795_000_000_000, "1-0-0", message_id=f"m{number}", event_id="e")
    )


def die(
    dead_letters: MemoryDeadLetters, number: int, group: str = "g", reason: str = "vendor_status_404", text: str = ""
) -> str:
    """A message dies; answers its id."""
    return dead_letters.dead.send(
        text or body(number), group, f"dead-{number}-{group}", {"reason": reason} if reason else {}
    )


def run(
    dead_letters: MemoryDeadLetters, choice: Choice, clock: FakeClock, limit: int = 100, per_second: float = 2.0
) -> Report:
    """One redrive."""
    report = Report()
    redrive(dead_letters, choice, report, limit=limit, per_second=per_second, clock=clock)
    return report


def sent(dead_letters: MemoryDeadLetters) -> list[str]:
    """The bodies that arrived, in order."""
    return [message.body for message in dead_letters.queue.accepted]


def test_a_plan_changes_nothing_and_says_what_a_redrive_then_does(
    dead_letters: MemoryDeadLetters, clock: FakeClock
) -> None:
    """Dry run first."""
    ids = [die(dead_letters, number, f"g{number}") for number in range(3)]
    planned = plan_redrive(dead_letters, ALL, 2)
    assert [dead_letter.id for dead_letter in planned.redriven] == ids[:2]
    assert (dead_letters.count(), sent(dead_letters)) == (3, [])
    assert [dead_letter.id for dead_letter in run(dead_letters, ALL, clock, limit=2).redriven] == ids[:2]
    assert dead_letters.count() == 1


def test_a_second_redrive_sends_nothing(dead_letters: MemoryDeadLetters, clock: FakeClock) -> None:
    """Safe to run twice."""
    die(dead_letters, 1)
    run(dead_letters, ALL, clock)
    assert run(dead_letters, ALL, clock) == Report()
    assert sent(dead_letters) == [body(1)]


@pytest.mark.parametrize("step", ["delete", "sent"])
def test_a_death_between_send_and_delete_delivers_once_within_five_minutes(
    dead_letters: MemoryDeadLetters, clock: FakeClock, step: str
) -> None:
    """The deduplication id follows from the dead letter, so the next redrive only deletes."""
    name = die(dead_letters, 1)
    dead_letters.failing = {(step, name)}
    assert run(dead_letters, ALL, clock).failed.keys() == {name}
    assert dead_letters.count() == 1
    dead_letters.failing.clear()
    clock.advance(240)
    assert [dead_letter.id for dead_letter in run(dead_letters, ALL, clock).redriven] == [name]
    assert (sent(dead_letters), dead_letters.count()) == ([body(1)], 0)


def test_a_death_between_send_and_delete_delivers_twice_later_and_the_event_is_the_same(
    dead_letters: MemoryDeadLetters, clock: FakeClock
) -> None:
    """Then the ledger recognises it: the body, and so the event id, is what it was."""
    dead_letters.failing = {("delete", die(dead_letters, 1))}
    run(dead_letters, ALL, clock)
    dead_letters.failing.clear()
    clock.advance(301)
    run(dead_letters, ALL, clock)
    assert sent(dead_letters) == [body(1), body(1)]


def test_after_a_failure_nothing_more_of_its_group_is_sent_and_other_groups_go_on(
    dead_letters: MemoryDeadLetters, clock: FakeClock
) -> None:
    """Order within a conversation."""
    first, second, third = (die(dead_letters, number) for number in (1, 2, 3))
    die(dead_letters, 4, "h")
    dead_letters.failing = {("send", second)}
    report = run(dead_letters, ALL, clock)
    assert sent(dead_letters) == [body(1), body(4)]
    assert (report.failed, report.after_failure) == ({second: "send: sqs_unavailable"}, {third})
    dead_letters.failing.clear()
    run(dead_letters, ALL, clock)
    assert sent(dead_letters) == [body(1), body(4), body(2), body(3)]
    assert first not in report.failed


def test_everything_stops_at_the_third_failure(dead_letters: MemoryDeadLetters, clock: FakeClock) -> None:
    """A queue that takes nothing is not asked a hundred times."""
    names = [die(dead_letters, number, f"g{number}") for number in range(6)]
    dead_letters.failing = {("send", name) for name in names}
    report = run(dead_letters, ALL, clock)
    assert len(report.failed) == MAX_FAILURES
    assert dead_letters.count() == 6
    assert {message.visible_at <= clock.now_epoch_ms() for message in dead_letters.dead.messages} == {True}


def test_dead_letters_that_cannot_be_received_are_a_problem_not_a_crash(
    dead_letters: MemoryDeadLetters, clock: FakeClock
) -> None:
    """What was sent before is still reported."""
    dead_letters.failing = {("receive", "")}
    assert run(dead_letters, ALL, clock).problem == "sqs did not answer (Broken)"


def test_the_pace_is_kept(dead_letters: MemoryDeadLetters, clock: FakeClock) -> None:
    """Two a second means half a second between two sends, and the dead letters are held for as long as that takes."""
    for number in range(5):
        die(dead_letters, number, f"g{number}")
    run(dead_letters, ALL, clock, per_second=2.0)
    times = [at for _, at in dead_letters.sends]
    assert [later - earlier for earlier, later in pairwise(times)] == [500] * 4
    die(dead_letters, 9)
    run(dead_letters, ALL, clock, per_second=0.1)
    assert dead_letters.held_seconds[-1] > 10 / 0.1


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("schema_invalid", ""),
        ("schema_version_unknown", ""),
        ("message_type_unknown", ""),
        ("", "not json"),
        ("", '{"type":"inbound_event","version":99}'),
    ],
)
def test_what_nobody_can_read_goes_back_only_when_named_or_asked_for_by_reason(
    dead_letters: MemoryDeadLetters, clock: FakeClock, reason: str, text: str
) -> None:
    """It would only die again."""
    name = die(dead_letters, 1, reason=reason, text=text)
    die(dead_letters, 2, "h")
    assert plan_redrive(dead_letters, ALL, 10).passed_over.keys() == {name}
    assert run(dead_letters, ALL, clock).passed_over.keys() == {name}
    assert (sent(dead_letters), dead_letters.count()) == ([body(2)], 1)
    named = Choice(frozenset({name})) if not reason else Choice(reason=reason)
    assert [dead_letter.id for dead_letter in run(dead_letters, named, clock).redriven] == [name]


def test_only_what_was_named_or_has_the_reason_is_sent(dead_letters: MemoryDeadLetters, clock: FakeClock) -> None:
    """Ids and a reason together mean both."""
    first, second, third = (
        die(dead_letters, 1),
        die(dead_letters, 2, "h", "retries_exhausted"),
        die(dead_letters, 3, "i"),
    )
    both = Choice(frozenset({first, second}), "retries_exhausted")
    assert [dead_letter.id for dead_letter in run(dead_letters, both, clock).redriven] == [second]
    assert [dead_letter.id for dead_letter in run(dead_letters, Choice(frozenset({third})), clock).redriven] == [third]
    assert [
        dead_letter.id for dead_letter in run(dead_letters, Choice(reason="vendor_status_404"), clock).redriven
    ] == [first]


def test_dead_letters_left_in_place_do_not_hide_those_after_them(
    dead_letters: MemoryDeadLetters, clock: FakeClock
) -> None:
    """A group hands out ten at a time: what stays is released, and the next round sees further."""
    kept = [die(dead_letters, number, reason="schema_invalid") for number in range(8)]
    for number in range(8, 14):
        die(dead_letters, number)
    report = run(dead_letters, ALL, clock)
    assert sent(dead_letters) == [body(number) for number in range(8, 14)]
    assert report.passed_over.keys() == set(kept)


def test_a_dead_letter_moved_by_sqs_has_a_reason_to_ask_for(dead_letters: MemoryDeadLetters, clock: FakeClock) -> None:
    """Nobody was there to write one."""
    die(dead_letters, 1, reason="")
    assert len(run(dead_letters, Choice(reason="moved_by_sqs"), clock).redriven) == 1


def test_an_unreadable_dead_letter_is_one_that_says_so_or_is_so() -> None:
    """The consumer's word counts as much as ours."""
    assert is_readable(DeadLetter("i", "events", body(1), "g", "r"))
    assert not is_readable(DeadLetter("i", "events", body(1), "g", "r", attributes={"reason": "schema_invalid"}))
    assert not is_readable(DeadLetter("i", "events", "[]", "g", "r"))


def kill_again(dead_letters: MemoryDeadLetters, live_id: str) -> None:
    """The consumer gives a sent dead letter up at once, with a copy that names it."""
    message = next(one for one in dead_letters.queue.messages if one.id == live_id)
    dead_letters.queue.delete(message.receipt)
    dead_letters.dead.send(
        message.body, message.group, f"again-{live_id}", {"reason": "vendor_404", "record_id": live_id}
    )


@pytest.mark.parametrize("is_copy", [True, False])
def test_what_dies_again_while_it_runs_is_not_sent_again_but_reported(
    dead_letters: MemoryDeadLetters, clock: FakeClock, is_copy: bool
) -> None:
    """Three messages never become a hundred sends, whether a consumer copied them or SQS moved them."""
    names = [die(dead_letters, number, f"g{number}") for number in range(3)]
    report = Report()

    def at_once(told: Report) -> None:
        live = max(told.live_ids, key=lambda one: int(one.rpartition("-")[2]))
        if is_copy:
            clock.advance(0.001)
            kill_again(dead_letters, live)
            return
        moved = next(one for one in dead_letters.queue.messages if one.id == live)
        moved.visible_at = 0
        dead_letters.dead.messages.append(moved)

    redrive(dead_letters, ALL, report, limit=100, per_second=2.0, clock=clock, on_sent=at_once)
    watch(dead_letters, report, 30, clock)
    assert [dead_letter.id for dead_letter in report.redriven] == names
    assert len(report.came_back) == 3
    assert len(dead_letters.sends) == 3


def test_the_default_pace_is_half_of_the_budget() -> None:
    """50 calls in 30 s, three an event: one event in 3.6 s."""
    assert paced_events_per_second(50) == pytest.approx(1 / 3.6)
