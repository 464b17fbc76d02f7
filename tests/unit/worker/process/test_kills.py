"""The process dies at every boundary of an event in turn; redelivery brings it to the same end, with one reply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from rp_mw_shared.errors import OutcomeUnknownError, TransientError
from rp_mw_shared.idempotency.ledger import ActionStatus, EventStatus
from rp_mw_worker.domain.model import Flags, RolloutStage
from tests.fakes.boundaries import Killed, Schedule, at_boundaries
from tests.fakes.worker_world import LIVE, WITH_NOTES, World, shipped_order

RETURN_TEXT = "I would like to return the blue mug that came last week please"
ORDER_TEXT = "Hello, where is my package? It should have been here by now"
VISIBILITY_SECONDS = 360


@dataclass(frozen=True)
class Story:
    """One kind of event: what happens before it, and the message to deliver."""

    name: str
    flags: Flags
    message: Callable[[World], Any]
    replies: int


def _message(text: str, **contents: Any) -> Callable[[World], Any]:
    def write(world: World) -> Any:
        message_id = world.helpdesk.customer_writes("c1", text, **({"channel": "livechat"} | contents))
        return world.event("c1", message_id)

    return write


def _minimal(world: World) -> Any:
    world.helpdesk.customer_writes("c1", RETURN_TEXT, channel="email")
    return world.event("c1")


def _result(tracked: bool) -> Callable[[World], Any]:
    def ask(world: World) -> Any:
        world.deliver(_message(ORDER_TEXT, linked_order_id="5551001", channel="email")(world))
        (request,) = world.enrichment.requests.values()
        order = shipped_order()
        if not tracked:
            order = replace(
                order, fulfillment_status="UNFULFILLED", tracking=(), shipped_at_epoch_ms=None, delivery_status=None
            )
        return world.result(request, order)

    return ask


STORIES = [
    Story("shadow", Flags(False, False, frozenset(), RolloutStage.SHADOW), _message(RETURN_TEXT), 0),
    Story("route only", Flags(False, False, frozenset(), RolloutStage.ASSIGN), _message(RETURN_TEXT), 0),
    Story("note", LIVE, _message("I will file a chargeback with my bank"), 0),
    Story("tier 1", LIVE, _message(RETURN_TEXT), 1),
    Story("minimal", LIVE, _minimal, 1),
    Story("parked", LIVE, _message(ORDER_TEXT, linked_order_id="5551001", channel="email"), 0),
    Story("tier 2", LIVE, _result(tracked=True), 1),
    Story("tier 2 and closed", LIVE, _result(tracked=False), 1),
]


def run(story: Story, faults: dict[int, BaseException]) -> tuple[World, Schedule]:
    """Play the story with faults at chosen crossings, redelivering as SQS does; return the world at the end."""
    world = World(policy=WITH_NOTES)
    world.flags.set(story.flags)
    message = story.message(world)
    schedule = Schedule(faults)
    worker = world.new_worker(at_boundaries(world.deps, schedule))
    for delivery in range(1, 6):
        try:
            left = world.deliver(message, receive_count=delivery, worker=worker)
        except Killed:
            left = 1
            world.clock.advance(VISIBILITY_SECONDS)
        else:
            world.clock.advance(world.delays[-1] if left else 0)
        if not left:
            return world, schedule
    return world, schedule


def outcome(world: World) -> dict[str, Any]:
    """What must be equal however often the process died: everything but times, owners and counters."""
    ticket = world.helpdesk.store.tickets["c1"]
    state = {key: value for key, value in world.records.states.get("c1", {}).items() if key in _COMPARED_STATE}
    return {
        "status": ticket.status,
        "tags": sorted(ticket.tags),
        "replies": world.helpdesk.replies("c1"),
        "notes": len(world.helpdesk.notes("c1")),
        "state": state,
        "events": {key: (record.status, record.mode) for key, record in world.events().items()},
        "actions": {key: record.status for key, record in world.records.ledger.actions.items()},
        "audit": [(row["route"], row["intent"], row["outcome"]) for row in world.audit_rows("c1")],
        "requests": sorted(world.enrichment.requests),
    }


_COMPARED_STATE = {"version", "last_message_id", "last_intent", "last_route", "last_confidence", "last_event_id"}


def crossings(story: Story) -> int:
    """How many boundaries the story crosses when nothing goes wrong."""
    return len(run(story, {})[1].crossed)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_death_at_any_boundary_changes_nothing_in_the_end(story: Story) -> None:
    """Killed at crossing n, for every n: same final state, same tables, at most one reply."""
    expected, _ = run(story, {})
    assert len(expected.helpdesk.replies("c1")) == story.replies
    for number in range(crossings(story)):
        world, schedule = run(story, {number: Killed()})
        assert outcome(world) == outcome(expected), schedule.crossed[number]
        assert world.quarantined == []


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_two_deaths_leave_no_second_reply_and_nothing_open(story: Story) -> None:
    """Killed at crossing n and again at every later one: final, consistent, never two replies or notes."""
    count = crossings(story)
    for first in range(count):
        for second in range(first + 1, first + count, 3):
            world, schedule = run(story, {first: Killed(), second: Killed()})
            where = (schedule.crossed[first], schedule.crossed[second] if second < len(schedule.crossed) else "")
            assert len(world.helpdesk.replies("c1")) <= story.replies, where
            assert len(world.helpdesk.notes("c1")) <= 1, where
            assert world.unfinished() == [], where
            assert "mw-processed" in world.tags("c1") or story.name in {"shadow", "parked"}, where


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_vendor_or_table_that_fails_once_anywhere_is_survived(story: Story) -> None:
    """A transient error instead of a death: returned to the queue, delivered again, same end."""
    expected, clean = run(story, {})
    for number, crossed in enumerate(clean.crossed):
        if crossed.endswith(("flags.current", "flags.fresh", "classifiers.classify", "helpdesk.add_note")):
            continue  # these ports do not raise, or what fails is left
        world, _ = run(story, {number: TransientError("flaky", code="vendor_unavailable")})
        assert len(world.helpdesk.replies("c1")) == story.replies, crossed
        assert outcome(world)["state"] == outcome(expected)["state"], crossed
        assert world.unfinished() == [], crossed


def test_a_lost_answer_to_a_sent_reply_is_found_by_reading_back() -> None:
    """Sent, answer lost: the read-back finds it, nothing is sent again."""
    world = World()
    message = _message(RETURN_TEXT)(world)
    world.helpdesk.lost["send_reply"] = [OutcomeUnknownError("lost", code="outcome_unknown")]
    assert world.deliver(message) == 0
    assert len(world.helpdesk.replies("c1")) == 1
    assert "mw-auto-replied" in world.tags("c1")


def test_a_reply_proved_absent_is_sent_once_more() -> None:
    """No answer and no effect: returned to the queue, and tried again only after the time that makes it proof."""
    world = World()
    message = _message(RETURN_TEXT)(world)
    world.helpdesk.failures["send_reply"] = [OutcomeUnknownError("lost", code="outcome_unknown")]
    assert world.deliver(message) == 1
    assert world.delays[-1] == 30
    assert world.deliver(message, receive_count=2) == 1  # at once: too early for proof
    world.clock.advance(31)
    assert world.deliver(message, receive_count=3) == 0
    assert len(world.helpdesk.replies("c1")) == 1


def test_a_reply_that_vanishes_twice_goes_to_a_person() -> None:
    """Answered 200 and never seen: one more try, then mw-send-unknown, never a third."""
    world = World()
    message = _message(RETURN_TEXT)(world)
    world.helpdesk.ignored.add("send_reply")
    world.deliver_until_final(message)
    assert world.helpdesk.calls.count("send_reply") == 2
    assert "mw-send-unknown" in world.tags("c1")
    assert world.unfinished() == []


def test_a_ticket_that_cannot_be_read_back_is_never_answered_again() -> None:
    """Killed after the reply left, and reading back fails: unknown, a person looks."""
    world = World()
    message = _message(RETURN_TEXT)(world)

    def die_after_send(when: str, point: str) -> None:
        if (when, point) == ("after", "helpdesk.send_reply"):
            raise Killed

    with pytest.raises(Killed):
        world.deliver(message, worker=world.new_worker(at_boundaries(world.deps, die_after_send)))
    world.clock.advance(VISIBILITY_SECONDS)

    def unreadable(when: str, point: str) -> None:
        if (when, point) == ("before", "helpdesk.load_written"):
            raise TransientError("down", code="vendor_unavailable")

    assert world.deliver(message, receive_count=2, worker=world.new_worker(at_boundaries(world.deps, unreadable))) == 0
    assert len(world.helpdesk.replies("c1")) == 1
    assert "mw-send-unknown" in world.tags("c1")


def test_a_stale_owner_that_wakes_up_writes_nothing() -> None:
    """The lease was taken over while the first run slept: its late writes are refused."""
    world = World()
    message = _message(RETURN_TEXT)(world)
    inner = world.new_worker(world.deps)

    def sleep_before_finish(when: str, point: str) -> None:
        if (when, point) == ("before", "records.finish"):
            world.clock.advance(VISIBILITY_SECONDS)
            assert world.deliver(message, receive_count=2, worker=inner) == 0

    slow = world.new_worker(at_boundaries(world.deps, sleep_before_finish))
    world.deliver(message, worker=slow)
    (record,) = world.events().values()
    assert (record.status, record.owner) == (EventStatus.COMPLETED, "owner-2")
    assert len(world.helpdesk.replies("c1")) == 1
    assert world.records.states["c1"]["version"] == 1


def die_at(world: World, message: Any, when: str, point: str) -> None:
    """Deliver once with a death at the named crossing, and let the lease run out."""

    def hook(crossed_when: str, crossed: str) -> None:
        if (crossed_when, crossed) == (when, point):
            raise Killed

    with pytest.raises(Killed):
        world.deliver(message, worker=world.new_worker(at_boundaries(world.deps, hook)))
    world.clock.advance(VISIBILITY_SECONDS)


def test_a_takeover_carries_out_the_recorded_plan_not_a_new_decision() -> None:
    """Decided as route only; by the time of the retry everything is live: still no reply."""
    world = World()
    world.flags.set(Flags(False, False, frozenset(), RolloutStage.ASSIGN))
    message = _message(RETURN_TEXT)(world)
    die_at(world, message, "after", "records.claim")
    world.flags.set(LIVE)
    world.classifiers.default = world.classifiers.rules["promo"]
    world.classifiers.rules.clear()
    assert world.deliver(message, receive_count=2) == 0
    assert world.helpdesk.replies("c1") == []
    assert "mw-intent-return_request" in world.tags("c1")
    (record,) = world.events().values()
    assert (record.mode, record.attempts) == ("route_only", 2)


def test_a_takeover_never_replies_after_a_person() -> None:
    """The first run died before it sent; an agent answered meanwhile: the planned reply is not sent any more."""
    world = World()
    message = _message(RETURN_TEXT)(world)
    die_at(world, message, "before", "records.begin_action")
    world.helpdesk.agent_writes("c1", "I have taken care of it")
    assert world.deliver(message, receive_count=2) == 0
    assert world.helpdesk.replies("c1") == []
    assert "mw-reply-blocked" in world.tags("c1")


def test_a_takeover_obeys_a_switch_thrown_since() -> None:
    """The plan says reply, the fresh flags say no: blocked."""
    world = World()
    message = _message(RETURN_TEXT)(world)
    die_at(world, message, "after", "records.claim")
    world.flags.set(replace(LIVE, safe_mode=True))
    assert world.deliver(message, receive_count=2) == 0
    assert world.helpdesk.replies("c1") == []


def test_a_takeover_leaves_later_messages_to_their_own_events() -> None:
    """A second message came while the first one's run was dead: answered for the first, then handled by itself."""
    world = World()
    message = _message(RETURN_TEXT)(world)
    die_at(world, message, "after", "helpdesk.send_reply")
    later = world.helpdesk.customer_writes("c1", "I will file a chargeback with my bank", channel="livechat")
    assert world.deliver(message, receive_count=2) == 0
    assert world.records.states["c1"]["last_intent"] == "return_request"
    assert len(world.helpdesk.replies("c1")) == 1
    assert world.deliver(world.event("c1", later)) == 0
    assert world.records.states["c1"]["last_intent"] == "chargeback_dispute"
    assert len(world.helpdesk.replies("c1")) == 1


def test_a_dead_runs_plan_has_its_row_though_another_run_has_handled_the_message() -> None:
    """It set the team and died; another event of the same ticket was handled before it came again."""
    world = World()
    first = world.helpdesk.customer_writes("c1", RETURN_TEXT, channel="livechat")
    second = world.helpdesk.customer_writes("c1", "the mug is blue", channel="livechat")
    die_at(world, world.event("c1", second), "before", "records.finish")
    assert world.deliver(world.event("c1", first)) == 0
    assert world.deliver(world.event("c1", second), receive_count=2) == 0
    assert world.events()[f"evt:rp:c1:{second}"].result == {"outcome": "covered"}
    rows = sorted(world.records.audit.values(), key=lambda row: str(row["ts_action_id"]))
    assert [row["outcome"] for row in rows] == ["covered", "completed"]
    assert rows[0]["route"] == rows[1]["route"]
    assert "day" not in rows[0] or rows[0]["day"] is None
    assert len(world.helpdesk.replies("c1")) == 1


def test_a_late_delivery_of_a_covered_message_does_not_swallow_a_newer_one() -> None:
    """The older event finds itself covered; the newest message waits for its own event."""
    world = World()
    first = world.helpdesk.customer_writes("c1", RETURN_TEXT, channel="livechat")
    second = world.helpdesk.customer_writes("c1", "the mug is blue", channel="livechat")
    world.deliver(world.event("c1", second))
    third = world.helpdesk.customer_writes("c1", "any promo?", channel="livechat")
    world.deliver(world.event("c1", first))
    assert world.events()[f"evt:rp:c1:{first}"].result == {"outcome": "covered"}
    assert world.records.states["c1"]["last_message_id"] == second
    world.deliver(world.event("c1", third))
    assert world.records.states["c1"]["last_message_id"] == third


def test_a_run_held_up_beyond_its_lease_sends_nothing() -> None:
    """Between its mark and the send the lease ran out: it stops, and the next run proves the reply absent first."""
    world = World()
    message = _message(RETURN_TEXT)(world)

    def held_up(when: str, point: str) -> None:
        if (when, point) == ("after", "records.begin_action"):
            world.clock.advance(VISIBILITY_SECONDS)

    assert world.deliver(message, worker=world.new_worker(at_boundaries(world.deps, held_up))) == 1
    assert world.helpdesk.replies("c1") == []
    world.clock.advance(VISIBILITY_SECONDS)
    assert world.deliver(message, receive_count=2) == 0
    assert len(world.helpdesk.replies("c1")) == 1


@pytest.mark.parametrize("newer", [1, 20])
def test_a_minimal_delivery_finishes_what_it_left_behind_before_it_takes_up_a_newer_message(newer: int) -> None:
    """It names no message: when it comes again, the newest one may be another, and the reply of the first is open."""
    world = World()
    message = _minimal(world)
    world.helpdesk.failures["send_reply"] = [OutcomeUnknownError("lost", code="outcome_unknown")]
    assert world.deliver(message) == 1
    for _ in range(newer):
        world.helpdesk.customer_writes("c1", "Do you ship to Norway?", channel="email")
    world.clock.advance(31)
    assert world.deliver(message, receive_count=2) == 0
    assert world.unfinished() == []
    assert [action.status for action in world.records.ledger.actions.values()].count(ActionStatus.DONE) >= 1
    assert ActionStatus.ATTEMPTING not in {action.status for action in world.records.ledger.actions.values()}
    assert len(world.helpdesk.replies("c1")) == 1
    assert len(world.audit_rows("c1")) == 2
