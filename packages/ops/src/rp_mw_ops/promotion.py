"""Opening a stage: the gates of rollout.yaml over the last days' tickets, and who may set which stage by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rp_mw_ops.environment import Environment
from rp_mw_ops.errors import UsageError
from rp_mw_ops.figures.period import days_until, load_days, total, utc_day
from rp_mw_ops.finding import open_days
from rp_mw_shared.flags.declared import FLAGS, RolloutStage
from rp_mw_shared.flags.kinds import to_text
from rp_mw_shared.flags.model import CEILING, parse_flags
from rp_mw_worker.domain.agreement import AgreementFigures, to_agreement
from rp_mw_worker.domain.rollout import GateAnswer, check_promotion
from rp_mw_worker.domain.rollout_rules import RolloutRules

STAGE, PROOF = "rollout_stage", "notes_are_private"
PROBE = "rp-mw doctor --probe-notes TICKET"
Values = Mapping[str, str | None]
# how a gate is told to a person: what is measured, and the word before the wanted value
_WORDS = {
    "tickets": ("tickets read back", "at least"),
    "agreement": ("agreement, lower end of its interval", "at least"),
    "override_rate": ("tickets that people sent elsewhere", "at most"),
    "replies": ("replies in tickets read back", "at least"),
    "wrong_replies": ("wrong replies", "at most"),
    "machine_replies": ("replies, sent or planned, to a machine", "at most"),
    "false_claims": ("replies, sent or planned, marked as untrue", "at most"),
}
_SHARES = frozenset({"agreement", "override_rate", "wrong_replies"})


@dataclass(frozen=True, slots=True)
class Examined:
    """A promotion looked at: the stage in force, the one that is wanted, and what each gate says."""

    now: RolloutStage
    wanted: RolloutStage
    figures: AgreementFigures
    answers: tuple[GateAnswer, ...]

    @property
    def broken(self) -> tuple[GateAnswer, ...]:
        """The gates that do not hold."""
        return tuple(one for one in self.answers if not one.is_held)


def stage_in_force(values: Values) -> RolloutStage:
    """Return the stage that counts, the lower of the two; flags that cannot be read have their own rule."""
    return parse_flags({name: value for name, value in values.items() if value is not None}).rollout_stage


def require_by_hand(values: Values, name: str, value: str) -> None:
    """Raise UsageError for a change that only `promote` or a probe may make; going back is everybody's.

    `values` are the flags as they stand; a stage that cannot be read counts as shadow.
    """
    if name == CEILING:
        raise UsageError(f"{CEILING} is the sweep's, which lowers it: go back with rp-mw flags set {STAGE}")
    if name == PROOF and value.strip().lower() == "true":
        raise UsageError(f"only a probe proves that notes are private: {PROBE}")
    if name == STAGE and RolloutStage[value.strip().upper()] > _find_stage(values.get(STAGE)):
        raise UsageError(f"only rp-mw promote {value.strip().lower()} opens a stage: it looks at the gates first")


def require_proof(values: Values, wanted: RolloutStage) -> None:
    """Raise UsageError for stage draft where no probe has proved that notes are private; nothing overrides it."""
    if wanted is RolloutStage.DRAFT and (values.get(PROOF) or "").strip().lower() != "true":
        raise UsageError(f"a draft is a private note, and no probe has proved that notes are private here: {PROBE}")


def examine(
    environment: Environment, values: Values, wanted: RolloutStage, rules: RolloutRules, now_epoch_ms: int
) -> Examined:
    """Return what the gates say over the last `rules.days` UTC days; raises TransientError of the tables."""
    names = days_until(utc_day(now_epoch_ms), rules.days)
    figures = to_agreement(total(load_days(open_days(environment), names, now_epoch_ms)), names[0], names[-1])
    now = stage_in_force(values)
    return Examined(now, wanted, figures, check_promotion(now, wanted, figures, rules))


def to_lines(examined: Examined) -> list[str]:
    """Return what was looked at for people: a line a gate, and how many tickets are missing."""
    figures = examined.figures
    lines = [
        f"from {to_text(examined.now)} to {to_text(examined.wanted)}, "
        f"by {figures.tickets} tickets read back of {figures.decisions} decisions, {figures.since} to {figures.until}"
    ]
    for one in examined.answers:
        what, bound = _WORDS[one.gate]
        said = f"{what}: {_shown(one.gate, one.value)}, {bound} {_shown(one.gate, one.wanted)}"
        lines.append(f"{'holds' if one.is_held else 'NOT YET'}  {one.stage}: {said}{_missing(one)}")
    return lines


def to_json(examined: Examined, *, is_promoted: bool, is_overridden: bool) -> dict[str, Any]:
    """Return the same for programs."""
    return {
        "before": to_text(examined.now),
        "wanted": to_text(examined.wanted),
        "promoted": is_promoted,
        "overridden": is_overridden,
        "from": examined.figures.since,
        "to": examined.figures.until,
        "tickets": examined.figures.tickets,
        "gates": [asdict(one) for one in examined.answers],
    }


def to_reason(examined: Examined, why: str) -> str:
    """Return what the audit trail keeps as the reason: what held, or what was overridden, and the operator's words."""
    if not examined.broken:
        return why or f"the gates hold over {examined.figures.tickets} tickets"
    return f"override of {', '.join(f'{one.stage} {one.gate}' for one in examined.broken)}: {why}"


def _find_stage(text: str | None) -> RolloutStage:
    try:
        return RolloutStage(FLAGS[STAGE].parse(text or ""))  # type: ignore[arg-type]
    except ValueError:
        return RolloutStage.SHADOW


def _shown(gate: str, value: float | None) -> str:
    if value is None:
        return "nothing to measure"
    return f"{100 * value:.1f} %" if gate in _SHARES else f"{value:.0f}"


def _missing(one: GateAnswer) -> str:
    if one.is_held or not one.missing:
        return ""
    what = "replies" if one.gate == "replies" else "tickets"
    return f"; {one.missing} {what} are missing{' at this agreement' if one.gate == 'agreement' else ''}"
