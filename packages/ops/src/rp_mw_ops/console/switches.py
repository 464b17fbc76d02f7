"""The switches as the console shows them: each with its meaning, and whether replies go out, in words."""

from __future__ import annotations

from typing import Any

from rp_mw_ops.environment import Environment
from rp_mw_ops.flags import load_flags, to_automation
from rp_mw_shared.flags.declared import FLAGS

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
