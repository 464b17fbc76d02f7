"""When a request to a vendor may leave. How processes share a budget: `rp_mw_shared.budget.limiter`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Limiter(Protocol):
    """Decides when a request may leave."""

    def acquire(self, deadline: float) -> None:
        """Wait for permission until `deadline` (monotonic seconds); raises TransientError when it comes later."""

    def observe(self, status: int, headers: Mapping[str, str]) -> None:
        """Learn from an answer's status and rate-limit headers."""


class UnlimitedLimiter:
    """Lets everything through: for a vendor without a documented request budget."""

    def acquire(self, deadline: float) -> None:
        """Return at once."""

    def observe(self, status: int, headers: Mapping[str, str]) -> None:
        """Ignore the answer."""
