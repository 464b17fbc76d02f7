"""What rows of the audit trail add up to, and that nothing is counted twice."""

from __future__ import annotations

from typing import Any

import pytest

from rp_mw_worker.domain.figures import Figures, add_up, from_json, reply_of, whys_of

DECIDED = 1_795_000_000_000


def row(**values: Any) -> dict[str, Any]:
    """A final decision of 10:20 UTC that was routed to Sales and answered by nobody."""
    return {
        "ts_action_id": "2026-11-18T10:20:00.000Z#aaaaaaaaaaaa#decision",
        "outcome": "completed",
        "route": "Sales",
        "intent": "promo_discount_issue",
        "reasons": ["tier_ceiling"],
        "gates_blocked": ["language:language_not_served:fi", "hours:outside_hours"],
        "replay": {"c": "email", "t": DECIDED, "a": 1_500},
        "done_at": DECIDED + 500,
    } | values


SENT = {"template": "return_ack", "tier": 1, "actions": {"rp_reply": "done", "rp_tags": "done"}, "gates_blocked": []}


def test_every_figure_is_of_its_rows() -> None:
    """A routed one, an answered one and a machine's."""
    machine = row(route="Email Support", gates_blocked=["machine:written_by_machine"], replay={"g": "de", "x": "slow"})
    sums = add_up([row(), row(**SENT), machine])
    assert (sums.decisions, sums.sent, sums.machines, sums.fallbacks) == (3, 1, 1, 1)
    assert sums.automation_rate == pytest.approx(1 / 3)
    assert sums.teams == {"Sales": 2, "Email Support": 1}
    assert sums.answered == {"Sales": 1}
    assert sums.tiers == {"route": 2, "1": 1}
    assert sums.languages == {"en": 2, "de": 1}
    assert sums.channels == {"email": 2, "-": 1}
    assert sums.whys == {"language_not_served": 1, "outside_hours": 1, "written_by_machine": 1}
    assert sums.hours == {"10": 3}
    assert sums.answered_hours == {"10": 1}


def test_a_parked_flow_a_covered_plan_and_an_operators_deed_are_no_decisions() -> None:
    """The flow counts when its answer is decided; a switch thrown is nobody's ticket."""
    assert add_up([row(outcome="parked"), row(outcome="covered"), row(kind="flag_change")]) == Figures()


def test_no_decision_has_no_rate_and_no_percentile() -> None:
    """None, not nought."""
    assert Figures().automation_rate is None
    assert Figures().took_ms(0.95) is None


@pytest.mark.parametrize("share", [0.5, 0.95, 1.0])
def test_a_percentile_is_told_to_within_a_fifth(share: float) -> None:
    """One hundred events of 100 to 10,000 ms."""
    rows = [row(done_at=DECIDED + took - 1_500) for took in range(100, 10_001, 100)]
    exact = 10_000 * share
    told = add_up(rows).took_ms(share)
    assert told is not None
    assert exact <= told <= exact * 1.2


def test_days_add_up_to_what_their_rows_do() -> None:
    """In any split, and through JSON."""
    rows = [row(), row(**SENT), row(route="Leadership")]
    halves = [from_json(add_up(part).to_json()) for part in (rows[:1], rows[1:])]
    assert halves[0] is not None
    assert halves[1] is not None
    assert halves[0].plus(halves[1]) == add_up(rows)


def test_figures_of_another_version_are_not_read() -> None:
    """They are computed anew."""
    assert from_json({"v": 0, "decisions": 3}) is None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "none"),
        ({"outcome": "parked"}, "waiting"),
        ({"template": "return_ack"}, "recorded"),
        ({"actions": {"rp_reply": "done"}}, "sent"),
        ({"actions": {"rp_reply": "blocked:automation_off"}}, "blocked"),
        ({"actions": {"rp_reply": "unknown"}}, "unknown"),
    ],
)
def test_what_became_of_a_reply_is_one_word(values: dict[str, Any], expected: str) -> None:
    """From the reply's action, the template and the outcome."""
    assert reply_of(row(**values)) == expected


def test_why_a_reply_was_stopped_names_what_stopped_it_last_first() -> None:
    """The refusal at the last look, then the gates; reasons of the route only where nothing blocked."""
    assert whys_of(row(actions={"rp_reply": "blocked:automation_off"})) == [
        "automation_off",
        "language_not_served",
        "outside_hours",
    ]
    assert whys_of(row(gates_blocked=[])) == ["tier_ceiling"]
