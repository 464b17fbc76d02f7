"""A token bucket as vendors run them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class TokenBucket:
    """`capacity` requests per `window_seconds`, refilled evenly; the clock is in epoch milliseconds."""

    capacity: int
    window_seconds: float
    now_epoch_ms: Callable[[], int]
    tokens: float = field(init=False)
    refilled_at_epoch_ms: int = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = float(self.capacity)
        self.refilled_at_epoch_ms = self.now_epoch_ms()

    def take(self) -> bool:
        """Takes one token if there is one."""
        now = self.now_epoch_ms()
        refill = (now - self.refilled_at_epoch_ms) / 1000 * self.capacity / self.window_seconds
        self.tokens = min(float(self.capacity), self.tokens + refill)
        self.refilled_at_epoch_ms = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True

    @property
    def remaining(self) -> int:
        """Whole tokens left."""
        return int(self.tokens)

    @property
    def retry_after_seconds(self) -> int:
        """Seconds until the next token."""
        return max(1, math.ceil((1 - self.tokens) * self.window_seconds / self.capacity))
