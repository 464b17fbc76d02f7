"""Whether the shop lets a reply of this kind go out at all: switches, rollout, channel, template, language."""

from __future__ import annotations

from rp_mw_worker.domain.gates.gate_input import ALLOWED, GateInput, Verdict, blocked
from rp_mw_worker.domain.model import RolloutStage
from rp_mw_worker.domain.reasons import Reason


def kill_switch(given: GateInput) -> Verdict:
    """Nothing goes out with safe mode on, automation off or flags that cannot be read."""
    flags = given.case.flags
    if flags.problem is not None:
        return blocked(Reason.FLAGS_UNREADABLE, flags.problem)
    if flags.safe_mode:
        return blocked(Reason.SAFE_MODE)
    return ALLOWED if flags.automation_enabled else blocked(Reason.AUTOMATION_OFF)


def rollout_stage(given: GateInput) -> Verdict:
    """The rollout has to have reached the reply's tier."""
    stage = given.case.flags.rollout_stage
    if stage is RolloutStage.SHADOW:
        return blocked(Reason.STAGE_SHADOW)
    needed = RolloutStage.TIER2 if given.proposal.tier == 2 else RolloutStage.TIER1
    return ALLOWED if stage >= needed else blocked(Reason.STAGE_TOO_LOW, stage.name.lower())


def channel_enabled(given: GateInput) -> Verdict:
    """Automation has to be enabled on the ticket's channel."""
    channel = given.case.ticket.channel
    return ALLOWED if channel in given.case.flags.automation_enabled_channels else blocked(Reason.CHANNEL_OFF)


def template_enabled(given: GateInput) -> Verdict:
    """There has to be a template for this, and no operator may have switched it off."""
    templates = given.proposal.templates
    if not templates:
        return blocked(Reason.TEMPLATE_MISSING)
    enabled = [name for name in templates if name not in given.case.flags.disabled_templates]
    return ALLOWED if enabled else blocked(Reason.TEMPLATE_DISABLED, templates[0])


def language(given: GateInput) -> Verdict:
    """The reply has to be there in the customer's own language."""
    code = given.case.language
    if code is None:
        return blocked(Reason.LANGUAGE_UNKNOWN)
    words = given.policy.templates_by_language.get(code)
    if words is None:
        return blocked(Reason.LANGUAGE_NOT_SERVED, code)
    wanted = given.proposal.templates
    there = not wanted or any(name in words.templates for name in wanted)
    return ALLOWED if there else blocked(Reason.LANGUAGE_TEMPLATE_MISSING, f"{code} {wanted[0]}")
