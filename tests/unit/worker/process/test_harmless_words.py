"""Words of tier 0 that the classifier takes for harmless: no team by them, no reply either, where all was read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rp_mw_worker.domain.decide import decide
from rp_mw_worker.domain.model import Case, ConversationState, Flags, Ticket
from rp_mw_worker.domain.replay_record import from_replay_record, to_replay_record
from rp_mw_worker.domain.screen import screen
from tests.fakes.policy import load_policy
from tests.fakes.worker_world import World, says

QUESTION = "Where is my order #1001? It is the book The Chargeback."
HARMLESS, DOUBTFUL = 0.02, 0.2


@pytest.fixture
def world() -> World:
    """One customer and one open ticket, c1."""
    return World()


def asks(world: World, text: str, share: float | None, **contents: object) -> None:
    """Let the customer write, and the classifier hold tier 0 for as likely as `share`."""
    world.classifiers.rules = {"where": replace(says("order_status_tracking"), tier0_share=share)}
    message_id = world.helpdesk.customer_writes("c1", text, **({"channel": "livechat"} | contents))
    world.deliver(world.event("c1", message_id))


def is_silent(world: World) -> bool:
    """No reply and no lookup."""
    return not world.helpdesk.replies("c1") and not world.enrichment.requests


def test_a_harmless_word_decides_no_team_and_forbids_the_reply(world: World) -> None:
    """The ticket goes where its question belongs; nothing of ours is sent."""
    asks(world, QUESTION, HARMLESS)
    assert "route-chargebacks-disputes" not in world.tags("c1")
    assert "mw-escalated" not in world.tags("c1")
    assert is_silent(world)


@pytest.mark.parametrize("share", [DOUBTFUL, None, 0.15])
def test_a_word_that_may_be_meant_decides(world: World, share: float | None) -> None:
    """At the limit, above it, and where the classifier does not tell or has not read all."""
    asks(world, QUESTION, share)
    assert {"route-chargebacks-disputes", "mw-escalated"} <= set(world.tags("c1"))
    assert is_silent(world)


def test_what_the_classifier_did_not_read_is_not_harmless(world: World) -> None:
    """The subject is not classified: a threat in it counts, whatever the text is."""
    asks(world, "Where is my order #1001?", HARMLESS, channel="email", subject="CHARGEBACK FILED - order 1001")
    assert {"route-chargebacks-disputes", "mw-escalated"} <= set(world.tags("c1"))


def test_a_policy_without_the_limit_believes_every_word() -> None:
    """0: the words always decide."""
    policy = load_policy()
    thresholds = replace(policy.settings.thresholds, harmless_tier0=0.0)
    world = World(policy=replace(policy, settings=replace(policy.settings, thresholds=thresholds)))
    asks(world, QUESTION, 0.0)
    assert "mw-escalated" in world.tags("c1")


def test_a_harmless_word_is_decided_again_the_same_way() -> None:
    """The record of what was decided keeps which words were harmless."""
    policy = load_policy()
    hits = screen(QUESTION, policy.screen)
    case = Case(
        ticket=Ticket("c", "livechat", is_open=True, messages=()),
        classification=says("order_status_tracking"),
        state=ConversationState("c"),
        flags=Flags(),
        now_epoch_ms=0,
        received_at_epoch_ms=0,
        text=QUESTION,
        screen_hits=hits,
        harmless_hits=hits,
    )
    again = from_replay_record(to_replay_record(case, policy))
    assert again.harmless_hits == hits != frozenset()
    assert decide(again, policy).route_team == decide(case, policy).route_team != policy.rule("chargeback_dispute").team
    believed = replace(case, harmless_hits=frozenset())
    assert decide(believed, policy).route_team == policy.rule("chargeback_dispute").team
