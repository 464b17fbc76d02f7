"""The switches: what they say, who set them last, and setting one with a record of who and why."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping
from contextlib import redirect_stdout
from typing import Any

from rp_mw_ops.arguments import near_miss
from rp_mw_ops.audit_trail import FLAG_CHANGE, OperatorAction, latest_rows, write_operator_action
from rp_mw_ops.environment import Environment
from rp_mw_ops.errors import OpsError, UsageError, find_complaint
from rp_mw_ops.progress import Interrupted
from rp_mw_shared.clock import Clock
from rp_mw_shared.errors import RpMwError
from rp_mw_shared.flags.declared import FLAGS, RolloutStage
from rp_mw_shared.flags.kinds import NOTHING, to_text
from rp_mw_shared.flags.model import parse_flags
from rp_mw_shared.flags.source import CACHE_SECONDS, read_raw_flags
from rp_mw_shared.flags.writing import FlagChange, redacted_reason, write_flag

AUDIT_PARTITION = "flags"
KILL_SWITCH = "automation_enabled"
TEMPLATES = "disabled_templates"
# how often SSM is asked whether it shows the new value, and how long at most
_ASK_EVERY_SECONDS = 0.5
_SHOWN_WITHIN_SECONDS = 30.0


def load_flags(environment: Environment) -> dict[str, Any]:
    """Every flag of the topology with its value and its last recorded change, however many changes there were."""
    values = read_raw_flags(environment.client("ssm"), environment.topology.flags_path)
    changes: dict[str, Any] = {}
    for row in latest_rows(environment, AUDIT_PARTITION):
        # redacted once more: an item may be older than the redaction of what is stored
        changes.setdefault(str(row["flag"]), {**row, "why": redacted_reason(str(row["why"]))})
        if changes.keys() >= environment.topology.flag_defaults.keys():
            break
    return {
        name: {"value": values.get(name), "last_change": changes.get(name)}
        for name in environment.topology.flag_defaults
    }


def require_known_value(name: str, value: str, templates: Collection[str]) -> None:
    """Raise UsageError, with the nearest name, for a flag, a value or a template that does not exist."""
    if name not in FLAGS:
        raise UsageError(f"there is no flag {name!r}{near_miss(name, FLAGS)}; the flags are {', '.join(FLAGS)}")
    spec, what = FLAGS[name], "template" if name == TEMPLATES else f"value of {name}"
    known = [*templates, NOTHING] if name == TEMPLATES else [*(spec.values or ("true", "false"))]
    known += [NOTHING] if spec.kind == "names" and spec.values else []
    for word in (part.strip() for part in (value.split(",") if spec.kind == "names" else [value])):
        # a template's name is compared as it is written, everything else in lower case
        if (word if name == TEMPLATES else word.lower()) not in known:
            raise UsageError(f"there is no {what} {word!r}{near_miss(word, known)}; there are {', '.join(known)}")


def set_flag(environment: Environment, name: str, value: str, *, who: str, why: str) -> FlagChange:
    """Set a flag and record it; raises UsageError for an unknown flag, a value it cannot have, or no reason.

    OpsError when the flag is set and the record could not be written: a switch does not wait for a table.
    """
    done: list[FlagChange] = []

    def record(change: FlagChange) -> None:
        done.append(change)
        write_operator_action(environment, _to_action(change))

    path, ssm = environment.topology.flags_path, environment.client("ssm")
    try:
        # the audit trail is the record; a log line on a person's terminal would only spoil --json
        with redirect_stdout(io.StringIO()):
            return write_flag(ssm, path, name, value, who=who, why=why, record=record)
    except ValueError as error:
        raise UsageError(str(error)) from error
    except RpMwError as error:
        if not done:
            raise
        told = f"{name} is set to {value}, but who and why could not be recorded: {find_complaint(error)}"
        raise OpsError(told) from error


def wait_until_seen(environment: Environment, change: FlagChange, clock: Clock) -> float:
    """Return the seconds until every worker has the new value: until SSM shows it, and then the workers' cache is over.

    Raises OpsError when SSM does not show it within half a minute, Interrupted for Ctrl-C.
    """
    began = clock.monotonic()
    try:
        while (
            read_raw_flags(environment.client("ssm"), environment.topology.flags_path).get(change.name) != change.value
        ):
            if clock.monotonic() - began > _SHOWN_WITHIN_SECONDS:
                raise OpsError(
                    f"{change.name} was set to {change.value}, and SSM does not show it: look again, rp-mw flags"
                )
            clock.sleep(_ASK_EVERY_SECONDS)
        clock.sleep(CACHE_SECONDS)
    except KeyboardInterrupt:
        told = f"{change.name} is set to {change.value}; a worker may take {CACHE_SECONDS:.0f} s more to see it"
        raise Interrupted(told) from None
    return clock.monotonic() - began


def to_automation(values: Mapping[str, str | None]) -> dict[str, Any]:
    """Whether the switches let replies out, and in words why or why not."""
    read = parse_flags({name: value for name, value in values.items() if value is not None})
    if read.problem:
        return {"is_on": False, "said": f"off: {read.problem}, so nothing is answered until all flags can be read"}
    if read.safe_mode:
        return {"is_on": False, "said": "off: safe_mode is on, decisions are only recorded"}
    if read.rollout_stage is RolloutStage.SHADOW:
        return {"is_on": False, "said": "off: the rollout is in shadow, decisions are only recorded"}
    if not read.automation_enabled:
        return {
            "is_on": False,
            "said": "off: stopped (automation_enabled is false), tickets are still routed",
        }
    if read.rollout_stage < RolloutStage.TIER1:
        return {"is_on": False, "said": f"off: the rollout is at stage {to_text(read.rollout_stage)}"}
    channels = ", ".join(sorted(read.automation_enabled_channels)) or "no channel"
    return {"is_on": True, "said": f"on, up to {to_text(read.rollout_stage)}, for {channels}"}


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
