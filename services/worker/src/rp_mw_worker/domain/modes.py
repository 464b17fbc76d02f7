"""What the flags let an event's run do."""

from __future__ import annotations

from rp_mw_worker.domain.model import Flags, Mode, RolloutStage


def to_mode(flags: Flags) -> Mode:
    """Return dry_run (record only), route_only (never a reply) or live."""
    if flags.safe_mode or flags.rollout_stage is RolloutStage.SHADOW:
        return Mode.DRY_RUN
    automated = flags.automation_enabled and flags.problem is None and flags.rollout_stage >= RolloutStage.TIER1
    return Mode.LIVE if automated else Mode.ROUTE_ONLY
