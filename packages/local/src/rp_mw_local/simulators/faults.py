"""Faults a simulator can be told to commit, each on chosen requests and a chosen number of times."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any


@dataclass(slots=True)
class Fault:
    """One fault.

    `on` is "METHOD path-pattern" ("PUT */send-message", "* *"); `times` None means until cleared, `skip` lets that
    many matching requests pass first. `retry_after` is the header's text, None leaves the header out. Kinds every
    simulator knows: slow (answers after `seconds`), drop (no answer, no effect), lost_answer (takes effect, answers
    nothing after `seconds`), cut_body, server_error (HTML with `status`). The others are the vendor's own.
    """

    kind: str
    on: str = "* *"
    times: int | None = 1
    skip: int = 0
    seconds: float = 0.0
    status: int = 0
    retry_after: str | None = None
    answer: Any = None

    def matches(self, method: str, path: str) -> bool:
        """Whether the fault is meant for this request."""
        wanted_method, _, pattern = self.on.partition(" ")
        return fnmatchcase(method, wanted_method) and fnmatchcase(path, pattern or "*")


@dataclass(slots=True)
class FaultBook:
    """The armed faults, first armed first served; safe to use from several threads."""

    _armed: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def arm(self, fault: Fault) -> None:
        """Adds a fault."""
        with self._lock:
            self._armed.append(fault)

    def clear(self) -> None:
        """Removes all faults."""
        with self._lock:
            self._armed.clear()

    def armed(self) -> list[Fault]:
        """The faults that still have something to do."""
        with self._lock:
            return list(self._armed)

    def take(self, method: str, path: str) -> Fault | None:
        """The fault to commit on this request, if any; counts it."""
        with self._lock:
            for fault in self._armed:
                if not fault.matches(method, path):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                self._count(fault)
                return fault
        return None

    def _count(self, fault: Fault) -> None:
        if fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self._armed.remove(fault)
