"""What a deployment works with: the clients, the topology and the list of what it changed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rp_mw_local.errors import LocalError
from rp_mw_shared.environments.topology import Topology

POLL_SECONDS = 0.02
READY_SECONDS = 30.0


@dataclass(slots=True)
class Target:
    """One environment being deployed; `changes` names every resource created or updated, in order."""

    topology: Topology
    client: Callable[[str], Any]
    progress: Callable[[str], None] = lambda _: None
    changes: list[str] = field(default_factory=list)

    def changed(self, what: str) -> None:
        """Records one change and shows it."""
        self.changes.append(what)
        self.progress(what)


def wait_until(is_ready: Callable[[], bool], what: str) -> None:
    """Returns once `is_ready`; raises LocalError after half a minute."""
    deadline = time.monotonic() + READY_SECONDS
    while not is_ready():
        if time.monotonic() > deadline:
            raise LocalError(f"{what} did not become ready within {READY_SECONDS:.0f} s")
        time.sleep(POLL_SECONDS)
