"""`rp-mw stats`: which days are meant, and what is told of many events, of none, and of a day that cannot be had."""

from __future__ import annotations

import json

import pytest

from rp_mw_ops.errors import UsageError
from rp_mw_ops.figures.budget import BudgetUse
from rp_mw_ops.figures.measures import MEASURES
from rp_mw_ops.figures.period import days_until, find_day
from rp_mw_ops.figures.report import Period, to_json, to_lines
from rp_mw_ops.figures.text_plots import bar, spark
from rp_mw_shared.times import parse_iso_ms
from rp_mw_worker.domain.figures import Figures, add_up
from tests.fakes.json_answers import require_published

NOON = parse_iso_ms("2026-11-29T12:00:00")
BUDGET = BudgetUse(used=12, limit=25, budget=50)


def period(**days: Figures) -> Period:
    """Days with nothing measured but webhooks."""
    measures = dict.fromkeys((name for name, *_ in MEASURES), 0) | {"received": 1_234, "duplicates": 4}
    return Period({day.replace("_", "-")[1:]: figures for day, figures in days.items()}, measures, BUDGET)


def decided(reply: str | None, *blocked: str) -> Figures:
    """One decision."""
    row = {"ts_action_id": "2026-11-29T09:00:00.000Z#a#decision", "outcome": "completed", "route": "Sales"}
    actions = {"actions": {"rp_reply": reply}} if reply else {}
    return add_up([row | actions | {"gates_blocked": [f"gate:{code}" for code in blocked]}])


def test_days_are_named_by_word_or_date() -> None:
    """In UTC, as the rows are."""
    assert find_day("today", NOON) == "2026-11-29"
    assert find_day("yesterday", NOON) == "2026-11-28"
    assert find_day("2026-11-01", NOON) == "2026-11-01"
    assert days_until("2026-12-01", 3) == ["2026-11-29", "2026-11-30", "2026-12-01"]


@pytest.mark.parametrize("text", ["tomorrow", "2026-11-31", "29.11.2026", "2026-11-30", ""])
def test_a_day_that_is_none_or_has_not_begun_is_refused(text: str) -> None:
    """With one that would do."""
    with pytest.raises(UsageError, match="2026-11-29"):
        find_day(text, NOON)


def test_a_period_is_told_in_lines() -> None:
    """Volume with a plot by day, teams, reasons in words, vendors."""
    lines = to_lines(period(_2026_11_28=decided("done"), _2026_11_29=decided(None, "tier0_word")))
    text = "\n".join(lines)
    assert lines[0] == "2026-11-28 to 2026-11-29, 2 days (UTC)"
    assert "1,234 webhooks, 4 came again" in text
    assert "answered           1   50 % █▁" in text
    assert "Sales                         1 of      2" in text
    assert "The message holds a word that is never answered by a machine" in text
    assert "Richpanel's budget now: 12 of 25 calls in 30 s" in text


def test_a_period_without_events_is_told_as_one() -> None:
    """Dashes for what nothing can be said of; no empty list."""
    lines = to_lines(period(_2026_11_29=Figures()))
    text = "\n".join(lines)
    assert lines[0] == "2026-11-29 (UTC)"
    assert "done within  p50 -, p95 -, p99 -" in text
    assert "why there was no reply" not in text
    assert "teams" not in text


def test_programs_get_codes_rates_and_each_day() -> None:
    """The rate of nothing is null, not nought."""
    told = require_published("stats", json.dumps(to_json(period(_2026_11_28=Figures(), _2026_11_29=decided("done")))))
    assert (told["from"], told["to"]) == ("2026-11-28", "2026-11-29")
    assert told["days"]["2026-11-28"]["automation_rate"] is None
    assert told["whole"]["automation_rate"] == 1
    assert told["whole"]["took_ms"].keys() == {"p50", "p95", "p99"}
    assert told["budget"] == {"used": 12, "limit": 25, "budget": 50}


def test_plots_of_text_keep_their_scale() -> None:
    """Nought is the lowest, something is never nothing, the most is full."""
    assert spark([0, 1, 8]) == "▁▂█"
    assert spark([0, 0]) == "▁▁"
    assert bar(0, 10) == ""
    assert bar(1, 10_000) == "▏"
    assert bar(10, 10, width=4) == "████"
