"""rollout.yaml as it is read: what each stage asks for before it opens, and below what it is left."""

from __future__ import annotations

from dataclasses import dataclass

from rp_mw_worker.domain.policy_file import Strict


@dataclass(frozen=True, slots=True)
class StageGates(Strict):
    """What one stage asks for; shares are 0 to 1, and a count or share may be at most what `_max` says.

    `agreement_low` is compared with the lower end of the agreement's 95 % interval, so few tickets do not open a stage.
    `min_replies` are replies, sent or planned, in tickets read back: of so many at most `wrong_replies_max` are wrong.
    `agreement_floor` is compared with the agreement itself: below it the stage is left.
    """

    min_tickets: int
    agreement_low: float
    override_rate_max: float
    agreement_floor: float
    min_replies: int = 0
    wrong_replies_max: float = 1.0
    machine_replies_max: int = 0
    false_claims_max: int = 0


@dataclass(frozen=True, slots=True)
class RolloutRules(Strict):
    """Everything in rollout.yaml: the gates by stage, and over how many days and tickets they are asked.

    `days` is the period of a promotion; `floor_days` and `floor_min_tickets` are those of a demotion.
    """

    days: int
    floor_days: int
    floor_min_tickets: int
    stages: dict[str, StageGates]


NO_ROLLOUT = RolloutRules(days=1, floor_days=1, floor_min_tickets=1, stages={})
