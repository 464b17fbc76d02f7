"""The agents' team is told by its name, and where that tells nothing, by the ticket's tags."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rp_mw_ops.backtest.json_export import JsonExport
from rp_mw_ops.backtest.their_team import TeamSigns
from rp_mw_ops.cli import main
from rp_mw_worker.domain.policy import Policy
from tests.fakes.policy import load_policy
from tests.unit.ops.backtest.exports import Written, write_gorgias, write_richpanel, write_zendesk

WRITERS = {"zendesk": write_zendesk, "gorgias": write_gorgias, "richpanel": write_richpanel}
WORDS = "I want my money back for order 1002, please."
OWN = {"Tier 1": "Email Support", "Refunds": "Returns Admin"}


def policy_with_own_tags() -> Policy:
    """The tests' policy, where the shop's tag `wholesale` means Sales."""
    policy = load_policy()
    teams = policy.settings.teams
    sales = replace(teams["Sales"], also_tagged=("wholesale",))
    return replace(policy, settings=replace(policy.settings, teams={**teams, "Sales": sales}))


@pytest.mark.parametrize("helpdesk", WRITERS)
@pytest.mark.parametrize(
    ("team", "tags", "expected"),
    [
        ("Returns Admin", (), "Returns Admin"),
        ("returns admin", ("route-sales",), "Returns Admin"),
        ("Tier 1", ("route-sales",), "Email Support"),
        ("Night shift", ("vip", "route-returns-admin"), "Returns Admin"),
        ("", ("Route-Returns-Admin",), "Returns Admin"),
        ("", ("wholesale",), "Sales"),
        ("Night shift", ("refunds",), "Returns Admin"),
        ("", ("route-returns-admin", "refunds"), "Returns Admin"),
        ("", ("route-sales", "refunds"), ""),
        ("Night shift", ("vip",), ""),
        ("", (), ""),
    ],
)
def test_a_teams_name_tells_it_else_tags_of_one_team(helpdesk, team, tags, expected, tmp_path):
    export = JsonExport(WRITERS[helpdesk](tmp_path / "export", [Written("1", WORDS, team, tags)]))
    (ticket,) = export.tickets()
    assert TeamSigns.of(policy_with_own_tags(), OWN).find(ticket) == expected


@pytest.mark.parametrize("helpdesk", WRITERS)
@pytest.mark.parametrize("processes", ["1", "2"])
def test_the_report_compares_tickets_that_only_tags_tell_of(helpdesk, processes, tmp_path: Path, capsys):
    """One by a route tag, one by a tag that the mapping names, one that nothing tells."""
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text("teams:\n  refunds: Returns Admin\n", "utf-8")
    tickets = [
        Written("1", WORDS, "Night shift", ("route-returns-admin",)),
        Written("2", WORDS, "", ("refunds",)),
        Written("3", WORDS, "Night shift", ("vip",)),
    ]
    export = WRITERS[helpdesk](tmp_path / "export", tickets)
    assert main(["backtest", str(export), "--mapping", str(mapping), "--json", "--processes", processes]) == 0
    agreement = json.loads(capsys.readouterr().out)["agreement"]
    assert (agreement["tickets"], agreement["same_team"]) == (2, 2)
    assert agreement["teams_not_known"] == {"other names": 1}
