"""Leaves a stage by itself: lowers the flag `stage_ceiling` when people's agreement is below the stage's floor.

the ceiling was set ── decisions since then, of the last days, that were read back ── below the floor ── lowered once

Only lower, and no other flag: opening a stage is `rp-mw promote`'s. What was decided before the last change of the
ceiling does not count, so neither a demotion nor a promotion is judged by the tickets that led to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from rp_mw_shared.observability import LogEvent, Metric, log, metric
from rp_mw_shared.times import MS_PER_DAY, to_utc_text
from rp_mw_worker.domain.agreement import AgreementFigures, to_agreement
from rp_mw_worker.domain.figures import Figures, add_up, from_json
from rp_mw_worker.domain.model import RolloutStage
from rp_mw_worker.domain.rollout import CeilingState, find_demotion
from rp_mw_worker.domain.rollout_rules import RolloutRules
from rp_mw_worker.sweep_ports import DecisionDays


class StageCeiling(Protocol):
    """The one flag that the sweep may change; raises TransientError, or PermanentError where it is not allowed to."""

    def load(self) -> CeilingState | None:
        """Return how it stands, None where the flags cannot all be read: then automation is off already."""

    def lower(self, stage: RolloutStage, why: str) -> None:
        """Set it to a stage below the one in force, and record why; never raise it."""


def demote_if_due(days: DecisionDays, ceiling: StageCeiling, rules: RolloutRules, now: int) -> RolloutStage | None:
    """Lower the ceiling to the highest stage whose floor holds, and return it; None where the stage stays.

    `now` is epoch milliseconds. Raises TransientError or PermanentError of the tables and the parameter.
    """
    state = ceiling.load()
    if state is None or state.in_force is RolloutStage.SHADOW:
        return None
    figures = load_agreement(days, state.changed_at_epoch_ms, now, rules.floor_days)
    target = find_demotion(state.in_force, figures, rules)
    if target is None:
        return None
    ceiling.lower(target, to_reason(figures, state.in_force, rules))
    log(LogEvent.STAGE_DEMOTED, rollout_stage=target.name.lower(), count=figures.tickets)
    metric(Metric.STAGE_DEMOTED)
    return target


def load_agreement(days: DecisionDays, since: int, now: int, number: int) -> AgreementFigures:
    """Return the agreement on decisions since `since`, of at most the last `number` UTC days; times in epoch ms."""
    first = max(since, now - (number - 1) * MS_PER_DAY)
    names = [_day(at) for at in range(now, first, -MS_PER_DAY)]
    names = sorted({*names, _day(first)})
    sums = days.load_sums(names[:-1])
    begun = _day(since)
    whole = Figures()
    for name in names:
        rows = days.load_rows(name)
        if name == begun:
            whole = whole.plus(add_up(row for row in rows if str(row["ts_action_id"]) >= to_utc_text(since)))
        else:
            whole = whole.plus(_find_sum(sums.get(name)) or add_up(rows))
    return to_agreement(whole, names[0], names[-1])


def to_reason(figures: AgreementFigures, left: RolloutStage, rules: RolloutRules) -> str:
    """Return why a stage was left, for the audit trail."""
    floor = rules.stages[left.name.lower()].agreement_floor
    share = 100 * (figures.agreed.value or 0.0)
    return (
        f"agreement {share:.1f} % of {figures.tickets} tickets is below the floor of {left.name.lower()}, {floor:.0%}"
    )


def _day(epoch_ms: int) -> str:
    return to_utc_text(epoch_ms)[:10]


def _find_sum(values: Mapping[str, Any] | None) -> Figures | None:
    return from_json(values) if values is not None else None
