"""A number that was given is never asked for again, and the reply tells nobody whether an order exists."""

from __future__ import annotations

import pytest

from tests.fakes.worker_world import World, shipped_order

QUESTION = "Hello, where is my package? It should have been here by now."


@pytest.fixture
def world() -> World:
    """One customer and one open ticket, c1."""
    return World()


def asks(world: World, text: str) -> None:
    """Let the customer write and the worker handle it."""
    world.deliver(world.event("c1", world.helpdesk.customer_writes("c1", text, channel="livechat")))


def answered_not_found(world: World) -> str:
    """The reply when the shop has no such order."""
    asks(world, f"{QUESTION} #1001")
    (request,) = world.enrichment.requests.values()
    world.deliver(world.result(request))
    return world.helpdesk.replies("c1")[-1]


def answered_somebody_elses(world: World) -> str:
    """The reply when the order is another customer's."""
    asks(world, f"{QUESTION} #1001")
    (request,) = world.enrichment.requests.values()
    world.deliver(world.result(request, shipped_order(email="somebody@example.org")))
    return world.helpdesk.replies("c1")[-1]


def answered_several(world: World) -> str:
    """The reply to several numbers."""
    asks(world, f"{QUESTION} #1001 and #1002")
    return world.helpdesk.replies("c1")[-1]


def test_one_wording_for_not_found_somebody_elses_and_several() -> None:
    """Word for word the same, without a number, a fact or a question for one."""
    replies = {answer(World()) for answer in (answered_not_found, answered_somebody_elses, answered_several)}
    (reply,) = replies
    assert "order number" not in reply
    assert not any(char.isdigit() for char in reply)


@pytest.mark.parametrize(
    "answer",
    ["1001 thanks", "Mine is 1001.", "1001\n\nAna Diaz", "1001\n\nKind regards,\nAna Diaz", "Hi, it is 1001. Ana"],
)
def test_the_answer_to_our_question_is_understood_in_any_form(world: World, answer: str) -> None:
    """It is looked up, and answers what was asked first."""
    asks(world, QUESTION)
    assert "order number" in world.helpdesk.replies("c1")[-1]
    world.clock.advance(60)
    asks(world, answer)
    (request,) = world.enrichment.requests.values()
    world.deliver(world.result(request, shipped_order()))
    assert "1Z5R89390357567127" in world.helpdesk.replies("c1")[-1]


def test_after_our_question_a_number_in_vain_goes_to_a_person(world: World) -> None:
    """We asked once; a second automatic reply would only say that it was in vain."""
    asks(world, QUESTION)
    world.clock.advance(60)
    asks(world, "#1001")
    (request,) = world.enrichment.requests.values()
    world.deliver(world.result(request))
    assert len(world.helpdesk.replies("c1")) == 1
    blocked = {gate for row in world.audit_rows("c1") for gate in row.get("gates_blocked", ())}
    assert any("asked_before" in gate for gate in blocked)
