"""Turns the switches as shared code reads them into the domain's own."""

from __future__ import annotations

from rp_mw_shared.flags.model import FlagValues
from rp_mw_shared.flags.source import FlagSource
from rp_mw_worker.domain.model import Flags, RolloutStage

MAX_AGE_SECONDS = 10.0


class FlagsFromSource:
    """The `FlagReader` port over a `FlagSource`."""

    def __init__(self, source: FlagSource) -> None:
        self._source = source

    def current(self) -> Flags:
        """Return the flags, at most ten seconds old."""
        return to_flags(self._source.current(MAX_AGE_SECONDS))

    def fresh(self) -> Flags:
        """Return the flags as read now, past any cache."""
        return to_flags(self._source.fresh())


def to_flags(values: FlagValues) -> Flags:
    """Return the domain's flags."""
    return Flags(
        safe_mode=values.safe_mode,
        automation_enabled=values.automation_enabled,
        channels=values.automation_enabled_channels,
        rollout_stage=RolloutStage[values.rollout_stage.upper()],
        disabled_templates=values.disabled_templates,
        classifier=values.classifier,
        problem=values.problem,
    )
