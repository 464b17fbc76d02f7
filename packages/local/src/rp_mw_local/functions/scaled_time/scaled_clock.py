"""Lets time run faster in a process of its own. Standard library only.

Its folder is on PYTHONPATH of the embedded AWS and of the functions when a run scales its clock, beside a sitecustomize
that calls it, see `run_clock.py`. Every process counts from the same anchor, so their clocks agree. Socket timeouts and
signatures keep the true time.
"""

from __future__ import annotations

import os
import time

SCALE_VARIABLE = "RP_MW_CLOCK_SCALE"
ANCHOR_VARIABLE = "RP_MW_CLOCK_ANCHOR_NS"


def scale_from_environment() -> None:
    """Scale this process's time as its environment says."""
    scale_time(float(os.environ[SCALE_VARIABLE]), int(os.environ[ANCHOR_VARIABLE]))


def scale_time(scale: float, anchor_ns: int) -> None:
    """Replace Python's clocks and sleep: `scale` seconds pass in a true one, counted from `anchor_ns` of the epoch."""
    true_time_ns, true_monotonic, true_sleep = time.time_ns, time.monotonic, time.sleep
    monotonic_anchor = true_monotonic()

    def time_ns() -> int:
        return anchor_ns + round((true_time_ns() - anchor_ns) * scale)

    time.time_ns = time_ns
    time.time = lambda: time_ns() / 1e9
    time.monotonic = lambda: monotonic_anchor + (true_monotonic() - monotonic_anchor) * scale
    time.sleep = lambda seconds: true_sleep(float(seconds) / scale)
