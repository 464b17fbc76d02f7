"""Stops calling a vendor that does not answer, and finds out by single probes when it does again.

CLOSED --failures in a row--> OPEN --open_seconds--> HALF_OPEN --probe ok--> CLOSED
                               ^                         |
                               +------- probe fails -----+
"""

from __future__ import annotations

import threading

from rp_mw_shared.clock import Clock
from rp_mw_shared.errors import TransientError
from rp_mw_shared.observability import LogEvent, Metric, log, metric


class CircuitBreaker:
    """Opens after `failures_to_open` failures in a row, for `open_seconds`; then lets one call at a time probe."""

    def __init__(self, clock: Clock, *, vendor: str, failures_to_open: int = 5, open_seconds: float = 20.0) -> None:
        self._clock = clock
        self._vendor = vendor
        self._failures_to_open = failures_to_open
        self._open_seconds = open_seconds
        self._failures = 0
        self._opened_at: float | None = None
        self._lock = threading.Lock()

    def raise_if_open(self) -> None:
        """Raise TransientError `circuit_open`, with the seconds until the next probe, while no call may be made."""
        with self._lock:
            self._raise_if_open()

    def before_call(self) -> None:
        """Let the call pass, as the probe if one is due; raises as `raise_if_open` does."""
        with self._lock:
            self._raise_if_open()
            if self._opened_at is not None:
                self._opened_at = self._clock.monotonic()

    def succeeded(self) -> None:
        """Count an answer, of any status below 500: the vendor is there."""
        with self._lock:
            was_open = self._opened_at is not None
            self._failures = 0
            self._opened_at = None
        if was_open:
            log(LogEvent.CIRCUIT_CLOSED, vendor=self._vendor)

    def failed(self) -> None:
        """Count a 5xx answer, a timeout or a broken connection."""
        with self._lock:
            self._failures += 1
            was_open = self._opened_at is not None
            if was_open or self._failures >= self._failures_to_open:
                self._opened_at = self._clock.monotonic()
            has_opened = not was_open and self._opened_at is not None
        if has_opened:
            log(LogEvent.CIRCUIT_OPENED, vendor=self._vendor)
            metric(Metric.CIRCUIT_OPEN, Vendor=self._vendor)

    def _raise_if_open(self) -> None:
        if self._opened_at is None:
            return
        wait = self._opened_at + self._open_seconds - self._clock.monotonic()
        if wait > 0:
            raise TransientError(
                f"{self._vendor} has not been answering, no call is made for now",
                code="circuit_open",
                retry_after_seconds=wait,
            )
