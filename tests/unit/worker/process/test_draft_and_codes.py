"""Stage draft where chats ask for codes: none is made in it, so no draft speaks of one, nor tells an order without."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from rp_mw_shared.errors import TransientError
from rp_mw_shared.flags.declared import RolloutStage
from rp_mw_worker.domain.drafts import DRAFT_INTRODUCTION
from tests.fakes.worker_world import LIVE, WITH_NOTES, World, shipped_order

OWNER, VISITOR = "owner@example.com", "visitor@example.net"
QUESTION = "Hello, where is my order #1001? Thanks"
TRACKING = "1Z5R89390357567127"
CODE = re.compile(r"<p>(\d{6})</p>")
ASKING = replace(LIVE, chat_codes=True)
DRAFTING = replace(ASKING, rollout_stage=RolloutStage.DRAFT)


def says(world: World, text: str, email: str = VISITOR) -> None:
    """Let the visitor of the chat write and the worker handle it."""
    world.clock.advance(1)
    message_id = world.helpdesk.customer_writes("c1", text, channel="messenger", email=email)
    world.deliver(world.event("c1", message_id, customer_email=email))


def finds(world: World) -> None:
    """Let the shop answer the newest lookup with an order of OWNER."""
    world.clock.advance(1)
    request = list(world.enrichment.requests.values())[-1]
    world.deliver(world.result(request, shipped_order(OWNER), order_address=OWNER))


def drafting(email: str = VISITOR) -> World:
    """In stage draft from the first message on."""
    world = World(policy=WITH_NOTES)
    world.flags.set(DRAFTING)
    says(world, QUESTION, email)
    finds(world)
    return world


def demoted_before_the_order_was_found() -> World:
    """The question came at tier 2, the answer of the shop in stage draft."""
    world = World(policy=WITH_NOTES)
    world.flags.set(ASKING)
    says(world, QUESTION)
    world.flags.set(DRAFTING)
    finds(world)
    return world


def demoted_during_the_run() -> World:
    """The decision was made at tier 2, and the last look sees stage draft."""
    world = World(policy=WITH_NOTES)
    world.flags.set(ASKING)
    says(world, QUESTION)
    world.flags.now = DRAFTING
    finds(world)
    return world


def drafts(world: World) -> list[str]:
    """The drafts in the ticket."""
    return [note for note in world.helpdesk.notes("c1") if DRAFT_INTRODUCTION in note]


@pytest.mark.parametrize("play", [drafting, demoted_before_the_order_was_found, demoted_during_the_run])
def test_no_draft_says_that_a_code_was_sent(play: Callable[..., World]) -> None:
    """No mail is out, so nobody, agent or customer, is given words that say so."""
    world = play()
    said = (*drafts(world), *world.helpdesk.replies("c1"))
    assert world.helpdesk.mails_to(OWNER) == [] and world.records.codes == {}
    assert not any("code" in words for words in said)


def test_the_same_question_at_tier_two_has_a_code() -> None:
    """So the test above asks what would be answered with one."""
    world = World(policy=WITH_NOTES)
    world.flags.set(ASKING)
    says(world, QUESTION)
    finds(world)
    assert "six-digit code" in world.helpdesk.replies("c1")[0] and len(world.helpdesk.mails_to(OWNER)) == 1


def test_a_typed_address_proves_nobody_to_an_agent_either() -> None:
    """Where codes are on, number and contact are no proof: no draft tells the order, and the row says why."""
    world = drafting(email=OWNER)
    assert drafts(world) == []
    assert "code_withheld" in str(world.audit_rows("c1")[-1]["gates_blocked"])
    without = World(policy=WITH_NOTES)
    without.flags.set(replace(DRAFTING, chat_codes=False))
    says(without, QUESTION, OWNER)
    finds(without)
    assert TRACKING in drafts(without)[0]


def test_a_code_proved_at_tier_two_still_proves_after_the_demotion() -> None:
    """The order it was mailed for is drafted, also by the run after one that died before the note."""
    world = World(policy=WITH_NOTES)
    world.flags.set(ASKING)
    says(world, QUESTION)
    finds(world)
    code = CODE.search(world.helpdesk.mails_to(OWNER)[0])
    assert code is not None
    says(world, code[1])
    world.flags.set(DRAFTING)
    world.helpdesk.failures["add_note"] = [TransientError("slow down", code="vendor_throttled")]
    world.clock.advance(1)
    request = list(world.enrichment.requests.values())[-1]
    result = world.result(request, shipped_order(OWNER), order_address=OWNER)
    assert (world.deliver(result), drafts(world)) == (1, [])
    assert world.deliver(result) == 0
    assert len(drafts(world)) == 1 and TRACKING in drafts(world)[0]
    assert TRACKING not in str(world.helpdesk.replies("c1"))
