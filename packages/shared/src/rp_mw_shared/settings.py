"""Reads a service's settings from the environment and reports every mistake at once.

    @dataclass(frozen=True, slots=True)
    class Settings:
        queue_url: str = setting("EVENTS_QUEUE_URL", parse_url)
        timeout_seconds: float = setting("TIMEOUT_SECONDS", parse_number, default=8.0, minimum=0.1, maximum=60)

    settings = load_settings(Settings, os.environ)

Nothing here reads the environment by itself: the caller passes it in.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, field, fields
from typing import Any, NamedTuple, TypeVar

from rp_mw_shared.errors import ConfigurationError

SettingsT = TypeVar("SettingsT")

_SPEC = "rp_mw_setting"
_MAX_SHOWN_CHARS = 60
_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off"})


class SettingSpec(NamedTuple):
    """How one setting is read: variable name, parser, inclusive bounds, allowed values."""

    name: str
    parse: Callable[[str], Any]
    minimum: float | None
    maximum: float | None
    choices: tuple[str, ...]
    is_secret: bool
    hint: str


def setting(
    name: str,
    parse: Callable[[str], Any],
    *,
    default: Any = MISSING,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
    secret: bool = False,
    hint: str = "",
) -> Any:
    """Declare a settings field read from the environment variable `name`; without `default` it is required.

    `minimum` and `maximum` bound numbers, inclusive, in the field's own unit. `hint` says what to set.
    `secret` keeps the value out of every message.
    """
    spec = SettingSpec(name, parse, minimum, maximum, choices, secret, hint)
    return field(default=default, metadata={_SPEC: spec})


def setting_spec(declared: Field[Any]) -> SettingSpec | None:
    """How this field of a settings dataclass is read, or None for a field that is not a setting."""
    spec: SettingSpec | None = declared.metadata.get(_SPEC)
    return spec


def load_settings(cls: type[SettingsT], environ: Mapping[str, str]) -> SettingsT:
    """Build the frozen settings dataclass `cls` from `environ`; raises ConfigurationError with every problem found.

    An empty or blank variable counts as absent.
    """
    problems: list[str] = []
    values: dict[str, Any] = {}
    for declared in fields(cls):  # type: ignore[arg-type]
        spec = setting_spec(declared)
        if spec is not None:
            _read(declared, spec, environ, values, problems)
    if problems:
        raise ConfigurationError(problems)
    return cls(**values)


def _read(
    declared: Field[Any], spec: SettingSpec, environ: Mapping[str, str], values: dict[str, Any], problems: list[str]
) -> None:
    raw = environ.get(spec.name, "").strip()
    if not raw:
        if declared.default is MISSING:
            problems.append(_worded(spec, "is not set"))
        return
    try:
        values[declared.name] = _checked(spec, raw)
    except ValueError as error:
        shown = "" if spec.is_secret else f" (is {raw[:_MAX_SHOWN_CHARS]!r})"
        reason = "cannot be read" if spec.is_secret else str(error)
        problems.append(_worded(spec, f"{reason}{shown}"))


def _worded(spec: SettingSpec, problem: str) -> str:
    return f"{spec.name} {problem}: {spec.hint or _default_hint(spec)}"


def _default_hint(spec: SettingSpec) -> str:
    if spec.choices:
        return f"set it to one of {', '.join(spec.choices)}"
    if spec.minimum is not None or spec.maximum is not None:
        return f"set it to a number{_bounds(spec)}"
    return "set it in the function's environment"


def _bounds(spec: SettingSpec) -> str:
    lower = "" if spec.minimum is None else f" of at least {spec.minimum:g}"
    upper = "" if spec.maximum is None else f" of at most {spec.maximum:g}"
    return " and".join(part for part in (lower, upper) if part)


def _checked(spec: SettingSpec, raw: str) -> Any:
    value = spec.parse(raw)
    if spec.choices and value not in spec.choices:
        raise ValueError("is not an allowed value")
    if spec.minimum is not None and value < spec.minimum:
        raise ValueError(f"must be at least {spec.minimum:g}")
    if spec.maximum is not None and value > spec.maximum:
        raise ValueError(f"must be at most {spec.maximum:g}")
    return value


def parse_text(raw: str) -> str:
    """Return the text as it is, without surrounding blanks."""
    return raw


def parse_integer(raw: str) -> int:
    """Return a whole number; raises ValueError for anything else."""
    try:
        return int(raw)
    except ValueError:
        raise ValueError("is not a whole number") from None


def parse_number(raw: str) -> float:
    """Return a finite number; raises ValueError for anything else."""
    try:
        value = float(raw)
    except ValueError:
        raise ValueError("is not a number") from None
    if not math.isfinite(value):
        raise ValueError("is not a finite number")
    return value


def parse_boolean(raw: str) -> bool:
    """Return true or false from true/false, 1/0, yes/no, on/off; raises ValueError for anything else."""
    lowered = raw.lower()
    if lowered in _TRUE or lowered in _FALSE:
        return lowered in _TRUE
    raise ValueError("is neither true nor false")


def parse_list(raw: str) -> tuple[str, ...]:
    """Return the comma-separated parts without blanks; empty parts are left out."""
    return tuple(part.strip() for part in raw.split(",") if part.strip())


def parse_url(raw: str) -> str:
    """Return an http or https address without a trailing slash; raises ValueError for anything else."""
    scheme, separator, rest = raw.partition("://")
    if scheme not in ("http", "https") or not separator or not rest or " " in rest:
        raise ValueError("is not an http(s) address")
    return raw.rstrip("/")
