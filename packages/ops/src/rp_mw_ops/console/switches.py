"""The switches as the console shows them: each with its meaning, and whether replies go out, in words."""

from __future__ import annotations

from typing import Any

from rp_mw_ops.environment import Environment
from rp_mw_ops.flags import load_flags
from rp_mw_shared.flags.declared import FLAGS, RolloutStage
from rp_mw_shared.flags.kinds import to_text
from rp_mw_shared.flags.model import parse_flags

Json = dict[str, Any]


def load_switches(environment: Environment) -> Json:
    """Return every flag with its value, meaning and last change, and whether automation is on."""
    flags = load_flags(environment)
    return {
        "flags": {name: flag | _facts(environment, name) for name, flag in flags.items()},
        "automation": to_automation({name: flag["value"] for name, flag in flags.items()}),
    }


def _facts(environment: Environment, name: str) -> Json:
    spec = FLAGS[name]
    return {"means": environment.topology.flag_meanings[name], "kind": spec.kind, "values": spec.values}


def to_automation(values: dict[str, str | None]) -> Json:
    """Return whether the switches let replies out, and in words why or why not."""
    read = parse_flags({name: value for name, value in values.items() if value is not None})
    if read.problem:
        return {"is_on": False, "said": f"off: {read.problem}, so nothing is answered until all flags can be read"}
    if read.safe_mode:
        return {"is_on": False, "said": "off: safe_mode is on, decisions are only recorded"}
    if read.rollout_stage is RolloutStage.SHADOW:
        return {"is_on": False, "said": "off: the rollout is in shadow, decisions are only recorded"}
    if not read.automation_enabled:
        return {"is_on": False, "said": "off: automation_enabled is false, tickets are routed"}
    if read.rollout_stage < RolloutStage.TIER1:
        return {"is_on": False, "said": f"off: the rollout is at stage {to_text(read.rollout_stage)}"}
    channels = ", ".join(sorted(read.automation_enabled_channels)) or "no channel"
    return {"is_on": True, "said": f"on, up to {to_text(read.rollout_stage)}, for {channels}"}
