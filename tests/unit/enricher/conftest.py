"""Every enricher test records its log lines and metrics, strictly."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.http_stub import HttpStub
from tests.fakes.recording import Recording, recording


@pytest.fixture(autouse=True)
def recorded() -> Iterator[Recording]:
    """The lines written during the test; a field that is not allowed is an error."""
    with recording() as kept:
        yield kept


@pytest.fixture
def shop() -> Iterator[HttpStub]:
    """A shop that answers what the test scripts."""
    with HttpStub() as stub:
        yield stub
