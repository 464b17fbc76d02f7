"""Keeps this process within its share of a vendor's request budget.

A vendor's budget belongs to the account, not to a process. Each process takes budget / workers, strictly: never more
than its share in any window, so all of them together never exceed the budget, without talking to each other. The
vendor's own headers lower the share further when others use the account too.

    share 4, window 30 s:   x x  x      x   |wait|   x          (any 30 s hold at most 4)
    429:  share halves, once per window, all wait as asked;  a window without 429: share doubles, up to the start
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from typing import Protocol

from rp_mw_shared.clients.headers import find_retry_after_seconds
from rp_mw_shared.clock import Clock
from rp_mw_shared.errors import TransientError

_TOO_MANY = 429
_LEAST_SHARE_DIVISOR = 8  # two quiet windows later half the share is back


class Limiter(Protocol):
    """Decides when a request may leave; a budget shared through a table would implement the same two calls."""

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


class SharedBudgetLimiter:
    """One process's share of `budget` requests per `window_seconds` among `workers` processes (at least one each)."""

    def __init__(self, clock: Clock, *, vendor: str, budget: int, window_seconds: float, workers: int) -> None:
        self._clock = clock
        self._vendor = vendor
        self._window_seconds = window_seconds
        self._full_share = max(1, budget // max(1, workers))
        self._least_share = max(1, self._full_share // _LEAST_SHARE_DIVISOR)
        self._share = self._full_share
        self._sent: deque[float] = deque()
        self._blocked_until = float("-inf")
        self._last_change = clock.monotonic()
        self._halved_at = float("-inf")
        self._lock = threading.Lock()

    @property
    def share(self) -> int:
        """Requests this process may send per window at the moment."""
        return self._share

    def acquire(self, deadline: float) -> None:
        """Take one request of the share, waiting for it until `deadline` (monotonic seconds).

        Raises TransientError `rate_limited` with the wait in seconds when the turn comes after the deadline.
        """
        while True:
            with self._lock:
                now = self._clock.monotonic()
                wait = self._wait_seconds(now)
                if wait <= 0:
                    self._sent.append(now)
                    return
            if now + wait > deadline:
                raise TransientError(
                    f"this process's share of {self._vendor}'s budget is used up",
                    code="rate_limited",
                    retry_after_seconds=wait,
                )
            self._clock.sleep(wait)

    def observe(self, status: int, headers: Mapping[str, str]) -> None:
        """Lower the share after a 429 or when the vendor says nothing is left; raise it again window by window.

        One by one would be too slow: after a long 429 the events that wait would use up their deliveries meanwhile.
        """
        with self._lock:
            now = self._clock.monotonic()
            if status == _TOO_MANY:
                asked = find_retry_after_seconds(headers, self._clock.now_epoch_ms())
                self._hold_back(now, self._window_seconds / self._full_share if asked is None else asked)
            elif headers.get("x-ratelimit-remaining", "").strip() == "0":
                self._hold_back(now, self._window_seconds / self._full_share)
            elif self._share < self._full_share and now - self._last_change >= self._window_seconds:
                self._share = min(self._full_share, self._share * 2)
                self._last_change = now

    def _hold_back(self, now: float, seconds: float) -> None:
        if now - self._halved_at >= self._window_seconds:  # several answers may tell of the same empty budget
            self._share = max(self._least_share, self._share // 2)
            self._halved_at = now
        self._last_change = now
        self._blocked_until = max(self._blocked_until, now + min(seconds, self._window_seconds))

    def _wait_seconds(self, now: float) -> float:
        while self._sent and now - self._sent[0] >= self._window_seconds:
            self._sent.popleft()
        wait = self._blocked_until - now
        if len(self._sent) >= self._share:
            wait = max(wait, self._sent[-self._share] + self._window_seconds - now)
        return wait
