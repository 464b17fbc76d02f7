"""A ticket that is too much to read is tagged for a person and ends; nothing is retried, nobody else is harmed."""

from __future__ import annotations

import re

import pytest

from rp_mw_shared.errors import PermanentError
from rp_mw_shared.idempotency.ledger import EventStatus
from rp_mw_worker.adapters.richpanel.ticket import MAX_COMMENTS, to_helpdesk_ticket
from rp_mw_worker.domain.model import Flags, RolloutStage
from tests.fakes.helpdesk import read_body
from tests.fakes.senders import senders
from tests.fakes.worker_world import World

LONG = "the mug is blue. " * 1_170  # one message of just under 20,000 characters
CODES = ["vendor_answer_too_large", "vendor_answer_too_deep", "ticket_too_many_comments"]
SHADOW = Flags(False, False, frozenset(), RolloutStage.SHADOW)


def _too_much(world: World, code: str) -> str:
    message_id = world.helpdesk.customer_writes("c1", "hello", channel="livechat")
    world.helpdesk.failures["load_ticket"] = [PermanentError("too much", code=code) for _ in range(5)]
    return message_id


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("is_named", [True, False])
def test_it_is_tagged_for_a_person_with_its_own_reason_and_ends(code: str, is_named: bool) -> None:
    """One read, one update, no dead letter."""
    world = World()
    message_id = _too_much(world, code)
    assert world.deliver(world.event("c1", message_id if is_named else None)) == 0
    assert {"mw-processed", "mw-too-large", "mw-needs-manual-triage", "route-email-support"} <= set(world.tags("c1"))
    assert world.helpdesk.calls == ["load_ticket", "tag_unread"]
    assert world.quarantined == []
    results = [(record.status, record.result) for record in world.events().values()]
    assert results == ([(EventStatus.COMPLETED, {"outcome": code})] if is_named else [])


def test_in_shadow_nothing_is_written_to_the_helpdesk() -> None:
    """The event ends all the same."""
    world = World()
    world.flags.set(SHADOW)
    assert world.deliver(world.event("c1", _too_much(world, CODES[0]))) == 0
    assert world.helpdesk.calls == ["load_ticket"]


def test_the_others_of_its_batch_are_handled() -> None:
    """One ticket harms nobody else."""
    world = World()
    large = world.event("c1", _too_much(world, CODES[0]))
    world.helpdesk.failures["load_ticket"] = world.helpdesk.failures["load_ticket"][:1]
    other = world.helpdesk.customer_writes("c2", "I would like to return the blue mug please", channel="livechat")
    assert world.deliver(large, world.event("c2", other)) == 0
    assert len(world.helpdesk.replies("c2")) == 1


def test_a_ticket_of_more_than_a_thousand_comments_is_too_much() -> None:
    """Their number is nobody's limit but ours."""
    comments = [{"id": str(number), "body": "x"} for number in range(MAX_COMMENTS + 1)]

    def read(count: int) -> None:
        ticket = {"ticket": {"comments": comments[:count]}}
        to_helpdesk_ticket(ticket, "c1", salt="s" * 32, read_body=read_body, tag_names={}, senders=senders())

    read(MAX_COMMENTS)
    with pytest.raises(PermanentError) as raised:
        read(MAX_COMMENTS + 1)
    assert raised.value.code == "ticket_too_many_comments"


def test_new_messages_that_are_too_long_together_are_left_to_a_person() -> None:
    """Two of the longest are: nobody reads them by machine, nobody is answered, and the event ends."""
    world = World()
    for _ in range(2):
        message_id = world.helpdesk.customer_writes("c1", LONG, channel="livechat")
    assert world.deliver(world.event("c1", message_id)) == 0
    assert {"mw-too-large", "mw-needs-manual-triage"} <= set(world.tags("c1"))
    assert world.helpdesk.replies("c1") == []
    assert [record.result for record in world.events().values()] == [{"outcome": "new_messages_too_long"}]


def test_a_message_that_takes_too_much_cpu_is_left_to_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pattern below would run for years; the budget ends it inside, and the batch goes on."""
    monkeypatch.setattr("rp_mw_worker.process.CPU_SECONDS", 0.2)
    world = World()
    blow_up = re.compile(r"(?:a|a)*b")
    world.deps.engine.screen = lambda text, language: blow_up.search("a" * 60)
    message_id = world.helpdesk.customer_writes("c1", "hello", channel="livechat")
    assert world.deliver(world.event("c1", message_id)) == 0
    assert {"mw-too-large", "mw-needs-manual-triage"} <= set(world.tags("c1"))
    assert [record.result for record in world.events().values()] == [{"outcome": "cpu_budget_spent"}]


@pytest.mark.parametrize("is_named", [True, False])
def test_a_body_that_takes_too_much_cpu_is_left_to_a_person(monkeypatch: pytest.MonkeyPatch, is_named: bool) -> None:
    """Reading has its budget too, also where only the ticket names the message; the others of the batch are handled."""
    world = World()
    asks = "I would like to return the blue mug please"
    assert world.deliver(world.event("c0", world.helpdesk.customer_writes("c0", asks, channel="livechat"))) == 0
    monkeypatch.setattr("rp_mw_worker.process.CPU_SECONDS", 0.2)  # what is loaded once is loaded by now
    blow_up = re.compile(r"(?:a|a)*b")
    monkeypatch.setattr(
        world.helpdesk, "_read_body", lambda body: blow_up.search("a" * 60) if body == "hello" else read_body(body)
    )
    message_id = world.helpdesk.customer_writes("c1", "hello", channel="livechat")
    other = world.helpdesk.customer_writes("c2", asks, channel="livechat")
    assert world.deliver(world.event("c1", message_id if is_named else None), world.event("c2", other)) == 0
    assert {"mw-too-large", "mw-needs-manual-triage"} <= set(world.tags("c1"))
    assert len(world.helpdesk.replies("c2")) == 1
    assert world.quarantined == []
    results = [record.result for record in world.events().values()]
    assert ({"outcome": "cpu_budget_spent"} in results) is is_named
