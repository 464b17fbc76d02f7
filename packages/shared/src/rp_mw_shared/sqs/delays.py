"""How long a failed record stays away: long enough for a vendor's outage, short enough for a hiccup."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

MAX_VISIBILITY_SECONDS = 43_200  # Source: SQS ChangeMessageVisibility, 12 hours


@dataclass(frozen=True, slots=True)
class RetryDelays:
    """Seconds before the next delivery: first x factor^(deliveries - 1), capped, up to 10 % shorter by jitter.

    The defaults wait 10, 40, 160 and 640 s between five deliveries: 850 s in all (765 at the least), more than the
    ten minutes of vendor outage the product rides out before a message goes to the DLQ.
    """

    first_seconds: float = 10
    factor: float = 4
    cap_seconds: float = 900
    jitter: float = 0.1

    def choose(self, receive_count: int, retry_after_seconds: float | None, random: Callable[[], float]) -> int:
        """Return whole seconds. A wait the other side asked for replaces the first delay and lengthens later ones.

        Only lengthens: five short waits in a row would use up all deliveries within seconds.
        """
        grown = min(self.cap_seconds, self.first_seconds * self.factor ** (max(receive_count, 1) - 1))
        own = grown * (1 - self.jitter * random())
        if retry_after_seconds is None:
            chosen = own
        elif receive_count <= 1:
            chosen = retry_after_seconds
        else:
            chosen = max(own, retry_after_seconds)
        return min(MAX_VISIBILITY_SECONDS, max(1, -int(-chosen // 1)))
