"""What Richpanel's request budget feeds. All workers book their calls in one book (record 0115).

share = budget // workers      50 // 4 = 12 calls in 30 s for each worker, which is what one event may need: with more
                               workers, events that have begun wait for each other, and such settings are refused
"""

from __future__ import annotations

# Source: Richpanel API reference, rate limits: requests in 30 s for the account.
REQUESTS_PER_WINDOW = 50
# Calls of the costliest event in one run: a lookup's answer in a new process, closed in the second form, its assignee
# refused, an outdated tag removed. Retries come on top. tests/integration/test_richpanel_share.py counts them.
CALLS_OF_ONE_EVENT = 12
# What an event books before it begins when the budget is short, and what most need: read the ticket, tag it.
CALLS_TO_BEGIN = 2
# What an event needs in the mean of a shop's mix, for pacing what may wait: sweeps and redrives.
CALLS_OF_A_MEAN_EVENT = 3
_WINDOW_SECONDS = 30.0
_SHARE_OF_WHAT_MAY_WAIT = 0.5  # the other half is for what customers write meanwhile


def paced_events_per_second(requests: int, window_seconds: float = _WINDOW_SECONDS) -> float:
    """Return how many events a second what may wait, a sweep or a redrive, may add to the queue."""
    return requests / window_seconds * _SHARE_OF_WHAT_MAY_WAIT / CALLS_OF_A_MEAN_EVENT


def find_share_problem(budget: int, workers: int) -> str | None:
    """Return why `budget` requests cannot be shared between so many workers, None when each can finish an event."""
    share = budget // workers
    if share >= CALLS_OF_ONE_EVENT:
        return None
    most = budget // CALLS_OF_ONE_EVENT
    advice = f"set at most {most} workers or a larger budget" if most else f"the least budget is {CALLS_OF_ONE_EVENT}"
    return (
        f"{budget} requests / {workers} workers leave each {share}, and one event needs up to {CALLS_OF_ONE_EVENT}: "
        f"{advice}"
    )
