"""Who sent dead letters back, when and why: one row of the audit trail per redrive and queue, without personal data."""

from __future__ import annotations

from dataclasses import dataclass

from rp_mw_ops.audit_trail import REDRIVE, OperatorAction, write_operator_action
from rp_mw_ops.dead_letters.redrive import Report
from rp_mw_ops.environment import Environment

AUDIT_PARTITION = "dlq"
_MAX_LISTED = 100


@dataclass(frozen=True, slots=True)
class Redrive:
    """One redrive of one queue; `chosen` says in a word which dead letters were meant, `why` is redacted already."""

    queue: str
    chosen: str
    who: str
    why: str
    began_at_epoch_ms: int


def record(environment: Environment, redrive: Redrive, report: Report | None) -> None:
    """Write the row: before the first dead letter without a report, and over it with the report when all is done.

    Raises TransientError or PermanentError when the table does not take it.
    """
    facts = {
        "queue": redrive.queue,
        "chosen": redrive.chosen,
        "who": redrive.who,
        "why": redrive.why,
        "began_at_epoch_ms": redrive.began_at_epoch_ms,
        "outcome": "began" if report is None else "finished",
    }
    if report is not None:
        facts["redriven"] = len(report.redriven)
        facts["failed"] = len(report.failed)
        facts["came_back"] = len(report.came_back)
        facts["dead_letters"] = [dead_letter.id for dead_letter in report.redriven[:_MAX_LISTED]]
    subject = f"redrive#{redrive.queue}"
    write_operator_action(
        environment, OperatorAction(AUDIT_PARTITION, REDRIVE, subject, redrive.began_at_epoch_ms, facts)
    )
