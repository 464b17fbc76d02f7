"""The soak in its short form: everything that is done to the system in the long one, once or twice."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.soak.run import SHORT
from tests.soak.soak import soak


def test_nothing_is_lost_doubled_misordered_stuck_or_leaked(zips: Mapping[str, Path]) -> None:
    """Through real webhooks, with killed processes, failing vendors, a thrown switch and a redeployed worker."""
    soaked = soak(zips, 1, SHORT)
    assert {kind: found for kind, found in soaked.findings.items() if found} == {}
    assert soaked.figures.hollow == []
    struck, asked = soaked.figures.faults["shopify"]
    assert 0 < struck <= asked
    plan = soaked.facts.plan
    assert soaked.figures.events == SHORT.events + len(plan.asked_before) + len(plan.asked_after)
