"""An ingress behind a real HTTP server, recorded strictly."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.ingress_ports import IngressBench
from tests.fakes.recording import Recording, recording
from tests.fuzz.http_adapter import HttpAdapter


@pytest.fixture
def recorded() -> Iterator[Recording]:
    """The lines written during the test; a field that is not allowed is an error."""
    with recording() as kept:
        yield kept


@pytest.fixture
def bench(recorded: Recording) -> IngressBench:
    """An ingress in token mode with fakes behind it."""
    return IngressBench()


@pytest.fixture
def served(bench: IngressBench) -> Iterator[HttpAdapter]:
    """The same ingress over HTTP."""
    with HttpAdapter(bench.ingress.handle) as adapter:
        yield adapter
