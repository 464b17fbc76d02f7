"""Several threads in simulated time: one runs at a time, and the clock moves only when all of them wait.

time = VirtualTime(start)
time.run([loop_a, loop_b])     each gets the clock by closure and sleeps on it
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable, Sequence


class VirtualTime:
    """A clock for threads that `run` starts; `sleep` gives the turn to whoever wakes first."""

    def __init__(self, now_epoch_ms: int = 1_795_000_000_000) -> None:
        self._start_epoch_ms = now_epoch_ms
        self._seconds = 0.0
        self._waiting: list[tuple[float, int, threading.Event]] = []
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._failures: list[BaseException] = []

    def now_epoch_ms(self) -> int:
        """Return the simulated wall clock."""
        return self._start_epoch_ms + round(self._seconds * 1000)

    def monotonic(self) -> float:
        """Return the simulated seconds since the start."""
        return self._seconds

    def sleep(self, seconds: float) -> None:
        """Wait in simulated time, and let the others run."""
        if seconds > 0:
            mine = self._wait_for(self._seconds + seconds)
            self._wake_next()
            mine.wait()

    def run(self, loops: Sequence[Callable[[], None]]) -> None:
        """Run all loops to their ends, in turns; raises the first failure."""
        threads = [threading.Thread(target=self._run_one, args=(loop, self._wait_for(0.0))) for loop in loops]
        for thread in threads:
            thread.start()
        self._wake_next()
        for thread in threads:
            thread.join()
        if self._failures:
            raise self._failures[0]

    def _run_one(self, loop: Callable[[], None], turn: threading.Event) -> None:
        turn.wait()
        try:
            loop()
        except BaseException as failure:  # noqa: BLE001 - told to whoever started the run
            self._failures.append(failure)
        finally:
            self._wake_next()

    def _wait_for(self, moment: float) -> threading.Event:
        turn = threading.Event()
        with self._lock:
            heapq.heappush(self._waiting, (moment, next(self._numbers), turn))
        return turn

    def _wake_next(self) -> None:
        with self._lock:
            if not self._waiting:
                return
            moment, _, turn = heapq.heappop(self._waiting)
            self._seconds = max(self._seconds, moment)
        turn.set()
