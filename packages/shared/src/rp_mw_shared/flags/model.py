"""What the flags say, and what they say when they cannot be read: automation off, routing goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rp_mw_shared.flags.declared import FLAGS, Flags, RolloutStage

CEILING = "stage_ceiling"


def parse_flags(raw: Mapping[str, str]) -> Flags:
    """Return the flags in `raw` (name to text); one that is missing or malformed makes the whole set fail closed.

    `problem` is then `flag_missing` or `flag_malformed`. Names that are no flag are left alone.
    """
    if not FLAGS.keys() <= raw.keys():
        return fail_closed("flag_missing", raw)
    try:
        values: dict[str, Any] = {name: spec.parse(raw[name]) for name, spec in FLAGS.items()}
    except ValueError:
        return fail_closed("flag_malformed", raw)
    return _under_ceiling(Flags(**values))


def fail_closed(problem: str, raw: Mapping[str, str] | None = None) -> Flags:
    """Return the flags for an unreadable set: what the topology names `unreadable`.

    What `raw` still says readably in the cautious direction (the topology's `kept`) stays in force: `safe_mode` true,
    and a rollout stage below `assign`. So a shadow environment with a broken flag stays in shadow. A ceiling that is
    not there, or says nothing, beside flags that were read means shadow.
    """
    held: dict[str, Any] = {}
    for name, spec in FLAGS.items():
        said = (raw or {}).get(name, "").strip().lower()
        held[name] = spec.parse(said if said in spec.kept else spec.unreadable)
    return _under_ceiling(Flags(**held | {CEILING: _ceiling(raw)}, problem=problem))


def _ceiling(raw: Mapping[str, str] | None) -> RolloutStage:
    """Return the ceiling of a set that cannot all be read; where nothing was read, `rollout_stage` has its own rule."""
    if not raw:
        return max(RolloutStage)
    try:
        return RolloutStage[raw[CEILING].strip().upper()]
    except KeyError:
        return RolloutStage.SHADOW


def _under_ceiling(flags: Flags) -> Flags:
    """The stage that counts is the lower of the two."""
    return replace(flags, rollout_stage=min(flags.rollout_stage, flags.stage_ceiling))


def open_flags(**changes: Any) -> Flags:
    """Return flags that hold nothing back but what `changes` says, also those declared later.

    For a decision that is made again, or tried out: never for one that sends a reply by itself.
    """
    values: dict[str, Any] = {name: spec.boldest for name, spec in FLAGS.items()}
    return Flags(**values | changes)


def require_valid_flag(name: str, value: str) -> None:
    """Raise ValueError, worded for the operator, unless `name` is a flag and `value` one it can have."""
    if name not in FLAGS:
        raise ValueError(f"no such flag: {name!r}; the flags are {', '.join(FLAGS)}")
    try:
        FLAGS[name].parse(value)
    except ValueError as error:
        raise ValueError(f"{name} {error}") from None
