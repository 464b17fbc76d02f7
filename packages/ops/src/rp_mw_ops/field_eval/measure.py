"""Runs every row through the reader of cases and the decision, and counts by kind and figure what holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from rp_mw_ops.case_reader import parse_case
from rp_mw_ops.field_eval.checks import CHECKS, Outcome
from rp_mw_ops.field_eval.expectations import Check, load_expectations
from rp_mw_ops.field_eval.situations import FieldRow, to_answered_case, to_case, to_sure_case
from rp_mw_shared.messages.types import BY_EMAIL
from rp_mw_worker.domain.decide import decide
from rp_mw_worker.domain.interpretation import understand
from rp_mw_worker.domain.model import Case, Decision
from rp_mw_worker.domain.policy import Policy
from rp_mw_worker.domain.reply_text import render

BY_CODE = "by_code"
ALL = "all_rows"
SILENCE = "silence"
_ORDER_OF_ADDRESS = "1001"
_FORBIDDING = ("no_reply", "no_lookup")


@dataclass(slots=True)
class Report:
    """What held. `wrong` names each row with the checks that failed; `by_hand` are the ids that no check covers."""

    kinds: dict[str, Counter[str]] = field(default_factory=dict)
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    wrong: dict[str, list[str]] = field(default_factory=dict)
    by_hand: list[str] = field(default_factory=list)

    def add(self, row: FieldRow, checks: Iterable[Check], failed: list[str]) -> None:
        """Count one row; without checks a person judges it."""
        names = [check.name for check in checks]
        self._count(BY_CODE, holds=bool(names))
        if not names:
            self.by_hand.append(row.row_id)
            return
        if any(name.startswith(_FORBIDDING) for name in names):
            self._count(SILENCE, holds=not any(name.startswith(_FORBIDDING) for name in failed))
        for name in (ALL, *load_expectations().find_figures(row.kind, row.row_id)):
            self._count(name, holds=not failed)
        kind = self.kinds.setdefault(row.kind, Counter())
        kind["total"] += 1
        kind["held"] += not failed
        if failed:
            self.wrong[row.row_id] = failed

    def figures(self) -> dict[str, dict[str, Any]]:
        """Return share, found and total of every figure."""
        return {
            name: {"share": count["held"] / count["total"], "found": count["held"], "total": count["total"]}
            for name, count in self.counts.items()
        }

    def _count(self, name: str, *, holds: bool) -> None:
        count = self.counts.setdefault(name, Counter())
        count["total"] += 1
        count["held"] += holds


def measure(rows: Iterable[FieldRow], policy: Policy) -> Report:
    """Return what held of the rows."""
    report = Report()
    for row in rows:
        checks = load_expectations().find_checks(row.expected, row.kind)
        report.add(row, checks, find_failed(row, checks, policy) if checks else [])
    return report


def find_failed(row: FieldRow, checks: Iterable[Check], policy: Policy) -> list[str]:
    """Return the names of the checks that do not hold."""
    outcome = to_outcome(row, policy)
    return [check.name for check in checks if not CHECKS[check.name](outcome, check.values)]


def to_outcome(row: FieldRow, policy: Policy) -> Outcome:
    """Return what the worker would decide on the row, with the model's reading and with a sure one."""
    given = to_case(row)
    case, first, final = _decide(given, policy)
    _, sure_first, sure_final = _decide(to_sure_case(given), policy)
    return Outcome(
        body=row.body,
        case=case,
        numbers=understand(case, policy).numbers,
        first=first,
        final=final,
        sure_first=sure_first,
        sure_final=sure_final,
        reply=_words(case, final, policy),
        may_differ_in_blank_lines="blank lines may differ" in row.note,
    )


def _decide(given: dict[str, Any], policy: Policy) -> tuple[Case, Decision, Decision]:
    """Return the case, its decision, and the decision after the lookup that it asked for."""
    case = parse_case(given, policy)
    first = decide(case, policy)
    if first.order_question is None or "order" in given:
        return case, first, first
    pending = _without_nulls(asdict(first.next_pending)) if first.next_pending else None
    question = first.order_question
    number = _ORDER_OF_ADDRESS if question.by == BY_EMAIL else question.value.lstrip("#")
    answered = to_answered_case(given, number, pending, question.by)
    return case, first, decide(parse_case(answered, policy), policy)


def _without_nulls(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _words(case: Case, decision: Decision, policy: Policy) -> str:
    if decision.template_id is None:
        return ""
    return render(decision.template_id, case.ticket.channel, decision.variables, policy, decision.language)
