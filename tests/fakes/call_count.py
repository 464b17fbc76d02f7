"""Work counted in calls: the same on every machine, and so fit for a test where seconds are not."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

GROWTH = 2.5
FIXED_CALLS = 400  # what a stage does once, whatever the text: below it a ratio says nothing


def count_calls(work: Callable[[], object]) -> int:
    """How many calls and returns, in Python and C, the work makes: the same on every machine."""
    calls = 0

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


def grows_too_fast(run: Callable[[str], object], small: str, large: str) -> bool:
    """Whether the text of twice the size takes more than 2.5 times the calls."""
    once, twice = count_calls(lambda: run(small)), count_calls(lambda: run(large))
    return twice > GROWTH * max(once, FIXED_CALLS)
