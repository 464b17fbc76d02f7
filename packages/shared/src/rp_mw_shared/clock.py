"""The only source of time, so that every test can choose it."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Wall clock, monotonic clock and sleep, as the product uses them."""

    def now_epoch_ms(self) -> int:
        """Return the wall clock's UTC time in epoch milliseconds."""

    def monotonic(self) -> float:
        """Return seconds on a clock that never goes back; only differences mean anything."""

    def sleep(self, seconds: float) -> None:
        """Wait for `seconds`; zero or less returns at once."""


class SystemClock:
    """The machine's own clocks."""

    def now_epoch_ms(self) -> int:
        """Return the wall clock's UTC time in epoch milliseconds."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Return seconds on the machine's monotonic clock."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait for `seconds`; zero or less returns at once."""
        if seconds > 0:
            time.sleep(seconds)


class FakeClock:
    """A clock that moves only when told to: `sleep` returns at once and both clocks have moved on."""

    def __init__(self, now_epoch_ms: int = 1_795_000_000_000, monotonic: float = 1_000.0) -> None:
        self._now_epoch_ms = now_epoch_ms
        self._monotonic = monotonic
        self.slept_seconds: list[float] = []

    def now_epoch_ms(self) -> int:
        """Return the chosen wall-clock time in epoch milliseconds."""
        return self._now_epoch_ms

    def monotonic(self) -> float:
        """Return the chosen monotonic time in seconds."""
        return self._monotonic

    def sleep(self, seconds: float) -> None:
        """Move both clocks on by `seconds` and remember the wait in `slept_seconds`."""
        if seconds > 0:
            self.slept_seconds.append(seconds)
            self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Move both clocks on by `seconds` without counting it as a wait."""
        self._monotonic += seconds
        self._now_epoch_ms += round(seconds * 1000)
