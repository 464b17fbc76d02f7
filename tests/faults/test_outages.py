"""Ten minutes without a vendor, in simulated time: nothing is lost, nobody storms, nobody has to help."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.outages import CUSTOMERS, KINDS, MOST_PER_MINUTE, VENDORS, run_outage, shared_budget
from tests.faults.outside import installed


@pytest.fixture(scope="module", autouse=True)
def outside() -> Iterator[None]:
    """Nothing of this module reaches the real world outside."""
    with installed():
        yield


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("vendor", VENDORS)
def test_ten_minutes_without_a_vendor_lose_nothing(vendor: str, kind: str) -> None:
    """Every ticket is processed afterwards, nothing is in the DLQ, and calls stay within the budget meanwhile."""
    outage = run_outage(vendor, kind)
    assert outage.problems == []
    assert (outage.processed, outage.dead) == (CUSTOMERS, 0)
    assert 0 < max(outage.per_minute) <= MOST_PER_MINUTE[vendor]


@pytest.mark.parametrize("workers", [1, 2, 5, 10, 25, 50])
def test_workers_that_share_a_budget_never_exceed_it(workers: int) -> None:
    """50 requests in any 30 s, however many workers there are and without a word between them."""
    assert shared_budget(workers, seconds=120) <= 50
