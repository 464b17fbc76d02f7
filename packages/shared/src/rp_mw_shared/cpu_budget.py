"""A limit on the CPU a piece of work may take: beyond it the work ends as an error, never as a dead function.

with cpu_budget(5.0):         timer of the process's own CPU time --SIGVTALRM--> CpuBudgetSpent inside the work
    clean, screen, classify       (also inside a regular expression: it looks for signals while it runs)
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from rp_mw_shared.errors import PermanentError

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
