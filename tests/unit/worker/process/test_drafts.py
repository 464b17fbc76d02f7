"""Stage draft: the reply as a private note for an agent, once, and only where notes are proved private."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rp_mw_local.simulators.richpanel_tickets import ticket_json
from rp_mw_shared.errors import OutcomeUnknownError, TransientError
from rp_mw_shared.flags.model import open_flags
from rp_mw_shared.idempotency.ledger import ActionStatus
from rp_mw_worker.adapters.richpanel.closed_tickets import to_closed_ticket
from rp_mw_worker.domain.drafts import DRAFT_INTRODUCTION, DraftEnd, find_draft_end
from rp_mw_worker.domain.figures import add_up
from rp_mw_worker.domain.model import Flags, RolloutStage
from rp_mw_worker.domain.outcomes import Judging, to_outcomes
from tests.fakes.worker_world import LIVE, WITH_NOTES, World

RETURN_TEXT = "I would like to return the blue mug that came last week please"
DRAFTING = replace(LIVE, rollout_stage=RolloutStage.DRAFT)


@pytest.fixture
def world() -> World:
    """A world in stage draft."""
    world = World(policy=WITH_NOTES)
    world.flags.set(DRAFTING)
    return world


def asks(world: World, text: str = RETURN_TEXT, **contents: object) -> str:
    """Let the customer write and the worker handle it; return the message's id."""
    message_id = world.helpdesk.customer_writes("c1", text, **({"channel": "livechat"} | contents))
    world.deliver(world.event("c1", message_id))
    return message_id


def drafts(world: World) -> list[str]:
    """The drafts in the ticket."""
    return [note for note in world.helpdesk.notes("c1") if DRAFT_INTRODUCTION in note]


def draft_words(world: World) -> str:
    """The words an agent copies out of the one draft."""
    return drafts(world)[0].partition(DRAFT_INTRODUCTION)[2].strip()


def end(world: World) -> DraftEnd | None:
    """How the draft ended, as the sweep sees it."""
    seen = world.helpdesk.load_ticket("c1")
    return find_draft_end(seen.written, seen.note_ids)


def action(world: World, message_id: str) -> ActionStatus:
    """What the ledger says of the draft."""
    return world.records.ledger.actions[f"act:rp_draft:c1:{message_id}"].status


def test_the_reply_of_tier_one_is_a_note_and_nothing_else_leaves(world: World) -> None:
    """The same template as live, in a private note; the customer gets nothing and no reply is counted."""
    message_id = asks(world)
    live = World(policy=WITH_NOTES)
    asks(live)
    sent = live.helpdesk.replies("c1")[0]
    assert draft_words(world) in sent and len(draft_words(world)) > 80
    assert (world.helpdesk.replies("c1"), len(drafts(world))) == ([], 1)
    assert action(world, message_id) is ActionStatus.DONE
    row = world.audit_rows("c1")[0]
    assert (row["mode"], row["actions"]["rp_draft"], "rp_reply" in row["actions"]) == ("draft", "done", False)
    assert row["template"] == live.audit_rows("c1")[0]["template"]
    assert "mw-drafted" in world.tags("c1") and "mw-auto-replied" not in world.tags("c1")
    assert not world.records.states["c1"].get("auto_replies")


def test_a_draft_does_not_say_that_no_person_wrote_it(world: World) -> None:
    """A person sends it: the words that every automatic reply ends with would be untrue."""
    asks(world, channel="email")
    automatic = WITH_NOTES.templates_by_language["en"].automatic
    assert automatic not in drafts(world)[0]
    assert "<p>" not in drafts(world)[0]


def test_without_a_proof_the_stage_is_assign_and_says_why(world: World) -> None:
    """No note at all; the reason is named."""
    world.flags.set(replace(DRAFTING, notes_are_private=False))
    asks(world)
    row = world.audit_rows("c1")[0]
    assert (row["mode"], world.helpdesk.notes("c1")) == ("route_only", [])
    assert any("notes_unproved" in gate for gate in row["gates_blocked"])
    assert "mw-processed" in world.tags("c1")


@pytest.mark.parametrize(
    "thrown",
    [
        replace(DRAFTING, automation_enabled=False),
        replace(DRAFTING, safe_mode=True),
        replace(DRAFTING, notes_are_private=False),
        replace(DRAFTING, rollout_stage=RolloutStage.ASSIGN),
        Flags(problem="flags_unreadable"),
    ],
)
def test_a_switch_thrown_during_the_run_stops_the_draft(world: World, thrown: Flags) -> None:
    """The last look is past any cache, as for a reply."""
    world.flags.now = thrown
    message_id = asks(world)
    assert drafts(world) == []
    assert action(world, message_id) is ActionStatus.BLOCKED
    assert "mw-drafted" not in world.tags("c1")


@pytest.mark.parametrize(("planned", "lowered"), [(LIVE, DRAFTING), (DRAFTING, LIVE)])
def test_what_was_planned_for_one_stage_does_not_leave_in_another(planned: Flags, lowered: Flags) -> None:
    """A reply planned live reaches nobody once the stage is `draft`; a draft is not written once it is `tier2`."""
    world = World(policy=WITH_NOTES)
    world.flags.set(planned)
    world.flags.now = lowered
    asks(world)
    assert (world.helpdesk.replies("c1"), drafts(world)) == ([], [])
    assert "blocked:plan_differs" in world.audit_rows("c1")[0]["actions"].values()


def test_a_lost_answer_is_looked_up_and_never_repeated(world: World) -> None:
    """It was written: done. It was not: unknown, and no second try."""
    lost = OutcomeUnknownError("no answer", code="outcome_unknown")
    world.helpdesk.lost["add_note"] = [lost]
    message_id = asks(world)
    assert (len(drafts(world)), action(world, message_id)) == (1, ActionStatus.DONE)
    other = World(policy=WITH_NOTES)
    other.flags.set(DRAFTING)
    other.helpdesk.failures["add_note"] = [lost]
    message_id = asks(other)
    assert (drafts(other), action(other, message_id)) == ([], ActionStatus.UNKNOWN)
    assert other.helpdesk.calls.count("add_note") == 1
    assert "mw-drafted" not in other.tags("c1")


def test_a_draft_that_certainly_was_not_written_is_written_by_the_next_delivery(world: World) -> None:
    """Throttled before it left: once, later."""
    world.helpdesk.failures["add_note"] = [TransientError("slow down", code="vendor_throttled")]
    message_id = world.helpdesk.customer_writes("c1", RETURN_TEXT, channel="livechat")
    event = world.event("c1", message_id)
    assert world.deliver(event) == 1
    assert world.deliver(event) == 0
    assert (len(drafts(world)), action(world, message_id)) == (1, ActionStatus.DONE)


def test_our_own_draft_is_nobodys_message(world: World) -> None:
    """A second message of the customer's is drafted too: the first draft does not count as an agent's answer."""
    world.helpdesk.is_public_shown = False  # the account does not say which comments are private
    asks(world)
    world.clock.advance(3600)
    asks(world, "Can I return the red plate as well? I would like to return it please")
    assert len(drafts(world)) == 2


def test_how_a_draft_ended_is_told_by_what_an_agent_sent(world: World) -> None:
    """Unchanged, also with a greeting and a signature; edited; other words; nothing yet."""
    asks(world)
    words = draft_words(world)
    assert end(world) is DraftEnd.UNANSWERED
    world.helpdesk.agent_writes("c1", f"Hi Ana,\n{words}\nBest, Kim")
    assert end(world) is DraftEnd.SENT


@pytest.mark.parametrize(
    ("share", "wanted"), [(0.8, DraftEnd.EDITED), (0.55, DraftEnd.EDITED), (0.2, DraftEnd.NOT_USED)]
)
def test_a_changed_draft_is_edited_while_half_of_it_is_kept(world: World, share: float, wanted: DraftEnd) -> None:
    """The share of the draft's wording decides."""
    asks(world)
    words = draft_words(world)
    world.helpdesk.agent_writes("c1", words[: int(len(words) * share)] + " Otherwise we have quite another procedure.")
    assert end(world) is wanted


def test_a_ticket_without_a_draft_has_no_end(world: World) -> None:
    """Answered by a person alone."""
    world.flags.set(open_flags(rollout_stage=RolloutStage.ASSIGN))
    asks(world)
    world.helpdesk.agent_writes("c1", "Hello, I am on it.")
    assert end(world) is None


@pytest.mark.parametrize(
    ("answer", "wanted"), [("{draft}", "sent_unchanged"), ("Hi, Kim here. We will see to it.", "not_used")]
)
def test_the_sweep_keeps_the_end_of_a_draft_as_a_code_and_no_word(world: World, answer: str, wanted: str) -> None:
    """As the helpdesk shows the closed ticket: the outcome says how it ended, and holds nothing that was written."""
    message_id = asks(world)
    world.helpdesk.agent_writes("c1", answer.replace("{draft}", draft_words(world)))
    ticket = world.helpdesk.store.tickets["c1"]
    ticket.status = "CLOSED"
    shown = ticket_json(ticket, operator_key="is_operator", with_profile=True)
    closed = to_closed_ticket(shown, "c1", list)
    assert closed is not None and closed.draft == wanted
    row = world.audit_rows("c1")[0] | {"conversation_id": "c1"}
    judging = Judging(WITH_NOTES.settings.teams, WITH_NOTES.intents, 180_000, world.clock.now_epoch_ms())
    (outcome,) = to_outcomes([row], closed, judging)
    assert (row["message_id"], outcome["draft"], outcome["reply"]) == (message_id, wanted, "planned")
    assert not any(word in str(outcome) for word in ("blue mug", "see to it", "sent back", draft_words(world)[:20]))
    assert add_up([row, outcome]).drafts == {wanted: 1}
