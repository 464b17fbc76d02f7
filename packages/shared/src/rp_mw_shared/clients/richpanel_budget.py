"""What Richpanel's request budget feeds. All workers book their calls in one book (record 0115).

workers x calls of one event <= budget      4 x 12 <= 50: all events that have begun can end in one window. With more
                                            workers they wait for each other: such settings are refused (0118)
"""

from __future__ import annotations

# Source: Richpanel API reference, rate limits: requests in 30 s for the account.
REQUESTS_PER_WINDOW = 50
# Calls of the costliest event in one run: a lookup's answer in a new process, closed in the second form, its assignee
# refused, an outdated tag removed. Retries come on top. tests/integration/test_richpanel_share.py counts them.
CALLS_OF_ONE_EVENT = 12
# What an event books before it begins when the budget is short, and what most need: read the ticket, tag it.
CALLS_TO_BEGIN = 2
# The same for a lookup's answer, most of which reply: read the ticket, reply, read the reply back, tag. One that is cut
# off between two of them reads its ticket once more.
CALLS_TO_ANSWER = 4
# What an event needs in the mean of a shop's mix, for pacing what may wait: sweeps and redrives.
CALLS_OF_A_MEAN_EVENT = 3
_WINDOW_SECONDS = 30.0
_SHARE_OF_WHAT_MAY_WAIT = 0.5  # the other half is for what customers write meanwhile


def paced_events_per_second(requests: int, window_seconds: float = _WINDOW_SECONDS) -> float:
    """Return how many events a second what may wait, a sweep or a redrive, may add to the queue."""
    return requests / window_seconds * _SHARE_OF_WHAT_MAY_WAIT / CALLS_OF_A_MEAN_EVENT


def find_concurrency_problem(budget: int, workers: int) -> str | None:
    """Return why so many workers are too many for `budget` requests, None when each can finish an event meanwhile."""
    needed = workers * CALLS_OF_ONE_EVENT
    if needed <= budget:
        return None
    most = budget // CALLS_OF_ONE_EVENT
    advice = f"set at most {most} workers or a larger budget" if most else f"the least budget is {CALLS_OF_ONE_EVENT}"
    return (
        f"{workers} workers x {CALLS_OF_ONE_EVENT} requests, which one event may need, are {needed}, and the budget is "
        f"{budget}: events that have begun would wait for each other; {advice}"
    )
