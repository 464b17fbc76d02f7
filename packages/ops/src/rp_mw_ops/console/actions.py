"""What may be changed from the console: a switch, and dead letters sent back. Both are recorded with who and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rp_mw_ops.dead_letters.audit_row import Redrive
from rp_mw_ops.dead_letters.audited import redrive_audited
from rp_mw_ops.dead_letters.opening import open_dead_letters
from rp_mw_ops.dead_letters.redrive import Choice, Report
from rp_mw_ops.environment import GUARDED, Environment
from rp_mw_ops.errors import UsageError
from rp_mw_ops.flags import TEMPLATES, require_known_value, set_flag
from rp_mw_shared.clients.aws_errors import mapped_aws_errors
from rp_mw_shared.clock import Clock
from rp_mw_shared.flags.writing import redacted_reason
from rp_mw_worker.policy.loader import load_policy

MAX_REDRIVEN = 100
Json = dict[str, Any]


def change_switch(environment: Environment, asked: Mapping[str, Any], *, who: str) -> Json:
    """Set the switch `name` to `value`; raises UsageError for a value it cannot have, or without a reason."""
    name, value, why = (_require_text(asked, key) for key in ("name", "value", "why"))
    require_confirmed(environment, asked)
    require_known_value(name, value, _templates() if name == TEMPLATES else ())
    with mapped_aws_errors("AWS"):
        set_flag(environment, name, value, who=who, why=why)
    return {"said": f"{name} is {value}"}


def send_back(environment: Environment, asked: Mapping[str, Any], *, who: str, clock: Clock) -> Json:
    """Send the dead letters `ids` of `queue` back; raises UsageError for none, or without a reason."""
    queue, why = _require_text(asked, "queue"), _require_text(asked, "why")
    ids = asked.get("ids")
    if not isinstance(ids, list) or not ids or not all(isinstance(one, str) for one in ids):
        raise UsageError("say which messages")
    if queue not in environment.topology.queues:
        raise UsageError("there is no such queue")
    require_confirmed(environment, asked)
    row = Redrive(queue, f"{len(ids)} named", who, redacted_reason(why), clock.now_epoch_ms())
    with mapped_aws_errors("AWS"):
        dead_letters = open_dead_letters(environment, queue)
        choice = Choice(frozenset(ids))
        report = Report()
        redrive_audited(environment, dead_letters, choice, row, report, limit=MAX_REDRIVEN, clock=clock)
    sent, gone = len(report.redriven), len(choice.ids - report.touched)
    said = f"{sent} sent back" + (f", {len(report.failed)} failed" if report.failed else "")
    return {"said": said + (f", {gone} not there any more" if gone else ""), "failed": report.failed}


def require_confirmed(environment: Environment, asked: Mapping[str, Any]) -> None:
    """Raise UsageError where a write asks for the environment's name and it was not typed."""
    name = environment.name
    if name in GUARDED and asked.get("confirm") != name:
        raise UsageError(f"type {name} to confirm: this is not a rehearsal")


def _templates() -> list[str]:
    """Return every template that there is in some language."""
    return sorted({name for words in load_policy().templates_by_language.values() for name in words.templates})


def _require_text(asked: Mapping[str, Any], key: str) -> str:
    text = asked.get(key)
    if not isinstance(text, str) or not text.strip():
        raise UsageError("say why: who did it and why go into the audit trail" if key == "why" else f"{key} is missing")
    return text.strip()
