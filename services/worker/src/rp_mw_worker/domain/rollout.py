"""The gates of rollout.yaml: what has to hold before a stage opens, and the floor below which it is left by itself.

figures of the last days ──> each gate of the stage: holds, or what is missing       `rp-mw promote` asks
                         └─> the highest stage whose floor still holds                the sweep asks

Pure: both get the same figures and rules, so both say the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rp_mw_worker.domain.agreement import AgreementFigures
from rp_mw_worker.domain.intervals import wilson
from rp_mw_worker.domain.model import RolloutStage
from rp_mw_worker.domain.rollout_rules import RolloutRules, StageGates

_MOST_TICKETS = 1_000_000


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """What one gate says of a stage; `value` is None where there is nothing to measure.

    `missing` is how many more tickets (or replies) are needed as things stand, None where more of the same do not help.
    """

    stage: str
    gate: str
    is_held: bool
    value: float | None
    wanted: float
    missing: int | None = 0


@dataclass(frozen=True, slots=True)
class CeilingState:
    """The stage in force, the lower of `rollout_stage` and its ceiling, and when the ceiling was last set."""

    in_force: RolloutStage
    changed_at_epoch_ms: int


def check_stage(stage: RolloutStage, figures: AgreementFigures, rules: RolloutRules) -> tuple[GateAnswer, ...]:
    """Return every gate's answer for one stage; shadow has none."""
    if stage is RolloutStage.SHADOW:
        return ()
    name = stage.name.lower()
    return tuple(_answers(name, figures, rules.stages[name]))


def check_promotion(
    now: RolloutStage, wanted: RolloutStage, figures: AgreementFigures, rules: RolloutRules
) -> tuple[GateAnswer, ...]:
    """Return the answers for every stage above `now` up to `wanted`: a stage includes those before it."""
    between = [stage for stage in RolloutStage if now < stage <= wanted]
    return tuple(answer for stage in between for answer in check_stage(stage, figures, rules))


def find_demotion(now: RolloutStage, figures: AgreementFigures, rules: RolloutRules) -> RolloutStage | None:
    """Return the highest stage below `now` whose floor holds, None where the present stage's does.

    With fewer than `floor_min_tickets` tickets nothing is known, and nothing is demoted.
    """
    share = figures.agreed.value
    if share is None or figures.tickets < rules.floor_min_tickets or _holds(now, share, rules):
        return None
    return max(stage for stage in RolloutStage if stage < now and _holds(stage, share, rules))


def _holds(stage: RolloutStage, share: float, rules: RolloutRules) -> bool:
    return stage is RolloutStage.SHADOW or share >= rules.stages[stage.name.lower()].agreement_floor


def _answers(stage: str, figures: AgreementFigures, gates: StageGates) -> Iterator[GateAnswer]:
    tickets, wrong = figures.tickets, figures.wrong
    yield _at_least(stage, "tickets", tickets, gates.min_tickets)
    low = figures.agreed.interval[0] if figures.agreed.interval else None
    yield GateAnswer(
        *(stage, "agreement", low is not None and low >= gates.agreement_low, low, gates.agreement_low),
        _more_tickets(figures.agreed.hits, tickets, gates.agreement_low),
    )
    yield _at_most(stage, "override_rate", figures.override_rate, gates.override_rate_max)
    if gates.min_replies:
        yield _at_least(stage, "replies", wrong.of, gates.min_replies)
        yield _at_most(stage, "wrong_replies", wrong.value, gates.wrong_replies_max)
    yield _at_most(stage, "machine_replies", figures.machines, gates.machine_replies_max)
    yield _at_most(stage, "false_claims", figures.untrue, gates.false_claims_max)


def _at_least(stage: str, gate: str, value: int, wanted: int) -> GateAnswer:
    return GateAnswer(stage, gate, value >= wanted, value, wanted, max(0, wanted - value))


def _at_most(stage: str, gate: str, value: float | None, most: float) -> GateAnswer:
    is_held = value is not None and value <= most
    return GateAnswer(stage, gate, is_held, value, most, 0 if is_held else None)


def _more_tickets(hits: int, tickets: int, wanted: float) -> int | None:
    """Return how many more tickets of the present agreement lift its lower end to `wanted`; None for never."""
    share = hits / tickets if tickets else 1.0

    def is_enough(number: int) -> bool:
        return wilson(round(share * number), number)[0] >= wanted

    if tickets and is_enough(tickets):
        return 0
    if share <= wanted or not is_enough(_MOST_TICKETS):
        return None
    few, many = tickets, _MOST_TICKETS
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if is_enough(middle) else (middle, many)
    return many - tickets
