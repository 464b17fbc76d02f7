"""What the policy needs is held against what the account has; what could not be read is never called missing."""

from __future__ import annotations

from dataclasses import replace

from rp_mw_ops.drift.account import Listed
from rp_mw_ops.drift.checks import AGENT, TAG, TEAM, Drift, Need, find_drift, find_needs
from rp_mw_worker.domain.policy import Team
from tests.fakes.policy import load_policy

POLICY = load_policy()
NEEDS = find_needs(POLICY, "agent-1")


def account(**instead: Listed) -> dict[str, Listed]:
    """An account that has everything, but for what is given by kind."""
    whole = {
        kind: Listed(
            {need.name if kind == AGENT else f"id-{need.name}": need.name for need in NEEDS if need.kind == kind}
        )
        for kind in (TAG, TEAM, AGENT)
    }
    return whole | instead


def names(drift: Drift) -> list[str]:
    """What is missing."""
    return [one.need.name for one in drift.missing]


def without(kind: str, name: str) -> Listed:
    """The account's list without one entry."""
    return Listed({key: value for key, value in account()[kind].names.items() if value != name})


def test_the_policy_names_its_route_intent_and_state_tags_its_teams_and_its_author() -> None:
    """Nothing that the worker writes is left out."""
    found = {(need.kind, need.name) for need in NEEDS}
    assert {(TAG, f"route-{team.slug}") for team in POLICY.settings.teams.values()} <= found
    assert {(TAG, f"mw-intent-{label}") for label in POLICY.intents} <= found
    assert {(TAG, "mw-processed"), (TAG, "mw-send-unknown"), (AGENT, "agent-1")} <= found
    assert {name for kind, name in found if kind == TEAM} == set(POLICY.settings.teams)


def test_an_account_with_everything_has_not_drifted() -> None:
    """And all of it was looked at."""
    drift = find_drift(NEEDS, account())
    assert not drift.missing
    assert not drift.unread
    assert sum(drift.checked.values()) == len(NEEDS)


def test_a_tag_a_team_and_an_agent_that_are_gone_are_each_missing() -> None:
    """Tags and teams by name, agents by id."""
    gone = account(
        **{TAG: without(TAG, "route-sales"), TEAM: without(TEAM, "Backend"), AGENT: Listed({"agent-2": "agent-1"})}
    )
    assert names(find_drift(NEEDS, gone)) == ["route-sales", "Backend", "agent-1"]


def test_another_spelling_is_missing_and_named() -> None:
    """Richpanel's rules and tags go by the exact name."""
    listed = without(TEAM, "Email Support")
    drift = find_drift(NEEDS, account(**{TEAM: Listed({**listed.names, "x": "email  support"})}))
    assert [(one.need.name, one.similar) for one in drift.missing] == [("Email Support", "email  support")]


def test_a_list_that_cannot_be_read_is_unread_and_nothing_of_it_missing() -> None:
    """A refusal is no proof of absence."""
    drift = find_drift(NEEDS, account(**{TEAM: Listed({}, "forbidden")}))
    assert (drift.missing, drift.unread, drift.checked[TEAM]) == ((), {TEAM: "forbidden"}, 0)


def test_a_person_assigned_instead_of_a_team_is_looked_for() -> None:
    """By the id the policy holds."""
    teams = POLICY.settings.teams | {"Sales": Team("sales", "agent-7")}
    policy = replace(POLICY, settings=replace(POLICY.settings, teams=teams))
    assert Need(AGENT, "agent-7", "team Sales") in find_needs(policy, None)
