"""The flags of config/topology.yaml. Written by `make generate`: change the topology, then run it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from rp_mw_shared.flags.kinds import FlagSpec


class RolloutStage(IntEnum):
    """How far the product may go. Each step includes those before it."""

    SHADOW = 0
    TAGS = 1
    ASSIGN = 2
    TIER1 = 3
    TIER2 = 4


@dataclass(frozen=True, slots=True)
class Flags:
    """What the flags say; `problem` is a reason code when they could not all be read. Left out is off."""

    safe_mode: bool = False  # decisions are only recorded, nothing is written to the helpdesk
    automation_enabled: bool = False  # the kill switch, no automatic reply while it is false; tickets are routed
    automation_enabled_channels: frozenset[str] = frozenset()  # the channels on which replies may go out
    rollout_stage: RolloutStage = RolloutStage.SHADOW  # how far the product may go
    disabled_templates: frozenset[str] = frozenset()  # templates that are not sent
    classifier: str = "embedded"  # what names the intents
    problem: str | None = None


FLAGS: Mapping[str, FlagSpec] = {
    "safe_mode": FlagSpec(
        kind="switch",
        unreadable="false",
        kept=("true",),
    ),
    "automation_enabled": FlagSpec(
        kind="switch",
        unreadable="false",
    ),
    "automation_enabled_channels": FlagSpec(
        kind="names",
        unreadable="none",
        values=("livechat", "email", "sms", "social", "tiktok", "phone", "whatsapp"),
    ),
    "rollout_stage": FlagSpec(
        kind="ladder",
        unreadable="assign",
        kept=("shadow", "tags"),
        values=("shadow", "tags", "assign", "tier1", "tier2"),
        ladder=RolloutStage,
    ),
    "disabled_templates": FlagSpec(
        kind="names",
        unreadable="none",
    ),
    "classifier": FlagSpec(
        kind="choice",
        unreadable="embedded",
        values=("embedded", "openai", "cascade"),
    ),
}
