"""What opens a stage and what closes it, by figures alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rp_mw_worker.domain.agreement import AgreementFigures
from rp_mw_worker.domain.intervals import Share, wilson
from rp_mw_worker.domain.model import RolloutStage
from rp_mw_worker.domain.rollout import GateAnswer, check_promotion, check_stage, find_demotion
from tests.fakes.policy import load_policy

RULES = load_policy().rollout
ASSIGN, DRAFT, TIER1, TIER2 = RolloutStage.ASSIGN, RolloutStage.DRAFT, RolloutStage.TIER1, RolloutStage.TIER2


def figures(tickets: int = 400, wrong_share: float = 0.0, **changes: Any) -> AgreementFigures:
    """Tickets of which a share ended with another team, and with it the replies that were planned for them."""
    moved = round(tickets * wrong_share)
    planned = tickets // 2
    made = AgreementFigures(
        decisions=tickets,
        tickets=tickets,
        read_back=tickets,
        agreed=Share(tickets - moved, tickets),
        planned=planned,
        wrong_planned=round(planned * wrong_share),
    )
    return replace(made, **changes)


def broken(answers: tuple[GateAnswer, ...]) -> set[tuple[str, str]]:
    """The gates that do not hold."""
    return {(one.stage, one.gate) for one in answers if not one.is_held}


def test_a_stage_opens_when_people_agreed_often_enough() -> None:
    """Every gate of every stage on the way holds."""
    assert broken(check_promotion(ASSIGN, TIER1, figures(), RULES)) == set()
    assert {one.stage for one in check_promotion(ASSIGN, TIER2, figures(), RULES)} == {"draft", "tier1", "tier2"}


@pytest.mark.parametrize("stage", [TIER1, TIER2])
@pytest.mark.parametrize("tickets", [200, 400, 2_000, 20_000])
def test_five_per_cent_of_wrong_routes_keep_the_reply_stages_shut(stage: RolloutStage, tickets: int) -> None:
    """However many tickets there are."""
    found = broken(check_stage(stage, figures(tickets, 0.05), RULES))
    assert {(stage.name.lower(), "override_rate"), (stage.name.lower(), "wrong_replies")} <= found


@pytest.mark.parametrize(
    ("changes", "gate"),
    [
        ({"machine_replies": 1}, "machine_replies"),
        ({"false_claims": 1}, "false_claims"),
        ({"planned_machines": 1}, "machine_replies"),
        ({"planned_false_claims": 1}, "false_claims"),
        ({"wrong_planned": 5}, "wrong_replies"),
        ({"planned": 10}, "replies"),
        ({"agreed": Share(340, 400)}, "agreement"),
        ({"tickets": 150, "agreed": Share(150, 150)}, "tickets"),
    ],
)
def test_each_gate_stops_by_itself(changes: dict[str, Any], gate: str) -> None:
    """One thing wrong is enough."""
    assert ("tier1", gate) in broken(check_stage(TIER1, figures(**changes), RULES))


def test_without_a_single_ticket_nothing_opens() -> None:
    """A share of nothing holds no gate."""
    answers = check_stage(RolloutStage.TAGS, AgreementFigures(), RULES)
    assert {"tickets", "agreement", "override_rate"} <= {gate for _, gate in broken(answers)}
    assert check_stage(RolloutStage.SHADOW, AgreementFigures(), RULES) == ()


@pytest.mark.parametrize(("hits", "tickets"), [(30, 30), (57, 60), (96, 100)])
def test_how_many_tickets_are_missing_is_exact(hits: int, tickets: int) -> None:
    """One fewer is not enough, at the same agreement."""
    wanted = RULES.stages["tier1"].agreement_low
    answers = check_stage(TIER1, figures(tickets, agreed=Share(hits, tickets)), RULES)
    missing = next(one.missing for one in answers if one.gate == "agreement")
    assert missing is not None
    share, number = hits / tickets, tickets + missing
    assert wilson(round(share * number), number)[0] >= wanted
    assert missing == 0 or wilson(round(share * (number - 1)), number - 1)[0] < wanted


def test_more_tickets_of_too_little_agreement_do_not_help() -> None:
    """What is below the gate stays below it."""
    answers = check_stage(TIER1, figures(1_000, 0.2), RULES)
    assert next(one.missing for one in answers if one.gate == "agreement") is None


@pytest.mark.parametrize(
    ("now", "share", "left_for"),
    [
        (TIER2, 0.95, None),
        (TIER2, 0.87, TIER1),
        (TIER1, 0.87, None),
        (TIER1, 0.84, DRAFT),
        (DRAFT, 0.74, ASSIGN),
        (ASSIGN, 0.65, RolloutStage.TAGS),
        (TIER2, 0.30, RolloutStage.SHADOW),
        (RolloutStage.SHADOW, 0.0, None),
    ],
)
def test_a_stage_is_left_for_the_highest_one_whose_floor_holds(
    now: RolloutStage, share: float, left_for: RolloutStage | None
) -> None:
    """In one step, however far it fell."""
    found = figures(100, agreed=Share(round(100 * share), 100))
    assert find_demotion(now, found, RULES) is left_for


def test_few_tickets_demote_nothing() -> None:
    """One bad afternoon of five tickets is no evidence."""
    few = RULES.floor_min_tickets - 1
    assert find_demotion(TIER2, figures(few, agreed=Share(0, few)), RULES) is None
    assert find_demotion(TIER2, figures(few + 1, agreed=Share(0, few + 1)), RULES) is RolloutStage.SHADOW
