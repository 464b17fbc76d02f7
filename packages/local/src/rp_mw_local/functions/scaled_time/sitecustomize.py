"""Lets time run faster in a process of its own. Standard library only; Python imports it at its start.

The folder is on PYTHONPATH of the embedded AWS and of the functions when a run scales its clock, see `run_clock.py`.
Every process counts from the same anchor, so their clocks agree. Socket timeouts and signatures keep the true time.
"""

from __future__ import annotations

import os
import time

SCALE_VARIABLE = "RP_MW_CLOCK_SCALE"
ANCHOR_VARIABLE = "RP_MW_CLOCK_ANCHOR_NS"


def _scale_time(scale: float, anchor_ns: int) -> None:
    true_time_ns, true_monotonic, true_sleep = time.time_ns, time.monotonic, time.sleep
    monotonic_anchor = true_monotonic()

    def time_ns() -> int:
        return anchor_ns + round((true_time_ns() - anchor_ns) * scale)

    time.time_ns = time_ns
    time.time = lambda: time_ns() / 1e9
    time.monotonic = lambda: monotonic_anchor + (true_monotonic() - monotonic_anchor) * scale
    time.sleep = lambda seconds: true_sleep(float(seconds) / scale)


if SCALE_VARIABLE in os.environ:
    _scale_time(float(os.environ[SCALE_VARIABLE]), int(os.environ[ANCHOR_VARIABLE]))
