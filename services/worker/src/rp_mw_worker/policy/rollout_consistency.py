"""The rules of rollout.yaml: every stage has its gates, and a later stage never asks for less than an earlier one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from rp_mw_worker.domain.model import RolloutStage

if TYPE_CHECKING:
    from rp_mw_worker.policy.validation import Document

_STAGES = tuple(stage.name.lower() for stage in RolloutStage if stage is not RolloutStage.SHADOW)
_SHARES = ("agreement_low", "override_rate_max", "wrong_replies_max", "agreement_floor")
_COUNTS = ("min_tickets", "min_replies", "machine_replies_max", "false_claims_max")
_RISING, _FALLING = ("min_tickets", "agreement_low", "min_replies", "agreement_floor"), ("override_rate_max",)
_MOST_DAYS = 60  # as long as rows of the audit trail are kept


def find_rollout_problems(document: Document) -> Iterator[str]:
    """Yield every mistake of rollout.yaml."""
    rules, stages = document.value, document.value["stages"]
    for name, most in (("days", _MOST_DAYS), ("floor_days", _MOST_DAYS), ("floor_min_tickets", None)):
        if rules[name] < 1 or (most is not None and rules[name] > most):
            yield document.problem((name,), f"{rules[name]} does not fit", f"use 1 to {most or 'any number'}")
    if set(stages) != set(_STAGES):
        yield document.problem(("stages",), "are not the stages there are", f"name {', '.join(_STAGES)}")
        return
    for name, gates in stages.items():
        yield from _number_problems(document, name, gates)
    for earlier, later in pairwise(_STAGES):
        yield from _order_problems(document, earlier, later)


def _number_problems(document: Document, stage: str, gates: dict[str, Any]) -> Iterator[str]:
    for name in _SHARES:
        if not 0 <= gates.get(name, 0) <= 1:
            yield document.problem(("stages", stage, name), f"{gates[name]} is no share", "use 0 to 1")
    for name in _COUNTS:
        if gates.get(name, 0) < 0:
            yield document.problem(("stages", stage, name), f"{gates[name]} is negative", "use 0 or more")
    if gates["agreement_floor"] > gates["agreement_low"]:
        fix = "set agreement_floor to agreement_low or less, or the stage is left as soon as it opens"
        yield document.problem(("stages", stage, "agreement_floor"), "is above agreement_low", fix)


def _order_problems(document: Document, earlier: str, later: str) -> Iterator[str]:
    before, after = document.value["stages"][earlier], document.value["stages"][later]
    loose = [name for name in _RISING if after.get(name, 0) < before.get(name, 0)]
    loose += [name for name in _FALLING if after[name] > before[name]]
    for name in loose:
        fix = f"a later stage asks for no less than {earlier}: {before.get(name, 0)}"
        yield document.problem(("stages", later, name), f"{after.get(name, 0)} asks for less", fix)
