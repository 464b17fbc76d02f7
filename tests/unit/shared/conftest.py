"""Unit tests of the shared package write their log lines into a list, and a field not allowed is an error."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rp_mw_shared.clock import FakeClock
from tests.fakes.recording import Recording, recording


@pytest.fixture(autouse=True)
def recorded() -> Iterator[Recording]:
    """The log lines and metrics of this test."""
    with recording() as kept:
        yield kept


@pytest.fixture
def clock() -> FakeClock:
    """A clock that moves only when told to."""
    return FakeClock()
