"""Keeps log lines and metrics instead of printing them, and makes a field that is not allowed an error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rp_mw_shared.observability import configure


class Recording:
    """The lines written so far."""

    def __init__(self) -> None:
        self.raw: list[str] = []

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Every line, parsed."""
        return [json.loads(line) for line in self.raw]

    def events(self, name: str) -> list[dict[str, Any]]:
        """The log lines of one event name."""
        return [line for line in self.lines if line.get("message") == name]

    def samples(self, name: str) -> list[float]:
        """The samples of one metric, over all flushed lines."""
        found = [line[name] for line in self.lines if "_aws" in line and name in line]
        return [sample for kept in found for sample in (kept if isinstance(kept, list) else [kept])]


@contextmanager
def recording() -> Iterator[Recording]:
    """Record instead of print inside the block, strictly."""
    kept = Recording()
    configure(service="test", env="test", strict=True, write=kept.raw.append)
    try:
        yield kept
    finally:
        configure(service="unset", env="unset")
