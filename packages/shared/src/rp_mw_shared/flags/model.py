"""What the switches say, and what they say when they cannot be read: automation off, routing goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

ROLLOUT_STAGES = ("shadow", "tags", "assign", "tier1", "tier2")
CLASSIFIERS = ("embedded", "openai", "cascade")
CHANNELS = frozenset({"livechat", "email", "sms", "social", "tiktok", "phone", "whatsapp"})
NOTHING = "none"  # SSM refuses an empty value, so an empty list is written as this word

FLAG_NAMES = (
    "safe_mode",
    "automation_enabled",
    "automation_enabled_channels",
    "rollout_stage",
    "disabled_templates",
    "classifier",
)
_ROUTING_ONLY = ROLLOUT_STAGES.index("assign")
_MAX_NAME_CHARS = 64


@dataclass(frozen=True, slots=True)
class FlagValues:
    """The six switches; `problem` is a reason code when they could not all be read, and then automation is off."""

    safe_mode: bool
    automation_enabled: bool
    automation_enabled_channels: frozenset[str]
    rollout_stage: str
    disabled_templates: frozenset[str]
    classifier: str
    problem: str | None = None


def parse_flags(raw: Mapping[str, str]) -> FlagValues:
    """Return the switches in `raw` (name to text); one that is missing or malformed makes the whole set fail closed.

    `problem` is then `flag_missing` or `flag_malformed`.
    """
    missing = [name for name in FLAG_NAMES if name not in raw]
    if missing:
        return fail_closed("flag_missing", raw)
    try:
        return FlagValues(
            safe_mode=_parse_switch(raw["safe_mode"]),
            automation_enabled=_parse_switch(raw["automation_enabled"]),
            automation_enabled_channels=_parse_channels(raw["automation_enabled_channels"]),
            rollout_stage=_parse_choice(raw["rollout_stage"], ROLLOUT_STAGES),
            disabled_templates=_parse_names(raw["disabled_templates"]),
            classifier=_parse_choice(raw["classifier"], CLASSIFIERS),
        )
    except ValueError:
        return fail_closed("flag_malformed", raw)


def fail_closed(problem: str, raw: Mapping[str, str] | None = None) -> FlagValues:
    """Return the switches for an unreadable set: no automation, no channel, embedded classifier, routing only.

    What `raw` still says readably in the cautious direction stays in force: `safe_mode` true, and a rollout stage
    below `assign`. So a shadow environment with a broken flag stays in shadow.
    """
    raw = raw or {}
    stage = raw.get("rollout_stage", "").strip().lower()
    rank = ROLLOUT_STAGES.index(stage) if stage in ROLLOUT_STAGES else _ROUTING_ONLY
    return FlagValues(
        safe_mode=raw.get("safe_mode", "").strip().lower() == "true",
        automation_enabled=False,
        automation_enabled_channels=frozenset(),
        rollout_stage=ROLLOUT_STAGES[min(rank, _ROUTING_ONLY)],
        disabled_templates=frozenset(),
        classifier="embedded",
        problem=problem,
    )


def require_valid_flag(name: str, value: str) -> None:
    """Raise ValueError, worded for the operator, unless `name` is a flag and `value` one it can have."""
    if name not in FLAG_NAMES:
        raise ValueError(f"no such flag: {name!r}; the flags are {', '.join(FLAG_NAMES)}")
    try:
        _PARSERS[name](value)
    except ValueError as error:
        raise ValueError(f"{name} {error}") from None


def _parse_switch(text: str) -> bool:
    return _parse_choice(text, ("true", "false")) == "true"


def _parse_choice(text: str, choices: tuple[str, ...]) -> str:
    lowered = text.strip().lower()
    if lowered not in choices:
        raise ValueError(f"must be one of {', '.join(choices)}")
    return lowered


def _parse_names(text: str) -> frozenset[str]:
    if text.strip().lower() == NOTHING:
        return frozenset()
    names = [part.strip() for part in text.split(",")]
    for name in names:
        if not name or len(name) > _MAX_NAME_CHARS or not name.replace("_", "").replace("-", "").isalnum():
            raise ValueError(f"must be names separated by commas, or {NOTHING}")
    return frozenset(names)


def _parse_channels(text: str) -> frozenset[str]:
    channels = _parse_names(text.lower())
    if not channels <= CHANNELS:
        raise ValueError(f"must be channels out of {', '.join(sorted(CHANNELS))}, or {NOTHING}")
    return channels


_PARSERS: dict[str, Callable[[str], object]] = {
    "safe_mode": _parse_switch,
    "automation_enabled": _parse_switch,
    "automation_enabled_channels": _parse_channels,
    "rollout_stage": lambda text: _parse_choice(text, ROLLOUT_STAGES),
    "disabled_templates": _parse_names,
    "classifier": lambda text: _parse_choice(text, CLASSIFIERS),
}
