"""A share with its interval: how sure a count of few tickets can be."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

Z95 = 1.959964


def wilson(hits: int, rows: int, z: float = Z95) -> tuple[float, float]:
    """Return the interval of a share, each end 0 to 1. Source: E. B. Wilson, 1927; `rows` is at least 1."""
    share, spread = hits / rows, z * z / rows
    middle = (share + spread / 2) / (1 + spread)
    half = z * sqrt(share * (1 - share) / rows + spread / (4 * rows)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `of`; a share of nothing has neither value nor interval."""

    hits: int = 0
    of: int = 0

    @property
    def value(self) -> float | None:
        """The share, 0 to 1."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The share's 95 % interval (Wilson), each end 0 to 1."""
        return wilson(self.hits, self.of) if self.of else None
