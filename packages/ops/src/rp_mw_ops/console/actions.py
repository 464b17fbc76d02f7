"""What may be changed from the console: a switch, and dead letters sent back. Both are recorded with who and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rp_mw_ops.dead_letters.audit_row import Redrive
from rp_mw_ops.dead_letters.audited import chosen_words, redrive_audited
from rp_mw_ops.dead_letters.opening import open_dead_letters
from rp_mw_ops.dead_letters.redrive import Choice, Report
from rp_mw_ops.environment import GUARDED, Environment
from rp_mw_ops.errors import UsageError
from rp_mw_ops.flags import KILL_SWITCH, TEMPLATES, load_flags, require_known_value, set_flag
from rp_mw_ops.promotion import require_by_hand
from rp_mw_shared.clients.aws_errors import mapped_aws_errors
from rp_mw_shared.clock import Clock
from rp_mw_shared.flags.writing import redacted_reason
from rp_mw_worker.policy.loader import load_policy

MAX_REDRIVEN = 100
DEFAULT_WHY = "stopped in the console"
Json = dict[str, Any]


def change_switch(environment: Environment, asked: Mapping[str, Any], *, who: str) -> Json:
    """Set the switch `name` to `value`; raises UsageError for a value it cannot have, or without a reason.

    Stopping all replies needs none, as `rp-mw stop` does not.
    """
    name, value = (_require_text(asked, key) for key in ("name", "value"))
    is_stop = (name, value) == (KILL_SWITCH, "false")
    why = DEFAULT_WHY if is_stop and not str(asked.get("why") or "").strip() else _require_text(asked, "why")
    require_confirmed(environment, asked)
    require_known_value(name, value, _templates() if name == TEMPLATES else ())
    with mapped_aws_errors("AWS"):
        require_by_hand({name: flag["value"] for name, flag in load_flags(environment).items()}, name, value)
        set_flag(environment, name, value, who=who, why=why)
    return {"said": f"{name} is {value}"}


def send_back(
    environment: Environment, asked: Mapping[str, Any], *, who: str, clock: Clock, sent: set[str] | None = None
) -> Json:
    """Send the dead letters `ids` of `queue` back, or with `all` what a consumer can read, as `rp-mw dlq` does.

    `sent` takes the ids that they have in their queue: by them a message that dies again is known.
    Raises UsageError for none, or without a reason.
    """
    queue, why, choice = _require_text(asked, "queue"), _require_text(asked, "why"), _require_choice(asked)
    if queue not in environment.topology.queues:
        raise UsageError("there is no such queue")
    require_confirmed(environment, asked)
    row = Redrive(queue, chosen_words(choice), who, redacted_reason(why), clock.now_epoch_ms())
    with mapped_aws_errors("AWS"):
        dead_letters = open_dead_letters(environment, queue)
        report = Report()
        redrive_audited(environment, dead_letters, choice, row, report, limit=MAX_REDRIVEN, clock=clock)
    if sent is not None:
        sent.update(report.live_ids)
    return {"said": redrive_words(choice, report), "failed": report.failed}


def redrive_words(choice: Choice, report: Report) -> str:
    """Return what became of a redrive in a line: also what was not sent back, and why."""
    counts = {
        "failed": len(report.failed),
        "not there any more": len(choice.ids - report.touched),
        "passed over that no consumer could read: choose them by themselves": len(report.passed_over),
    }
    told = [f"{len(report.redriven)} sent back", *(f"{count} {words}" for words, count in counts.items() if count)]
    return ", ".join(told) + (f"; stopped: {report.problem}" if report.problem else "")


def _require_choice(asked: Mapping[str, Any]) -> Choice:
    """Return the dead letters that are meant: those named, or all that can be read."""
    ids = asked.get("ids")
    if asked.get("all") is True and ids is None:
        return Choice()
    if not isinstance(ids, list) or not ids or not all(isinstance(one, str) for one in ids):
        raise UsageError("say which messages")
    return Choice(frozenset(ids))


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
