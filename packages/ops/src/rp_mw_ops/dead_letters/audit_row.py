"""Who sent dead letters back, when and why: one row of the audit trail per redrive and queue, without personal data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rp_mw_ops.dead_letters.redrive import Report
from rp_mw_ops.environment import Environment
from rp_mw_shared.clients.aws_errors import mapped_aws_errors

# redrives belong to no conversation: their history has a partition of its own, as the flags' has
AUDIT_PARTITION = "dlq"
SECONDS_PER_DAY = 86_400
_MAX_LISTED = 100


@dataclass(frozen=True, slots=True)
class Redrive:
    """One redrive of one queue; `chosen` says in a word which letters were meant, `why` is redacted already."""

    queue: str
    chosen: str
    who: str
    why: str
    began_at_epoch_ms: int


def record(environment: Environment, redrive: Redrive, report: Report | None) -> None:
    """Write the row: before the first letter without a report, and over it with the report when all is done.

    Raises TransientError or PermanentError when the table does not take it.
    """
    spec = environment.topology.tables["audit_trail"]
    with mapped_aws_errors("dynamodb"):
        environment.client("dynamodb").put_item(
            TableName=spec.name,
            Item=_to_item(redrive, report)
            | {spec.ttl_attribute: {"N": str(redrive.began_at_epoch_ms // 1000 + spec.ttl_days * SECONDS_PER_DAY)}},
        )


def _to_item(redrive: Redrive, report: Report | None) -> dict[str, Any]:
    at = datetime.fromtimestamp(redrive.began_at_epoch_ms / 1000, UTC).isoformat(timespec="milliseconds")
    texts = {
        "conversation_id": AUDIT_PARTITION,
        "ts_action_id": f"{at.replace('+00:00', 'Z')}#redrive#{redrive.queue}",
        "kind": "redrive",
        "queue": redrive.queue,
        "chosen": redrive.chosen,
        "who": redrive.who,
        "why": redrive.why,
        "outcome": "began" if report is None else "finished",
    }
    item: dict[str, Any] = {name: {"S": text} for name, text in texts.items()}
    item["began_at_epoch_ms"] = {"N": str(redrive.began_at_epoch_ms)}
    if report is not None:
        item["redriven"] = {"N": str(len(report.redriven))}
        item["failed"] = {"N": str(len(report.failed))}
        item["letters"] = {"L": [{"S": letter.id} for letter in report.redriven[:_MAX_LISTED]]}
    return item
