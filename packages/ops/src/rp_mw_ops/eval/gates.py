"""The gates of eval.yaml: limits on headline figures, labels and sources; a broken one is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rp_mw_ops.eval.result import Result
from rp_mw_ops.limits import find_break, has_limit, load_yaml
from rp_mw_shared.errors import ConfigurationError

SCOPES = ("headline", "labels", "sources")


def load_gates(path: Path, profile: str) -> list[dict[str, Any]]:
    """Return the gates of `profile` in `path`. Raises ConfigurationError listing every mistake in it."""
    document = load_yaml(path)
    profiles = document.get("profiles") if isinstance(document, dict) else None
    if not isinstance(profiles, dict) or profile not in profiles:
        raise ConfigurationError([f"{path}: no profile {profile!r}; it has {sorted(profiles or {})}"])
    gates = profiles[profile]
    problems = [problem for gate in gates for problem in _problems(gate)]
    if problems:
        raise ConfigurationError([f"{path}: {problem}" for problem in problems])
    return list(gates)


def _problems(gate: Any) -> list[str]:
    if not isinstance(gate, dict) or not isinstance(gate.get("figure"), str):
        return [f"gate {gate!r} names no figure"]
    name, problems = gate["figure"], []
    if unknown := set(gate) - {"figure", "scope", "name", "min", "max", "why"}:
        problems.append(f"gate {name}: unknown key {sorted(unknown)}")
    if gate.get("scope", "headline") not in SCOPES:
        problems.append(f"gate {name}: scope is none of {', '.join(SCOPES)}")
    if not has_limit(gate):
        problems.append(f"gate {name}: needs a number as min or max")
    return problems


def find_broken(result: Result, gates: list[dict[str, Any]]) -> list[str]:
    """Return one line for every broken gate; a figure that is not there breaks its gate."""
    return [line for gate in gates if (line := _find_break(result, gate))]


def _find_break(result: Result, gate: dict[str, Any]) -> str | None:
    scope, figure, name = gate.get("scope", "headline"), gate["figure"], gate.get("name")
    place = result[scope] if scope == "headline" else result[scope].get(name, {})
    title = figure if scope == "headline" else f"{scope} {name}: {figure}"
    return find_break(title, place.get(figure), gate)
