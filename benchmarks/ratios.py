"""Ratios taken side by side: one ratio per round, then the median and the quartiles of those."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """A median with its quartiles over `rounds` rounds."""

    median: float
    q1: float
    q3: float
    rounds: int


def to_spread(values: Sequence[float]) -> Spread:
    """Return median and quartiles; one value is its own quartiles."""
    if len(values) < 2:
        return Spread(values[0], values[0], values[0], len(values))
    q1, median, q3 = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, q1, q3, len(values))


def ratios_to(reference: str, rounds: Sequence[Mapping[str, float]]) -> dict[str, Spread]:
    """Return each variant's ratio to `reference`, taken inside each round so that a slow moment slows both."""
    return {name: to_spread([one[name] / one[reference] for one in rounds]) for name in rounds[0]}


def medians(rounds: Sequence[Mapping[str, float]]) -> dict[str, Spread]:
    """Return each variant's absolute median and quartiles."""
    return {name: to_spread([one[name] for one in rounds]) for name in rounds[0]}


def to_json(spreads: Mapping[str, Spread]) -> dict[str, dict[str, float]]:
    """Return the spreads as plain numbers, four digits."""
    return {name: {key: round(value, 4) for key, value in asdict(spread).items()} for name, spread in spreads.items()}
