"""Closed days are summed once, again while an end may still come late, and never twice over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from rp_mw_shared.times import MS_PER_DAY, MS_PER_HOUR, parse_iso_ms
from rp_mw_worker.day_sums import COMPUTED_AT, KEPT_DAYS, closed_days, is_due, refresh_sums
from rp_mw_worker.domain.figures import FIGURES_VERSION

NOON = parse_iso_ms("2026-11-29T12:00:00")
AMPLE_MS = 60_000


@dataclass
class FakeDays:
    """The `DecisionDays` port over rows by day; `read` lists the days whose rows were asked for."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    sums: dict[str, dict[str, Any]] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)

    def load_rows(self, day: str) -> list[dict[str, Any]]:
        """Return the day's rows."""
        self.read.append(day)
        return self.rows.get(day, [])

    def load_sums(self, days: Iterable[str]) -> Mapping[str, dict[str, Any]]:
        """Return those that are kept."""
        return {day: self.sums[day] for day in days if day in self.sums}

    def save_sum(self, day: str, values: Mapping[str, Any]) -> None:
        """Keep one."""
        self.sums[day] = dict(values)


def decided(day: str, digest: str = "a") -> dict[str, Any]:
    """A decision of that day."""
    return {"ts_action_id": f"{day}T09:00:00.000Z#{digest}#decision", "outcome": "completed", "route": "Sales"}


def test_the_days_that_are_over_are_summed_and_today_is_not() -> None:
    """Sixty of them, the newest first."""
    days = FakeDays({"2026-11-28": [decided("2026-11-28")], "2026-11-29": [decided("2026-11-29")]})
    assert refresh_sums(days, NOON, lambda: AMPLE_MS) == KEPT_DAYS
    assert days.sums["2026-11-28"]["decisions"] == 1
    assert "2026-11-29" not in days.sums
    assert days.read[0] == "2026-11-28"


def test_a_second_sweep_reads_no_row_again_within_the_day() -> None:
    """And changes no figure."""
    days = FakeDays({"2026-11-28": [decided("2026-11-28")]})
    refresh_sums(days, NOON, lambda: AMPLE_MS)
    days.read.clear()
    assert refresh_sums(days, NOON + MS_PER_HOUR, lambda: AMPLE_MS) == 0
    assert days.read == []


def test_an_end_that_comes_late_is_in_the_next_days_sum() -> None:
    """A queue keeps a message for four days: until then a day is summed daily."""
    days = FakeDays({"2026-11-28": [decided("2026-11-28")]})
    refresh_sums(days, NOON, lambda: AMPLE_MS)
    days.rows["2026-11-28"].append(decided("2026-11-28", "b"))
    refresh_sums(days, NOON + MS_PER_DAY, lambda: AMPLE_MS)
    assert days.sums["2026-11-28"]["decisions"] == 2


def test_a_sweep_without_time_left_sums_nothing() -> None:
    """The next one does."""
    days = FakeDays()
    assert refresh_sums(days, NOON, lambda: 1_000) == 0


def test_a_day_is_closed_an_hour_after_its_end() -> None:
    """Its last events need that long at most."""
    midnight = parse_iso_ms("2026-11-29")
    assert closed_days(midnight + MS_PER_HOUR - 1, 1) == ["2026-11-27"]
    assert closed_days(midnight + MS_PER_HOUR, 1) == ["2026-11-28"]


@pytest.mark.parametrize(
    ("computed_days_after_the_end", "asked_hours_later", "expected"),
    [(0.1, 1, False), (0.1, 25, True), (15.5, 25, True), (16.1, 25, False), (16.1, 24 * 50, False)],
)
def test_when_a_sum_is_computed_again(
    computed_days_after_the_end: float, asked_hours_later: int, expected: bool
) -> None:
    """Once a day for 16 days, then never."""
    computed_at = parse_iso_ms("2026-11-02") + int(computed_days_after_the_end * MS_PER_DAY)
    kept = {"v": FIGURES_VERSION, COMPUTED_AT: computed_at}
    assert is_due(kept, "2026-11-01", computed_at + asked_hours_later * MS_PER_HOUR) is expected


def test_a_sum_of_another_version_is_computed_anew() -> None:
    """A new figure has to be in the old days too."""
    assert is_due({"v": FIGURES_VERSION - 1, COMPUTED_AT: NOON}, "2026-10-01", NOON)


def sent_and_settled(day: str) -> list[dict[str, Any]]:
    """A reply of that day, whose ticket was found closed and quiet two hours later."""
    shared = {"conversation_id": "c-1", "route": "Sales", "intent": "return_request"}
    outcome = {"kind": "outcome", "read_at": 1, "end": "closed", "reply": "sent", "agreement": "same"}
    return [
        decided(day) | shared | {"actions": {"rp_reply": "done"}},
        shared | outcome | {"ts_action_id": f"{day}T09:00:00.000Z#a#outcome#1"},
    ]


@pytest.mark.parametrize(
    ("later_day", "unresolved"), [("2026-11-21", {"72h": 1, "7d": 1}), ("2026-11-25", {"7d": 1}), ("2026-11-28", {})]
)
def test_a_later_decision_undoes_a_resolution_in_the_kept_sum(later_day: str, unresolved: dict[str, int]) -> None:
    """Another conversation's does not, and no day is read twice or before it has begun."""
    days = FakeDays({"2026-11-20": sent_and_settled("2026-11-20")})
    days.rows[later_day] = [decided(later_day, "b") | {"conversation_id": "c-1"}]
    days.rows["2026-11-22"] = [decided("2026-11-22", "c") | {"conversation_id": "c-2"}]
    refresh_sums(days, NOON, lambda: AMPLE_MS)
    assert days.sums["2026-11-20"].get("unresolved", {}) == unresolved
    assert len(days.read) == len(set(days.read))
    assert max(days.read) <= "2026-11-29"


def test_days_without_a_reply_that_was_read_back_need_no_other_day() -> None:
    """A shop that sends nothing pays for no further reads."""
    days = FakeDays({"2026-11-20": [decided("2026-11-20")]})
    refresh_sums(days, NOON, lambda: AMPLE_MS, changed=["2026-11-20"])
    assert days.read[0] == "2026-11-20"
    assert "2026-11-29" not in days.read
