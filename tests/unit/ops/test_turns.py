"""`rp-mw explain` tells one story of question and answer, in words, and says what would have to change for a reply."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rp_mw_ops.explanation import Story, to_claims
from rp_mw_ops.turns import explain_lines, to_turns
from rp_mw_ops.why_not import _UNKNOWN, find_remedy, find_why_not, to_json, why_not_lines
from rp_mw_shared.idempotency.keys import event_id, result_event_id
from rp_mw_shared.idempotency.ledger import ActionStatus
from rp_mw_shared.reasons import Reason, find_reason
from rp_mw_worker.domain.decide import decide
from rp_mw_worker.domain.model import Case
from rp_mw_worker.domain.records import ActionResult, to_audit, to_plan
from rp_mw_worker.domain.replay_record import to_replay_record
from tests.fakes.policy import load_policy
from tests.golden.golden_cases import read_rows

POLICY = load_policy()
SALT = "a-salt-of-thirty-two-characters!"
GOLDEN = {row.name: row.case for row in read_rows(POLICY)}
ASKED = GOLDEN["looks up the number the customer gave"]
ANSWERED = GOLDEN["answers with tracking on number and contact"]


def audit_row(case: Case, outcome: str = "completed", **results: ActionResult) -> dict[str, Any]:
    """The row of audit_trail that the worker writes for the case."""
    decision = decide(case, POLICY)
    plan = to_plan(case, decision, case.new_messages[-1], "words" if decision.template_id else None, None, SALT)
    row = to_audit(case, decision, plan, "evt:rp:c:new", outcome, dict(results), to_replay_record(case, POLICY))
    return {**row.values, "conversation_id": "c", "ts_action_id": row.ts_action_id}


def question_and_answer() -> Story:
    """A question that needed an order, and its answer 1.5 seconds later."""
    later = replace(ANSWERED, now_epoch_ms=ANSWERED.now_epoch_ms + 1_500)
    events = {
        event_id("c", "new"): {
            "event_id": event_id("c", "new"),
            "status": "completed",
            "created_at": 1_000,
            "completed_at": 1_040,
            "result": {"request": "r1"},
        },
        result_event_id("r1"): {
            "event_id": result_event_id("r1"),
            "status": "completed",
            "created_at": 2_000,
            "completed_at": 2_900,
        },
    }
    rows = [audit_row(ASKED, "parked"), audit_row(later, rp_reply=ActionResult(ActionStatus.DONE))]
    return Story("c", None, rows, events)


def test_question_and_answer_of_one_order_are_one_turn() -> None:
    """Told once, with the names of what took how long."""
    (turn,) = to_turns(question_and_answer())
    assert len(turn.rows) == len(turn.events) == 2
    lines = explain_lines(question_and_answer())
    assert sum("order_status_verified" in line for line in lines) == 1
    assert [line.strip().removeprefix("took").strip() for line in lines if " ms " in line or " s " in line] == [
        "40 ms from claim to end of the message",
        "900 ms from claim to end of the shop's answer",
        "1.5 s from the question to the shop until its answer was decided on",
    ]


def test_a_question_without_an_answer_yet_says_so() -> None:
    """The flow is open."""
    story = question_and_answer()
    lines = explain_lines(Story("c", None, story.rows[:1], {}))
    assert "  took      the shop is asked, and its answer is awaited" in lines


def test_reasons_are_told_in_words_the_weightiest_first() -> None:
    """Also the gates' codes stand in that order; what only follows is not told."""
    row = audit_row(ASKED) | {
        "reasons": ["template_missing", "tier0_word"],
        "gates_blocked": [
            "template_enabled:template_missing",
            "tier:tier_ceiling:0",
            "escalation:tier0_word:legal_threat",
        ],
    }
    lines = explain_lines(Story("c", None, [row], {}))
    why = [line for line in lines if line.startswith("  why")]
    assert why == [f"  why       {find_reason('tier0_word').sentence}"]
    (blocked,) = (line for line in lines if line.startswith("  blocked"))
    assert blocked.split()[1] == "escalation:tier0_word:legal_threat,"


@pytest.mark.parametrize(
    ("tags", "reasons", "said"),
    [
        (
            ["mw-escalated"],
            [],
            "Its own words make it a matter for a person, and the policy sends every legal threat to",
        ),
        (["mw-needs-triage"], ["needs_triage"], "Nothing says what it is about, and the policy sends such messages to"),
        (["mw-needs-manual-triage"], ["needs_triage"], "It is not certain what it is about, and the policy sends such"),
        (["mw-uncertain"], ["uncertain"], "to Leadership, though it is not quite certain that it is one."),
        ([], [], "The policy sends every legal threat by this channel to Leadership."),
    ],
)
def test_why_a_team_has_the_ticket_is_told(tags: list[str], reasons: list[str], said: str) -> None:
    """Not only why there was no reply: an escalation, a doubt, or the policy's rule for the intent."""
    row = audit_row(ASKED) | {"route": "Leadership", "intent": "legal_threat", "tags": tags, "reasons": reasons}
    (line,) = (line for line in explain_lines(Story("c", None, [row], {})) if line.startswith("  team"))
    assert said in line and "Leadership" in line


def test_a_team_that_follows_from_the_order_is_not_told_as_the_intents() -> None:
    """A delivered order goes elsewhere than the others of its intent."""
    row = audit_row(ANSWERED) | {"route": "Claims", "intent": "order_status_tracking", "tags": [], "tier": 2}
    (line,) = (line for line in explain_lines(Story("c", None, [row], {})) if line.startswith("  team"))
    assert line.endswith(
        "by what its order has come to, the policy sends a message of order status tracking to Claims."
    )


def test_a_claim_is_told_with_the_fact_it_rests_on() -> None:
    """Value and age where there are any; what nothing proved is said to rest on nothing."""
    claims = ["left_us:in_transit_at:2026-11-21:72h", "arrives_by:unproved::", "in_transit:delivery_status:IN_TRANSIT:"]
    row = audit_row(ANSWERED) | {"claims": claims}
    told = [
        line.strip().removeprefix("claims").strip()
        for line in explain_lines(Story("c", None, [row], {}))
        if "rests" in line
    ]
    assert told == [
        "left us rests on in_transit_at (2026-11-21), 72 h old",
        "arrives by rests on nothing",
        "in transit rests on delivery_status (IN_TRANSIT)",
    ]
    assert to_claims(row)[1]["fact"] is None


def test_an_operators_deed_is_a_turn_of_its_own() -> None:
    """Two of them are not one."""
    deed = {
        "kind": "flag_change",
        "ts_action_id": "2026-11-24T15:00:00.000Z#flag#x",
        "who": "dana",
        "flag": "x",
        "value": "y",
    }
    assert len(to_turns(Story("flags", None, [deed, deed], {}))) == 2


def test_an_empty_story_says_that_nothing_is_kept() -> None:
    """A conversation that is only known by its state."""
    assert explain_lines(Story("c", None, [], {})) == ["conversation c", "  no state is kept"]


def test_why_not_names_each_obstacle_and_who_could_change_it() -> None:
    """The switches first, with the command; and whether they were all."""
    off = replace(ANSWERED, flags=replace(ANSWERED.flags, automation_enabled=False))
    found = find_why_not(audit_row(off), POLICY)
    assert why_not_lines(found) == [
        "- Automatic replies are switched off (automation_enabled).",
        "  would have to change: rp-mw resume",
        "with every switch open, today's policy says: template order_status_verified",
    ]
    assert to_json(found)["obstacles"][0]["code"] == "automation_off"


def test_why_not_where_switches_would_not_be_enough() -> None:
    """An escalation stays with people."""
    case = replace(ANSWERED, screen_hits=frozenset({"legal_threat"}))
    lines = why_not_lines(find_why_not(audit_row(case), POLICY))
    assert "  would have to change: nothing: a person has to answer this" in lines
    assert lines[-1] == "with every switch open, today's policy says: no reply"


def test_why_not_of_an_answered_message_and_of_a_reply_stopped_at_the_last_look() -> None:
    """The one needs nothing; the other names what stopped it."""
    sent = audit_row(ANSWERED, rp_reply=ActionResult(ActionStatus.DONE))
    assert why_not_lines(find_why_not(sent, POLICY)) == ["it was answered: there is nothing to change"]
    stopped = audit_row(ANSWERED, rp_reply=ActionResult(ActionStatus.BLOCKED, "safe_mode"))
    assert why_not_lines(find_why_not(stopped, POLICY))[1] == "  would have to change: rp-mw flags set safe_mode false"
    waiting = {
        key: value for key, value in audit_row(ASKED, "parked").items() if key not in ("gates_blocked", "replay")
    }
    assert why_not_lines(find_why_not(waiting, POLICY)) == [
        "no gate blocked: the reply was planned, and what became of it is above"
    ]


@pytest.mark.parametrize("reason", [reason for reason in Reason if find_reason(reason).weight > 2])
def test_every_reason_that_can_block_has_something_that_would_have_to_change(reason: Reason) -> None:
    """Even where that is nothing."""
    assert find_remedy(reason.value) != _UNKNOWN


def test_a_reason_of_a_newer_worker_points_to_itself() -> None:
    """Nothing is made up for it."""
    assert find_remedy("flux_missing") == _UNKNOWN
