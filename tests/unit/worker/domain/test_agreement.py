"""What a ticket that was read back says of our decision, and what such outcomes add up to."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from rp_mw_shared.times import to_utc_text
from rp_mw_worker.domain.agreement import to_agreement
from rp_mw_worker.domain.figures import Figures, add_up, from_json
from rp_mw_worker.domain.intervals import Share
from rp_mw_worker.domain.model import Author
from rp_mw_worker.domain.outcomes import ClosedTicket, End, Judging, Written, find_news, to_outcomes
from rp_mw_worker.domain.policy import Team

AT = 1_795_000_000_000
HOUR = 3_600_000
TEAMS = {
    "Sales": Team("sales", also_tagged=("wholesale",)),
    "Backend": Team("backend", assignee_id="agent-7"),
    "Privacy": Team("privacy"),
}
LABELS = ("promo_discount_issue", "return_request", "refund_request")
JUDGING = Judging(TEAMS, LABELS, own_reply_match_ms=180_000, read_at_epoch_ms=AT + 200 * HOUR)
NUMBERS = itertools.count(1)
SENT = {"template": "return_ack", "tier": 1, "actions": {"rp_reply": "done", "rp_tags": "done"}}


def decision(at: int = AT, message: str = "m1", **values: Any) -> dict[str, Any]:
    """A decision that routed a promotion's question to Sales; its message came two seconds earlier."""
    return {
        "conversation_id": "c-1",
        "ts_action_id": f"{to_utc_text(at)}#aaaaaaaaaaaa#decision",
        "day": to_utc_text(at)[:10],
        "expires_at": 1_800_000_000,
        "message_id": message,
        "outcome": "completed",
        "route": "Sales",
        "intent": "promo_discount_issue",
        "gates_blocked": ["tier:tier_ceiling"],
        "actions": {"rp_tags": "done"},
        "replay": {"c": "email", "t": at, "a": 2_000},
        "done_at": at + 500,
    } | values


def ticket(*later: Written, tags: tuple[str, ...] = ("route-sales",), **values: Any) -> ClosedTicket:
    """The closed ticket: the customer's message, and what was written later."""
    asked = Written("m1", Author.CUSTOMER, AT - 2_000)
    return ClosedTicket("c-1", values.pop("end", End.CLOSED), (asked, *later), frozenset(tags), **values)


def by_person(at: int, message: str = "p1") -> Written:
    """A person's message."""
    return Written(message, Author.OPERATOR, at)


def only(rows: list[dict[str, Any]], closed: ClosedTicket) -> dict[str, Any]:
    """The one outcome there is."""
    (found,) = to_outcomes(rows, closed, JUDGING)
    return found


@pytest.mark.parametrize(
    ("closed", "agreement", "team"),
    [
        (ticket(), "same", None),
        (ticket(tags=("route-backend",)), "moved", "Backend"),
        (ticket(tags=("route-sales", "route-privacy")), "moved", "Privacy"),
        (ticket(assignee_id="agent-7"), "moved", "Backend"),
        (ticket(assignee_id="agent-1"), "same", None),
        (ticket(tags=("wholesale",)), "same", None),
        (ticket(tags=("vip",)), "unknown", None),
        (ticket(tags=(), end=End.GONE), "unknown", None),
    ],
)
def test_the_team_at_the_end_is_compared_with_ours(closed: ClosedTicket, agreement: str, team: str | None) -> None:
    """By a person's team, by our route tags, by the shop's own tags; where nothing tells it, nothing is said."""
    found = only([decision()], closed)
    assert (found["agreement"], found.get("team")) == (agreement, team)


def test_a_ticket_that_we_closed_and_nobody_saw_agrees_with_nobody() -> None:
    """Silence about a ticket that no person had open is no agreement; a person's message in it is."""
    closed_by_us = decision(**SENT | {"actions": {"rp_reply": "done", "rp_tags": "done", "rp_status": "done"}})
    own = by_person(AT + 400, "own")
    assert only([closed_by_us], ticket(own))["agreement"] == "unknown"
    assert only([closed_by_us], ticket(own, by_person(AT + HOUR)))["agreement"] == "same"


def test_an_outcome_holds_codes_and_times_and_lies_beside_its_decision() -> None:
    """The whole item; the second message of the customer is no answer of a person."""
    again = Written("m2", Author.CUSTOMER, AT + 2 * HOUR)
    assert only([decision()], ticket(by_person(AT + HOUR), again, tags=("route-backend",), rating=4)) == {
        "conversation_id": "c-1",
        "ts_action_id": f"{to_utc_text(AT)}#aaaaaaaaaaaa#outcome#{AT + 200 * HOUR}",
        "kind": "outcome",
        "day": to_utc_text(AT)[:10],
        "expires_at": 1_800_000_000,
        "read_at": AT + 200 * HOUR,
        "end": "closed",
        "route": "Sales",
        "intent": "promo_discount_issue",
        "reply": "none",
        "agreement": "moved",
        "team": "Backend",
        "agent_ms": HOUR + 2_000,
        "customer_ms": 2 * HOUR + 2_000,
        "rating": 4,
    }


def test_our_own_reply_is_no_persons() -> None:
    """The operator's message nearest to our sending is ours, and only that one: a person may write a minute later."""
    own = by_person(AT + 300, "own")
    assert "agent_ms" not in only([decision(**SENT)], ticket(own))
    assert only([decision(**SENT)], ticket(own, by_person(AT + 60_000)))["agent_ms"] == 62_000


@pytest.mark.parametrize(
    ("tags", "label"),
    [
        (("mw-intent-promo_discount_issue",), None),
        (("mw-intent-return_request",), "return_request"),
        (("mw-intent-promo_discount_issue", "mw-intent-return_request"), "return_request"),
        (("mw-intent-return_request", "mw-intent-refund_request"), None),
        (("mw-intent-ana@example.com",), None),
    ],
)
def test_an_agents_intent_is_kept_where_it_is_a_label(tags: tuple[str, ...], label: str | None) -> None:
    """Anything else that somebody writes into a tag is not: it may be a customer's."""
    assert only([decision()], ticket(tags=tags)).get("label") == label


def test_only_the_last_decision_is_compared() -> None:
    """The one before was overtaken by our own."""
    second = Written("m2", Author.CUSTOMER, AT + HOUR)
    rows = [decision(AT + HOUR + 1_000, "m2", route="Backend"), decision()]
    first, last = to_outcomes(rows, ticket(second, tags=("route-backend",)), JUDGING)
    assert (first["agreement"], last["agreement"]) == ("superseded", "same")
    assert first["customer_ms"] == HOUR + 2_000


def test_what_is_parked_or_an_operators_has_no_outcome() -> None:
    """Nor has an outcome."""
    rows = [decision(outcome="parked"), decision(kind="redrive"), *to_outcomes([decision()], ticket(), JUDGING)]
    assert to_outcomes(rows, ticket(), JUDGING) == []


def outcome(**values: Any) -> dict[str, Any]:
    """An outcome of a ticket that stayed with Sales and got no reply of ours."""
    return only([decision()], ticket()) | {"conversation_id": f"c-{next(NUMBERS)}"} | values


def test_outcomes_add_up_to_agreement() -> None:
    """Ninety tickets stayed, ten were moved, five tell nothing, one was overtaken."""
    rows = [decision()] * 106
    rows += [outcome() for _ in range(90)]
    rows += [outcome(agreement="moved", team="Backend", intent="unknown_other") for _ in range(10)]
    rows += [outcome(agreement="unknown") for _ in range(5)] + [outcome(agreement="superseded")]
    found = to_agreement(add_up(rows), "2026-11-18", "2026-11-18")
    assert found.agreed == Share(90, 100)
    assert (found.decisions, found.read_back, found.tickets, found.unknown, found.overrides) == (106, 106, 100, 5, 10)
    assert found.by_team == {"Sales": Share(90, 100)}
    assert found.by_intent == {"promo_discount_issue": Share(90, 90), "unknown_other": Share(0, 10)}
    # R: binom::binom.wilson(90, 100)
    assert found.agreed.interval == pytest.approx((0.8256343, 0.9447708), abs=1e-6)


def test_wrong_replies_are_those_marked_and_those_in_a_ticket_that_was_moved() -> None:
    """Sent ones and planned ones apart; a ticket among the spam was a machine's."""
    rows = [
        decision(**SENT),
        outcome(reply="sent"),
        outcome(reply="sent", marks=["mw-wrong-reply"]),
        outcome(reply="sent", marks=["mw-false-claim"]),
        outcome(reply="sent", agreement="moved", team="Backend"),
        outcome(reply="sent", end="spam", agreement="unknown"),
        outcome(reply="sent", marks=["mw-answered-machine"]),
        outcome(reply="planned"),
        outcome(reply="planned", agreement="moved", team="Backend"),
        outcome(agreement="moved", team="Backend"),
    ]
    found = to_agreement(add_up(rows))
    assert (found.replies, found.replies_read_back, found.wrong_replies) == (1, 6, 4)
    assert (found.planned, found.wrong_planned) == (2, 1)
    assert (found.machine_replies, found.false_claims) == (2, 1)
    assert found.wrong == Share(5, 8)


@pytest.mark.parametrize(
    ("values", "machines", "untrue"),
    [
        ({"marks": ["mw-false-claim"], "draft": "edited"}, 0, 1),
        ({"marks": ["mw-answered-machine"]}, 1, 0),
        ({"end": "spam", "agreement": "unknown"}, 1, 0),
        ({"marks": ["mw-wrong-reply"]}, 0, 0),
    ],
)
def test_a_planned_replys_marks_count_at_the_gates_and_not_as_sent(
    values: dict[str, Any], machines: int, untrue: int
) -> None:
    """In stage draft no reply is sent: what people mark there is a draft."""
    sums = add_up([outcome(reply="planned", **values)])
    found = to_agreement(from_json(sums.to_json()) or Figures())
    assert (found.machines, found.untrue) == (machines, untrue)
    assert (found.machine_replies, found.false_claims) == (0, 0)


def test_a_planned_reply_is_one_that_only_the_shop_kept_back() -> None:
    """Stage, switch and channel are the shop's; a gate of the matter is not."""
    kept_back = ["kill_switch:automation_off", "rollout_stage:stage_shadow"]
    assert only([decision(gates_blocked=kept_back)], ticket())["reply"] == "planned"
    assert only([decision(gates_blocked=[*kept_back, "tier:tier_ceiling"])], ticket())["reply"] == "none"
    assert only([decision(gates_blocked=[])], ticket())["reply"] == "none"


@pytest.mark.parametrize(
    ("values", "unresolved", "again", "corrected"),
    [
        ({}, {}, {}, 0),
        ({"customer_ms": 72 * HOUR}, {"72h": 1, "7d": 1}, {"72h": 1, "7d": 1}, 0),
        ({"customer_ms": 72 * HOUR + 1}, {"7d": 1}, {"7d": 1}, 0),
        ({"agent_ms": 72 * HOUR + 1}, {"7d": 1}, {}, 1),
        ({"agent_ms": HOUR, "customer_ms": 2 * HOUR}, {"72h": 1, "7d": 1}, {"72h": 1, "7d": 1}, 1),
        ({"agent_ms": 2 * HOUR, "customer_ms": HOUR}, {"72h": 1, "7d": 1}, {"72h": 1, "7d": 1}, 0),
        ({"customer_ms": 169 * HOUR}, {}, {}, 0),
        ({"end": "trashed"}, {"72h": 1, "7d": 1}, {}, 0),
    ],
)
def test_resolved_is_what_stayed_quiet(
    values: dict[str, Any], unresolved: dict[str, int], again: dict[str, int], corrected: int
) -> None:
    """For 72 hours, and for seven days; a person's message disturbs it as the customer's does."""
    sums = add_up([outcome(reply="sent", **values)])
    assert (sums.unresolved, sums.again, sums.corrected) == (unresolved, again, corrected)


def test_who_was_handed_over_waits_for_a_person() -> None:
    """Our replies do not wait; a ticket that nobody answered is counted apart."""
    sums = add_up([outcome(agent_ms=HOUR), outcome(), outcome(reply="sent", agent_ms=HOUR), decision(**SENT)])
    assert (sums.waited.total(), sums.first_answer.total(), sums.unanswered) == (1, 2, 1)


def test_outcomes_of_days_add_up_in_any_split() -> None:
    """And through JSON, as the sweep keeps them."""
    rows = [decision(**SENT), outcome(reply="sent", rating=5), outcome(agreement="moved", team="Backend", agent_ms=1)]
    halves = [from_json(add_up(part).to_json()) or Figures() for part in (rows[:2], rows[2:])]
    assert halves[0].plus(halves[1]) == add_up(rows)


def test_of_two_outcomes_the_one_read_later_counts() -> None:
    """Whichever comes first among the rows; and one that says nothing new is not written."""
    closed, opened_again = ticket(), ticket(tags=("route-backend",))
    (first,) = to_outcomes([decision()], closed, JUDGING)
    later = Judging(TEAMS, LABELS, 180_000, JUDGING.read_at_epoch_ms + HOUR)
    (second,) = to_outcomes([decision()], opened_again, later)
    for rows in ([first, second], [second, first]):
        assert (add_up(rows).same, add_up(rows).moved) == ({}, {"Sales": 1})
    assert find_news(to_outcomes([decision()], closed, later), [decision(), first]) == []
    assert find_news([second], [decision(), first]) == [second]
    assert find_news(to_outcomes([decision()], closed, later), [first, second]) != []
