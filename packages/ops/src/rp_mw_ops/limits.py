"""Limits on figures, read from YAML: a figure outside its limits is named, and the run ends with FINDING."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rp_mw_shared.errors import ConfigurationError


def load_yaml(path: Path) -> Any:
    """Return what a YAML file holds. Raises ConfigurationError when it cannot be read."""
    import yaml

    try:
        return yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError([f"{path}: {' '.join(str(error).split())}"]) from error


def load_limits(path: Path) -> dict[str, dict[str, float]]:
    """Return the limits (min, max) by figure. Raises ConfigurationError for a file that is not one of limits."""
    document = load_yaml(path)
    if not isinstance(document, dict) or not all(map(_is_limit, document.values())):
        raise ConfigurationError([f"{path}: every figure needs a number as min or max"])
    return document


def has_limit(limits: Mapping[str, Any]) -> bool:
    """Whether there is a min or a max, and each is a number."""
    given = [limits[key] for key in ("min", "max") if key in limits]
    return bool(given) and all(isinstance(limit, int | float) for limit in given)


def find_break(title: str, value: float | None, limits: Mapping[str, Any]) -> str | None:
    """Return the line that names a broken limit, or None; a figure that was not measured breaks its limits."""
    if value is None:
        return f"{title}: not measured"
    if "min" in limits and value < limits["min"]:
        return f"{title} {value:.4g} is below {limits['min']}"
    if "max" in limits and value > limits["max"]:
        return f"{title} {value:.4g} is above {limits['max']}"
    return None


def find_broken(figures: Mapping[str, Mapping[str, Any]], limits: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Return one line for every figure whose share is outside its limits."""
    lines = (find_break(name, figures.get(name, {}).get("share"), limit) for name, limit in limits.items())
    return [line for line in lines if line is not None]


def _is_limit(limits: object) -> bool:
    return isinstance(limits, dict) and set(limits) <= {"min", "max"} and has_limit(limits)
