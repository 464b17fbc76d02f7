"""The book of a vendor's request budget: how many calls were, or may be, made when. Pure; one book for all processes.

    budget 50, window 30 s      booked:   4 until :10   44 until :12        at :14 two are free, at :40 six, at :42 all

A booking takes effect at `starts_at` and counts at the last moment at which its calls may leave. Whoever made it says
afterwards when they did leave. So no 30 seconds ever hold more calls than the budget, whatever processes start or die.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

_MOMENTS_PER_WINDOW = 120  # moments are rounded up to quarters of a second: the item stays under 1 KB


@dataclass(frozen=True, slots=True)
class BudgetTerms:
    """`requests` per `window_ms` for the account; after 429 answers the limit shrinks, never below `least`."""

    vendor: str
    requests: int
    window_ms: int = 30_000
    least: int = 1

    @property
    def moment_ms(self) -> int:
        """The length of a moment; also what two calls a window apart may come closer together on their way."""
        return max(1, self.window_ms // _MOMENTS_PER_WINDOW)

    @property
    def hold_ms(self) -> int:
        """How long a booking may be used."""
        return self.window_ms // 3


@dataclass(frozen=True, slots=True)
class Booking:
    """`calls` that may leave from `starts_at` to `ends_at` (epoch ms)."""

    starts_at: int
    ends_at: int
    calls: int


@dataclass(frozen=True, slots=True)
class Book:
    """`booked` counts calls by moment since the epoch; `limit` is the budget in force, 0 for the whole one.

    `throttled_at` (the last 429), `halved_at`, `blocked_until`: epoch ms. `version` grows with every write; `writer`
    names who made it.
    """

    booked: Mapping[int, int] = field(default_factory=dict)
    limit: int = 0
    throttled_at: int = 0
    halved_at: int = 0
    blocked_until: int = 0
    version: int = 0
    writer: str = ""

    def limit_of(self, terms: BudgetTerms, now: int) -> int:
        """Return the calls per window in force: doubled with every window since the last 429."""
        if not self.limit:
            return terms.requests
        quiet_windows = max(0, (now - self.throttled_at - 1) // terms.window_ms)
        doubled: int = self.limit << min(quiet_windows, 20)
        return min(terms.requests, doubled)

    def used(self, terms: BudgetTerms, at: int) -> int:
        """Return the calls that a booking which starts at that moment shares its window with."""
        oldest = (at - terms.window_ms) / terms.moment_ms - 1
        return sum(calls for moment, calls in self.booked.items() if moment > oldest)

    def opening(self, terms: BudgetTerms, calls: int, now: int) -> int:
        """Return the earliest moment (epoch ms) from which `calls` may leave."""
        at = max(now, self.blocked_until)
        room = self.limit_of(terms, now) - calls
        used = self.used(terms, at)
        for moment in sorted(self.booked):
            if used <= room:
                break
            expires_at = (moment + 1) * terms.moment_ms + terms.window_ms
            if expires_at > at:
                at, used = expires_at, used - self.booked[moment]
        return at

    def with_booking(self, terms: BudgetTerms, booking: Booking) -> Book:
        """Return the book with the booking, counted at its end."""
        return replace(self, booked=_added(terms, self.booked, [(booking.ends_at, booking.calls)]))

    def corrected(self, terms: BudgetTerms, booking: Booking, left_at: Iterable[int]) -> Book:
        """Return the book with a booking's calls at the moments (epoch ms) at which they left, the others free."""
        changes = [(booking.ends_at, -booking.calls), *((at, 1) for at in left_at)]
        return replace(self, booked=_added(terms, self.booked, changes))

    def throttled(self, terms: BudgetTerms, now: int, wait_ms: int) -> Book:
        """Return the book after a 429: all wait, and the limit is halved, once in a window, never below the least."""
        limit = self.limit_of(terms, now)
        is_first = now - self.halved_at >= terms.window_ms  # several answers may tell of the same empty budget
        return replace(
            self,
            limit=max(min(terms.least, terms.requests), limit // 2) if is_first else limit,
            throttled_at=now,
            halved_at=now if is_first else self.halved_at,
            blocked_until=max(self.blocked_until, now + min(wait_ms, terms.window_ms)),
        )

    def without_past(self, terms: BudgetTerms, now: int) -> Book:
        """Return the book without what no window from now on can hold."""
        oldest = (now - terms.window_ms) / terms.moment_ms - 1
        return replace(self, booked={at: calls for at, calls in self.booked.items() if at > oldest and calls > 0})


def _added(terms: BudgetTerms, booked: Mapping[int, int], changes: Iterable[tuple[int, int]]) -> dict[int, int]:
    found = dict(booked)
    for at, calls in changes:
        moment = -(-at // terms.moment_ms)
        found[moment] = found.get(moment, 0) + calls
    return {moment: calls for moment, calls in found.items() if calls > 0}
