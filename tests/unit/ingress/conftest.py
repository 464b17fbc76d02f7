"""Every ingress test records its log lines and metrics, strictly."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.ingress_ports import IngressBench
from tests.fakes.recording import Recording, recording


@pytest.fixture(autouse=True)
def recorded() -> Iterator[Recording]:
    """The lines written during the test; a field that is not allowed is an error."""
    with recording() as kept:
        yield kept


@pytest.fixture
def bench() -> IngressBench:
    """An ingress in token mode with fakes behind it."""
    return IngressBench()
