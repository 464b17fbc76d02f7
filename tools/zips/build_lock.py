"""One build of a service at a time in a checkout, so that two processes do not make the same zip twice."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from tools.zips.layout import Repository, Service
from tools.zips.target import Target


@contextmanager
def only_one_build(repository: Repository, service: Service, target: Target) -> Iterator[None]:
    """Waits until no other process builds this service for this target; the lock ends with its process."""
    path = repository.cache_dir / "locks" / f"{service.name}-{target.name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
