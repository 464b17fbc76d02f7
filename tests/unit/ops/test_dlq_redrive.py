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
def letters(clock: FakeClock) -> MemoryDeadLetters:
    """No letters yet."""
    return MemoryDeadLetters(clock)


def body(number: int, conversation: str = "c") -> str:
    """An event that a consumer can read."""
    return to_json(
        InboundEvent(conversation, f"d{number}", 1_795_000_000_000, "1-0-0", message_id=f"m{number}", event_id="e")
    )


def die(
    letters: MemoryDeadLetters, number: int, group: str = "g", reason: str = "vendor_status_404", text: str = ""
) -> str:
    """A message is given up on; answers its id."""
    return letters.dead.send(
        text or body(number), group, f"dead-{number}-{group}", {"reason": reason} if reason else {}
    )


def run(
    letters: MemoryDeadLetters, choice: Choice, clock: FakeClock, limit: int = 100, per_second: float = 2.0
) -> Report:
    """One redrive."""
    report = Report()
    redrive(letters, choice, report, limit=limit, per_second=per_second, clock=clock)
    return report


def sent(letters: MemoryDeadLetters) -> list[str]:
    """The bodies that arrived, in order."""
    return [message.body for message in letters.queue.accepted]


def test_a_plan_changes_nothing_and_says_what_a_redrive_then_does(letters: MemoryDeadLetters, clock: FakeClock) -> None:
    """Dry run first."""
    ids = [die(letters, number, f"g{number}") for number in range(3)]
    planned = plan_redrive(letters, ALL, 2)
    assert [letter.id for letter in planned.redriven] == ids[:2]
    assert (letters.count(), sent(letters)) == (3, [])
    assert [letter.id for letter in run(letters, ALL, clock, limit=2).redriven] == ids[:2]
    assert letters.count() == 1


def test_a_second_redrive_sends_nothing(letters: MemoryDeadLetters, clock: FakeClock) -> None:
    """Safe to run twice."""
    die(letters, 1)
    run(letters, ALL, clock)
    assert run(letters, ALL, clock) == Report()
    assert sent(letters) == [body(1)]


@pytest.mark.parametrize("step", ["delete", "sent"])
def test_a_death_between_send_and_delete_delivers_once_within_five_minutes(
    letters: MemoryDeadLetters, clock: FakeClock, step: str
) -> None:
    """The deduplication id follows from the letter, so the next redrive only deletes."""
    name = die(letters, 1)
    letters.failing = {(step, name)}
    assert run(letters, ALL, clock).failed.keys() == {name}
    assert letters.count() == 1
    letters.failing.clear()
    clock.advance(240)
    assert [letter.id for letter in run(letters, ALL, clock).redriven] == [name]
    assert (sent(letters), letters.count()) == ([body(1)], 0)


def test_a_death_between_send_and_delete_delivers_twice_later_and_the_event_is_the_same(
    letters: MemoryDeadLetters, clock: FakeClock
) -> None:
    """Then the ledger recognises it: the body, and so the event id, is what it was."""
    letters.failing = {("delete", die(letters, 1))}
    run(letters, ALL, clock)
    letters.failing.clear()
    clock.advance(301)
    run(letters, ALL, clock)
    assert sent(letters) == [body(1), body(1)]


def test_after_a_failure_nothing_more_of_its_group_is_sent_and_other_groups_go_on(
    letters: MemoryDeadLetters, clock: FakeClock
) -> None:
    """Order within a conversation."""
    first, second, third = (die(letters, number) for number in (1, 2, 3))
    die(letters, 4, "h")
    letters.failing = {("send", second)}
    report = run(letters, ALL, clock)
    assert sent(letters) == [body(1), body(4)]
    assert (report.failed, report.behind) == ({second: "send: sqs_unavailable"}, {third})
    letters.failing.clear()
    run(letters, ALL, clock)
    assert sent(letters) == [body(1), body(4), body(2), body(3)]
    assert first not in report.failed


def test_everything_stops_at_the_third_failure(letters: MemoryDeadLetters, clock: FakeClock) -> None:
    """A queue that takes nothing is not asked a hundred times."""
    names = [die(letters, number, f"g{number}") for number in range(6)]
    letters.failing = {("send", name) for name in names}
    report = run(letters, ALL, clock)
    assert len(report.failed) == MAX_FAILURES
    assert letters.count() == 6
    assert {message.visible_at <= clock.now_epoch_ms() for message in letters.dead.messages} == {True}


def test_letters_that_cannot_be_received_are_a_problem_not_a_crash(
    letters: MemoryDeadLetters, clock: FakeClock
) -> None:
    """What was sent before is still reported."""
    letters.failing = {("receive", "")}
    assert run(letters, ALL, clock).problem == "sqs did not answer (Broken)"


def test_the_pace_is_kept(letters: MemoryDeadLetters, clock: FakeClock) -> None:
    """Two a second means half a second between two sends, and the letters are held for as long as that takes."""
    for number in range(5):
        die(letters, number, f"g{number}")
    run(letters, ALL, clock, per_second=2.0)
    times = [at for _, at in letters.sends]
    assert [later - earlier for earlier, later in pairwise(times)] == [500] * 4
    die(letters, 9)
    run(letters, ALL, clock, per_second=0.1)
    assert letters.held_seconds[-1] > 10 / 0.1


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
    letters: MemoryDeadLetters, clock: FakeClock, reason: str, text: str
) -> None:
    """It would only die again."""
    name = die(letters, 1, reason=reason, text=text)
    die(letters, 2, "h")
    assert plan_redrive(letters, ALL, 10).passed_over.keys() == {name}
    assert run(letters, ALL, clock).passed_over.keys() == {name}
    assert (sent(letters), letters.count()) == ([body(2)], 1)
    named = Choice(frozenset({name})) if not reason else Choice(reason=reason)
    assert [letter.id for letter in run(letters, named, clock).redriven] == [name]


def test_only_what_was_named_or_has_the_reason_is_sent(letters: MemoryDeadLetters, clock: FakeClock) -> None:
    """Ids and a reason together mean both."""
    first, second, third = die(letters, 1), die(letters, 2, "h", "retries_exhausted"), die(letters, 3, "i")
    both = Choice(frozenset({first, second}), "retries_exhausted")
    assert [letter.id for letter in run(letters, both, clock).redriven] == [second]
    assert [letter.id for letter in run(letters, Choice(frozenset({third})), clock).redriven] == [third]
    assert [letter.id for letter in run(letters, Choice(reason="vendor_status_404"), clock).redriven] == [first]


def test_letters_left_in_place_do_not_hide_those_behind_them(letters: MemoryDeadLetters, clock: FakeClock) -> None:
    """A group hands out ten at a time: what stays is released, and the next round sees further."""
    kept = [die(letters, number, reason="schema_invalid") for number in range(8)]
    for number in range(8, 14):
        die(letters, number)
    report = run(letters, ALL, clock)
    assert sent(letters) == [body(number) for number in range(8, 14)]
    assert report.passed_over.keys() == set(kept)


def test_a_letter_moved_by_sqs_has_a_reason_to_ask_for(letters: MemoryDeadLetters, clock: FakeClock) -> None:
    """Nobody was there to write one."""
    die(letters, 1, reason="")
    assert len(run(letters, Choice(reason="moved_by_sqs"), clock).redriven) == 1


def test_an_unreadable_letter_is_one_that_says_so_or_is_so() -> None:
    """The consumer's word counts as much as ours."""
    assert is_readable(DeadLetter("i", "events", body(1), "g", "r"))
    assert not is_readable(DeadLetter("i", "events", body(1), "g", "r", attributes={"reason": "schema_invalid"}))
    assert not is_readable(DeadLetter("i", "events", "[]", "g", "r"))


def kill_again(letters: MemoryDeadLetters, live_id: str) -> None:
    """The consumer gives a sent letter up at once, with a copy that names it."""
    message = next(one for one in letters.queue.messages if one.id == live_id)
    letters.queue.delete(message.receipt)
    letters.dead.send(message.body, message.group, f"again-{live_id}", {"reason": "vendor_404", "record_id": live_id})


@pytest.mark.parametrize("is_copy", [True, False])
def test_what_dies_again_while_it_runs_is_not_sent_again_but_reported(
    letters: MemoryDeadLetters, clock: FakeClock, is_copy: bool
) -> None:
    """Three messages never become a hundred sends, whether a consumer copied them or SQS moved them."""
    names = [die(letters, number, f"g{number}") for number in range(3)]
    report = Report()

    def at_once(told: Report) -> None:
        live = max(told.live_ids, key=lambda one: int(one.rpartition("-")[2]))
        if is_copy:
            clock.advance(0.001)
            kill_again(letters, live)
            return
        moved = next(one for one in letters.queue.messages if one.id == live)
        moved.visible_at = 0
        letters.dead.messages.append(moved)

    redrive(letters, ALL, report, limit=100, per_second=2.0, clock=clock, on_sent=at_once)
    watch(letters, report, 30, clock)
    assert [letter.id for letter in report.redriven] == names
    assert len(report.came_back) == 3
    assert len(letters.sends) == 3


def test_the_default_pace_is_half_of_the_budget() -> None:
    """50 calls in 30 s, three an event: one event in 3.6 s."""
    assert paced_events_per_second(50) == pytest.approx(1 / 3.6)
