"""How long the run under way may still take: set once per invocation, read by whatever calls out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from rp_mw_shared.clock import Clock
from rp_mw_shared.errors import TransientError

_MIN_SECONDS_FOR_A_CALL = 0.25
_deadline: ContextVar[float | None] = ContextVar("rp_mw_run_deadline", default=None)


@contextmanager
def run_until(deadline: float) -> Iterator[None]:
    """Bound everything inside the block by `deadline`, in the clock's monotonic seconds."""
    token = _deadline.set(deadline)
    try:
        yield
    finally:
        _deadline.reset(token)


def require_seconds(clock: Clock, wanted: float) -> float:
    """Return the seconds a call may take: `wanted`, or what is left of the run.

    Raises TransientError `out_of_time` when too little is left to begin.
    """
    deadline = _deadline.get()
    if deadline is None:
        return wanted
    left = deadline - clock.monotonic()
    if left < _MIN_SECONDS_FOR_A_CALL:
        raise TransientError("no time is left in this run", code="out_of_time")
    return min(wanted, left)


def current_deadline() -> float | None:
    """Return the deadline in force, in monotonic seconds, or None."""
    return _deadline.get()
