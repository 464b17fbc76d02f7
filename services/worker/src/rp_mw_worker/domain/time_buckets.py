"""Times counted in buckets, each a fifth longer than the one before: sums add up, a percentile is right to a fifth."""

from __future__ import annotations

import math
from collections import Counter

_FIRST_BOUND_MS, _GROWTH = 50.0, 1.2


def bucket_of(milliseconds: int) -> str:
    """Return the bucket of a time: "0" is up to 50 ms, "1" up to 60 ms, and so on."""
    return str(max(0, math.ceil(math.log(max(milliseconds, 1) / _FIRST_BOUND_MS, _GROWTH))))


def percentile_ms(buckets: Counter[str], share: float) -> int | None:
    """Return within how many milliseconds `share` (0 to 1) of the times are, to within a fifth; None for no time."""
    wanted, seen = share * buckets.total(), 0
    for bucket, number in sorted(buckets.items(), key=lambda pair: int(pair[0])):
        seen += number
        if seen >= wanted:
            return round(_FIRST_BOUND_MS * _GROWTH ** int(bucket))
    return None
