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
    DRAFT = 3
    TIER1 = 4
    TIER2 = 5


@dataclass(frozen=True, slots=True)
class Flags:
    """What the flags say; `problem` is a reason code when they could not all be read. Left out is off."""

    safe_mode: bool = False  # decisions are only recorded, nothing is written to the helpdesk
    automation_enabled: bool = False  # the kill switch, no automatic reply while it is off; tickets are routed
    automation_enabled_channels: frozenset[str] = frozenset()  # the channels on which replies may go out
    rollout_stage: RolloutStage = RolloutStage.SHADOW  # how far the product may go
    stage_ceiling: RolloutStage = RolloutStage.SHADOW  # the highest stage that counts, whatever rollout_stage says
    notes_are_private: bool = False  # a probe has proved that a private note reaches no customer in this account
    disabled_templates: frozenset[str] = frozenset()  # templates that are not sent
    classifier: str = "embedded"  # what reads the messages
    chat_codes: bool = False  # on a chat an order is told after a one-time code, mailed to its own address
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
        values=("shadow", "tags", "assign", "draft", "tier1", "tier2"),
        ladder=RolloutStage,
    ),
    "stage_ceiling": FlagSpec(
        kind="ladder",
        unreadable="shadow",
        values=("shadow", "tags", "assign", "draft", "tier1", "tier2"),
        ladder=RolloutStage,
    ),
    "notes_are_private": FlagSpec(
        kind="switch",
        unreadable="false",
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
    "chat_codes": FlagSpec(
        kind="switch",
        unreadable="true",
    ),
}
