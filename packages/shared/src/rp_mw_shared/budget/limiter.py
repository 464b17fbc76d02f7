"""Keeps all processes together within a vendor's request budget.

A vendor's budget belongs to the account, not to a process. All book their calls in one book before they make them,
several at once, and say with the next booking when those left. A process that has just started sees what others used.

    book 4 ── 2 calls ── next event: book 4, "of the last 4 two left, at :01 and :02"
    full: wait in here until the window opens, when the time left allows it; else raise with the wait, for the queue
    429: the limit is halved, once in a window, and all wait as asked; each window without a 429 doubles it again
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from rp_mw_shared.budget.book import Book, Booking, BudgetTerms
from rp_mw_shared.budget.store import BudgetStore
from rp_mw_shared.clients.headers import find_retry_after_seconds
from rp_mw_shared.clock import Clock
from rp_mw_shared.errors import TransientError

RATE_LIMITED = "rate_limited"
_TOO_MANY = 429
_CALLS_AT_ONCE = 4  # while there is plenty: one write for most events
_CALLS_WHEN_TIGHT = 1  # what is booked and not used is lost to the others until the next booking
_TIGHT = 0.5  # from this part of the budget on, an event books its calls before it begins
_TIGHT_FOR_WINDOWS = 2


@dataclass(slots=True)
class _Lease:
    """A booking in use: when its calls left (epoch ms)."""

    booking: Booking
    left_at: list[int] = field(default_factory=list)

    def free(self, now: int) -> int:
        """Return how many calls may still leave, now or later."""
        return self.booking.calls - len(self.left_at) if now <= self.booking.ends_at else 0


class BudgetLimiter:
    """One process's way to the budget that `store` keeps for all; thread-safe."""

    def __init__(self, clock: Clock, store: BudgetStore, terms: BudgetTerms) -> None:
        self._clock = clock
        self._store = store
        self._terms = terms
        self._lease: _Lease | None = None
        self._tight_until = 0
        self._blocked_until = 0
        self._lock = threading.Lock()

    def acquire(self, deadline: float) -> None:
        """Take one call, waiting for it until `deadline` (monotonic seconds).

        Raises TransientError `rate_limited` with the wait in seconds when the turn comes after the deadline, and what
        the store raises.
        """
        while (wait := self._take(deadline)) > 0:
            self._clock.sleep(wait)

    def reserve(self, calls: int, deadline: float) -> None:
        """Book an event's `calls` before it begins, when the budget is short; else nothing is done.

        Waits until `deadline` (monotonic seconds); raises as `acquire` does.
        """
        with self._lock:
            now = self._clock.now_epoch_ms()
            if now >= self._tight_until or self._has_free(calls, now):
                return
            lease = self._book(calls, deadline, now)
        self._clock.sleep((lease.booking.starts_at - now) / 1000)

    def observe(self, status: int, headers: Mapping[str, str]) -> None:
        """Tell all processes of a 429; hold this one back for a moment when the vendor says that nothing is left."""
        now = self._clock.now_epoch_ms()
        one_call_ms = self._terms.window_ms // max(1, self._terms.requests)
        if status == _TOO_MANY:
            asked = find_retry_after_seconds(headers, now)
            self._report_throttling(now, one_call_ms if asked is None else round(asked * 1000))
        elif headers.get("x-ratelimit-remaining", "").strip() == "0":
            self._blocked_until = now + one_call_ms

    def _take(self, deadline: float) -> float:
        """Take one call, or return the seconds to wait for the next try."""
        with self._lock:
            now = self._clock.now_epoch_ms()
            if (lease := self._lease) is None or not lease.free(now):
                lease = self._book(self._calls_to_book(now), deadline, now)
            wait = (max(lease.booking.starts_at, self._blocked_until) - now) / 1000
            self._require_in_time(wait, deadline)
            if wait <= 0:
                lease.left_at.append(now)
            return wait

    def _calls_to_book(self, now: int) -> int:
        return _CALLS_WHEN_TIGHT if now < self._tight_until else _CALLS_AT_ONCE

    def _has_free(self, calls: int, now: int) -> bool:
        return self._lease is not None and self._lease.free(now + self._terms.hold_ms // 2) >= calls

    def _book(self, calls: int, deadline: float, now: int) -> _Lease:
        """Book calls and say when those of the last booking left; raises when their time comes after the deadline."""
        last, latest = self._lease, now + round((deadline - self._clock.monotonic()) * 1000)

        def alter(found: Book) -> tuple[Book, tuple[Booking, int]]:
            book = found.corrected(self._terms, last.booking, last.left_at) if last is not None else found
            book = book.without_past(self._terms, now)
            wanted = min(calls, book.limit_of(self._terms, now))
            starts_at = book.opening(self._terms, wanted, now)
            booking = Booking(starts_at, starts_at + self._terms.hold_ms, wanted)
            if starts_at > latest:
                return (found if last is None else book), (booking, book.used(self._terms, now))
            return book.with_booking(self._terms, booking), (booking, book.used(self._terms, now))

        booking, used = self._store.change(alter)
        self._note_use(used, booking, now)
        self._lease = None
        self._require_in_time((booking.starts_at - now) / 1000, deadline)
        self._lease = _Lease(booking)
        return self._lease

    def _note_use(self, used: int, booking: Booking, now: int) -> None:
        if used + booking.calls >= self._terms.requests * _TIGHT or booking.starts_at > now:
            self._tight_until = now + _TIGHT_FOR_WINDOWS * self._terms.window_ms

    def _require_in_time(self, wait: float, deadline: float) -> None:
        if self._clock.monotonic() + wait > deadline and wait > 0:
            raise TransientError(
                f"{self._terms.vendor}'s budget is used up for now", code=RATE_LIMITED, retry_after_seconds=wait
            )

    def _report_throttling(self, now: int, wait_ms: int) -> None:
        def alter(book: Book) -> tuple[Book, None]:
            return book.throttled(self._terms, now, wait_ms), None

        with self._lock:
            self._tight_until = now + _TIGHT_FOR_WINDOWS * self._terms.window_ms
            self._blocked_until = max(self._blocked_until, now + min(wait_ms, self._terms.window_ms))
            with suppress(TransientError):  # this process knows; the others will be told the same by the vendor
                self._store.change(alter)
