"""What the console makes of a row and of the switches: the same codes as `explain`, and never a reply that was none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from rp_mw_ops.console.decisions import to_figures, to_line, to_reply
from rp_mw_ops.errors import find_complaint
from rp_mw_ops.flags import to_automation
from rp_mw_shared.errors import ConfigurationError, TransientError

LIVE = {
    "safe_mode": "false",
    "automation_enabled": "true",
    "automation_enabled_channels": "email",
    "rollout_stage": "tier2",
    "disabled_templates": "none",
    "classifier": "embedded",
}


def row(**values: Any) -> dict[str, Any]:
    """A row of the audit trail."""
    return {
        "conversation_id": "c",
        "ts_action_id": "2026-11-23T04:29:03.445Z#9c3d126e9f1b#decision",
        "outcome": "completed",
        "mode": "live",
        **values,
    }


@pytest.mark.parametrize(
    ("values", "reply"),
    [
        ({"template": "t", "actions": {"rp_reply": "done"}}, "sent"),
        ({"template": "t", "actions": {"rp_reply": "blocked:safe_mode"}}, "blocked"),
        ({"template": "t", "actions": {"rp_reply": "unknown:not_proven"}}, "unknown"),
        ({"template": "t", "mode": "dry_run"}, "recorded"),
        ({"outcome": "parked"}, "waiting"),
        ({"actions": {"rp_tags": "done"}}, "none"),
    ],
)
def test_a_reply_is_what_became_of_it(values: dict[str, Any], reply: str) -> None:
    """A template alone is no reply."""
    assert to_reply(row(**values)) == reply


def test_a_line_says_why_there_was_no_reply() -> None:
    """The gates that blocked; a reply stopped at the last moment says by what; else the decision's reasons."""
    blocked = row(gates_blocked=["tier:tier_ceiling:0"], reasons=["tier0_word"])
    stopped = row(template="t", actions={"rp_reply": "blocked:safe_mode"}, reasons=["x"])
    sent = row(template="t", actions={"rp_reply": "done"}, gates_blocked=["old"], reasons=["delayed_order"])
    assert [to_line(one)["why"] for one in (blocked, stopped, sent)] == [
        ["tier:tier_ceiling:0"],
        ["safe_mode"],
        ["delayed_order"],
    ]


def test_an_operators_deed_is_a_line_of_its_own() -> None:
    """It is no decision, and counts as none."""
    deed = row(kind="flag_change", who="kim", flag="safe_mode", value="true", why="test")
    assert to_line(deed)["headline"] == "kim set safe_mode to true: test"
    assert to_figures([deed])["count"] == 0


def test_the_figures_count_finished_decisions_once() -> None:
    """A question that waits for an order is counted when it is answered."""
    rows = [
        row(tier=Decimal(2), template="t", actions={"rp_reply": "done"}),
        row(outcome="parked", tier=Decimal(2)),
        row(gates_blocked=["a:b", "c:d"]),
        row(gates_blocked=["a:b"], tier=Decimal(0)),
    ]
    figures = to_figures(rows)
    assert (figures["count"], figures["tiers"], figures["replies"]) == (
        3,
        {"2": 1, "route": 1, "0": 1},
        {"sent": 1, "none": 2},
    )
    assert figures["blocks"][0] == ("a:b", 2)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "on, up to tier2, for email"),
        ({"safe_mode": "true"}, "safe_mode is on"),
        ({"automation_enabled": "false"}, "automation_enabled is false"),
        ({"automation_enabled": "false", "rollout_stage": "shadow"}, "shadow, decisions are only recorded"),
        ({"rollout_stage": "assign"}, "stage assign"),
        ({"rollout_stage": "everything"}, "flag_malformed"),
        ({"classifier": None}, "flag_missing"),
    ],
)
def test_replies_are_on_only_where_every_switch_says_so(changed: dict[str, str | None], words: str) -> None:
    """Read as the worker reads them, failing closed."""
    said = to_automation(LIVE | changed)
    assert words in said["said"]
    assert said["is_on"] is (not changed)


def test_an_error_is_told_with_its_cause() -> None:
    """So that missing credentials can be told from a missing network."""
    error = TransientError("AWS could not be reached", code="x")
    error.__cause__ = OSError("private words")
    assert find_complaint(error) == "AWS could not be reached (OSError)"
    assert find_complaint(ConfigurationError(["a is missing", "b is wrong"])) == "a is missing; b is wrong"
