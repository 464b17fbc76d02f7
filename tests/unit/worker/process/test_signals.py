"""Signals to the people who watch: a reply against the switches, and a colleague who routes differently."""

from __future__ import annotations

from dataclasses import replace

from rp_mw_worker.domain.model import Flags
from tests.fakes.recording import recording
from tests.fakes.worker_world import LIVE, FakeFlags, World

RETURN_TEXT = "I would like to return the blue mug that came last week please"


class BlindFlags(FakeFlags):
    """A defect: the look before a reply sees automation on, while everybody else sees it off."""

    def fresh(self) -> Flags:
        """Return flags that allow everything, the first time."""
        self.fresh_reads += 1
        return LIVE if self.fresh_reads == 1 else replace(LIVE, automation_enabled=False)


def asks(world: World, text: str) -> str:
    """Let the customer of c1 write; return the message's id."""
    return world.helpdesk.customer_writes("c1", text, channel="livechat")


def test_a_reply_against_the_switches_sounds_the_alarm() -> None:
    """Should the gates ever let a reply out that the switches forbid, the metric that pages says so."""
    world = World()
    blind = BlindFlags()
    world.deps = replace(world.deps, flags=blind)
    worker = world.new_worker(world.deps)
    event = world.event("c1", asks(world, RETURN_TEXT))
    with recording() as lines:
        world.deliver(event, worker=worker)
    assert world.helpdesk.replies("c1")
    assert lines.samples("AutomationWhileOff") == [1]


def test_a_permitted_reply_sounds_no_alarm() -> None:
    """The signal means something: an ordinary reply leaves it at zero."""
    world = World()
    with recording() as lines:
        world.deliver(world.event("c1", asks(world, RETURN_TEXT)))
    assert world.helpdesk.replies("c1")
    assert lines.samples("AutomationWhileOff") == []


def test_a_colleagues_other_route_is_counted_at_the_next_message() -> None:
    """Accuracy in the field: an agent who moved the ticket elsewhere disagreed with us."""
    world = World()
    world.deliver(world.event("c1", asks(world, RETURN_TEXT)))
    world.helpdesk.store.tickets["c1"].tags[:] = ["mw-processed", "route-backend"]
    with recording() as lines:
        world.deliver(world.event("c1", asks(world, "Any news about my return?")))
    assert lines.samples("AgentOverrides") == [1]


def test_our_own_route_is_no_disagreement() -> None:
    """A ticket that stays where we put it counts nothing."""
    world = World()
    world.deliver(world.event("c1", asks(world, RETURN_TEXT)))
    with recording() as lines:
        world.deliver(world.event("c1", asks(world, "Any news about my return?")))
    assert lines.samples("AgentOverrides") == []
