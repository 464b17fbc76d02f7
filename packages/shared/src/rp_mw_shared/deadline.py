"""The moment by which everything under way must have ended: set around a run and around each call, read by what waits.

until(run) ── until(call): the innermost holds; whoever sets a call's deadline takes it from what the run has left
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from rp_mw_shared.clock import Clock
from rp_mw_shared.errors import TransientError

_MIN_SECONDS_FOR_A_CALL = 0.25
_deadline: ContextVar[float | None] = ContextVar("rp_mw_deadline", default=None)


@contextmanager
def until(deadline: float) -> Iterator[None]:
    """Bound everything inside the block by `deadline`, in the clock's monotonic seconds."""
    token = _deadline.set(deadline)
    try:
        yield
    finally:
        _deadline.reset(token)


def find_deadline() -> float | None:
    """Return the deadline in force, in monotonic seconds, or None."""
    return _deadline.get()


def require_seconds(clock: Clock, wanted: float) -> float:
    """Return the seconds a call may take: `wanted`, or what is left until the deadline.

    Raises TransientError `out_of_time` when too little is left to begin.
    """
    deadline = _deadline.get()
    if deadline is None:
        return wanted
    left = deadline - clock.monotonic()
    if left < _MIN_SECONDS_FOR_A_CALL:
        raise TransientError("no time is left in this run", code="out_of_time")
    return min(wanted, left)
