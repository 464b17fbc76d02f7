"""The switches: what they say, who set them last, and setting one with a record of who and why."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from typing import Any

from rp_mw_ops.audit_trail import FLAG_CHANGE, OperatorAction, load_rows, write_operator_action
from rp_mw_ops.environment import Environment
from rp_mw_ops.errors import UsageError
from rp_mw_shared.flags.source import read_raw_flags
from rp_mw_shared.flags.writing import FlagChange, redacted_reason, write_flag

AUDIT_PARTITION = "flags"


def load_flags(environment: Environment) -> dict[str, Any]:
    """Every flag of the topology with its value and its last recorded change."""
    values = read_raw_flags(environment.client("ssm"), environment.topology.flags_path)
    # redacted once more: an item may be older than the redaction of what is stored
    changes = {
        str(row["flag"]): {**row, "why": redacted_reason(str(row["why"]))}
        for row in load_rows(environment, AUDIT_PARTITION)
    }
    return {
        name: {"value": values.get(name), "last_change": changes.get(name)}
        for name in environment.topology.flag_defaults
    }


def set_flag(environment: Environment, name: str, value: str, *, who: str, why: str) -> None:
    """Set a flag and record it; raises UsageError for an unknown flag, a value it cannot have, or no reason."""
    try:
        # the audit trail is the record; a log line on a person's terminal would only spoil --json
        with redirect_stdout(io.StringIO()):
            write_flag(
                environment.client("ssm"),
                environment.topology.flags_path,
                name,
                value,
                who=who,
                why=why,
                record=lambda change: write_operator_action(environment, _to_action(change)),
            )
    except ValueError as error:
        raise UsageError(str(error)) from error


def _to_action(change: FlagChange) -> OperatorAction:
    facts = {
        "flag": change.name,
        "value": change.value,
        "previous": change.previous,
        "who": change.who,
        "why": change.why,
        "changed_at_epoch_ms": change.changed_at_epoch_ms,
    }
    return OperatorAction(AUDIT_PARTITION, FLAG_CHANGE, f"flag#{change.name}", change.changed_at_epoch_ms, facts)
