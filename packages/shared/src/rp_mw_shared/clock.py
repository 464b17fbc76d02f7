"""The only source of time, so that every test can choose it; with deadlines, and a limit on CPU time.

until(run) ── until(call): the innermost holds; whoever sets a call's deadline takes it from what the run has left

with cpu_budget(5.0):         timer of the process's own CPU time --SIGVTALRM--> CpuBudgetSpent inside the work
    clean, screen, classify       (also inside a regular expression: it looks for signals while it runs)
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import Protocol

from rp_mw_shared.errors import PermanentError, TransientError


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


CPU_BUDGET_SPENT = "cpu_budget_spent"


@contextmanager
def cpu_budget(seconds: float) -> Iterator[None]:
    """Raise PermanentError `cpu_budget_spent` in the block once it has used `seconds` of CPU, or else at its end.

    The block must have no effect outside the process: it may end anywhere. Outside the main thread no signal can reach
    it (Source: Python, signal and threads), so there it is judged at its end. Do not nest.
    """
    started = time.thread_time()
    with _timer(seconds) if threading.current_thread() is threading.main_thread() else _no_timer():
        yield
    if time.thread_time() - started > seconds:
        raise _spent(seconds)


def _spent(seconds: float) -> PermanentError:
    return PermanentError(f"the message took more than {seconds:g} s of CPU", code=CPU_BUDGET_SPENT)


@contextmanager
def _no_timer() -> Iterator[None]:
    yield


@contextmanager
def _timer(seconds: float) -> Iterator[None]:
    def on_spent(number: int, frame: FrameType | None) -> None:
        raise _spent(seconds)

    earlier = signal.signal(signal.SIGVTALRM, on_spent)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, earlier)
