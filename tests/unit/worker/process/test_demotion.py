"""The sweep leaves a stage by itself when people agree too rarely: one flag, downwards, once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from rp_mw_shared.clock import FakeClock
from rp_mw_shared.observability import flush_metrics
from rp_mw_shared.times import MS_PER_DAY, MS_PER_HOUR, to_utc_text
from rp_mw_worker.demotion import demote_if_due
from rp_mw_worker.domain.figures import add_up
from rp_mw_worker.domain.model import RolloutStage
from rp_mw_worker.domain.rollout import CeilingState
from rp_mw_worker.sweep import Sweep
from rp_mw_worker.sweep_ports import TicketPage
from tests.fakes.outcomes import tickets
from tests.fakes.policy import load_policy
from tests.fakes.recording import recording
from tests.unit.worker.process.test_day_sums import FakeDays

RULES = load_policy().rollout
NOW = FakeClock().now_epoch_ms()
TIER1, DRAFT, TAGS = RolloutStage.TIER1, RolloutStage.DRAFT, RolloutStage.TAGS


@dataclass
class FakeCeiling:
    """The `StageCeiling` port in memory; `stage` None is unreadable."""

    stage: RolloutStage | None = TIER1
    changed_at: int = NOW - 30 * MS_PER_DAY
    lowered: list[tuple[RolloutStage, str]] = field(default_factory=list)

    def load(self) -> CeilingState | None:
        """Return it as it stands."""
        return None if self.stage is None else CeilingState(self.stage, self.changed_at)

    def lower(self, stage: RolloutStage, why: str) -> None:
        """Keep what was asked for."""
        self.lowered.append((stage, why))
        self.stage, self.changed_at = stage, NOW


def days(*rows: list[dict[str, Any]]) -> FakeDays:
    """The port over all these rows."""
    found = FakeDays()
    for row in (one for several in rows for one in several):
        found.rows.setdefault(row["day"], []).append(row)
    return found


def test_a_stage_below_its_floor_is_left_once_with_a_reason_and_an_alarm() -> None:
    """84 of 100: tier 1 asks for 85. The next sweep finds nothing new to judge by."""
    ceiling, found = FakeCeiling(), days(tickets(100, 16, NOW - MS_PER_HOUR))
    with recording() as lines:
        assert demote_if_due(found, ceiling, RULES, NOW) is DRAFT
        flush_metrics()
    assert ceiling.lowered == [(DRAFT, "agreement 84.0 % of 100 tickets is below the floor of tier1, 85%")]
    (told,) = lines.events("stage_demoted")
    assert (told["rollout_stage"], told["count"], lines.samples("StageDemoted")) == ("draft", 100, [1.0])
    assert demote_if_due(found, ceiling, RULES, NOW + MS_PER_HOUR) is None


def test_a_stage_at_its_floor_stays() -> None:
    """85 of 100."""
    ceiling = FakeCeiling()
    assert demote_if_due(days(tickets(100, 15, NOW - MS_PER_HOUR)), ceiling, RULES, NOW) is None
    assert ceiling.lowered == []


def test_what_was_decided_before_the_stage_was_opened_does_not_count() -> None:
    """A promotion after a correction is judged by the tickets after it, also within the day."""
    before = tickets(100, 100, NOW - 3 * MS_PER_HOUR)
    after = tickets(40, 0, NOW - MS_PER_HOUR, first=500)
    ceiling = FakeCeiling(changed_at=NOW - 2 * MS_PER_HOUR)
    assert demote_if_due(days(before, after), ceiling, RULES, NOW) is None
    ceiling.changed_at = NOW - 4 * MS_PER_HOUR
    assert demote_if_due(days(before, after), ceiling, RULES, NOW) is RolloutStage.SHADOW


def test_days_that_are_summed_are_not_read_again_and_old_ones_do_not_count() -> None:
    """The period is `floor_days`; a sum says the same as its rows."""
    yesterday = tickets(60, 30, NOW - MS_PER_DAY)
    old = tickets(500, 500, NOW - (RULES.floor_days + 1) * MS_PER_DAY, first=1_000)
    found = days(yesterday, old)
    day = to_utc_text(NOW - MS_PER_DAY)[:10]
    found.sums[day] = add_up(found.rows.pop(day)).to_json()
    ceiling = FakeCeiling(stage=RolloutStage.ASSIGN)
    assert demote_if_due(found, ceiling, RULES, NOW) is RolloutStage.SHADOW
    assert "of 60 tickets" in ceiling.lowered[0][1]


@pytest.mark.parametrize("stage", [None, RolloutStage.SHADOW])
def test_flags_that_cannot_be_read_and_shadow_leave_nothing_to_lower(stage: RolloutStage | None) -> None:
    """Automation is off already, or nothing is done."""
    ceiling = FakeCeiling(stage=stage)
    assert demote_if_due(days(tickets(100, 100, NOW - MS_PER_HOUR)), ceiling, RULES, NOW) is None


def test_one_sweep_demotes() -> None:
    """Within the run that finds it, and not in a dry one."""

    class NoTickets:
        def load_open_tickets(self, page: int) -> TicketPage:
            return TicketPage((), None)

    class NoInbox:
        def send(self, event: object, deduplication_id: str, /) -> None:
            raise AssertionError

    ceiling, found = FakeCeiling(), days(tickets(100, 30, NOW - MS_PER_HOUR))
    sweep = Sweep(
        NoTickets(),
        NoInbox(),
        FakeClock(),
        days=found,
        check_floor=lambda kept, now: demote_if_due(kept, ceiling, RULES, now),
    )
    sweep.run(lambda: 60_000, is_dry_run=True)
    assert ceiling.lowered == []
    assert sweep.run(lambda: 60_000)["outcome"] == "finished"
    assert [stage for stage, _ in ceiling.lowered] == [RolloutStage.ASSIGN]
