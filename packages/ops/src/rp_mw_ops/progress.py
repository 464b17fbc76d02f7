"""Signs of life of a command that takes longer than two seconds, and what an interrupted one had done."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

QUIET_SECONDS = 2.0


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, with what was done until then as its text."""


@contextmanager
def still_at_it(what: str) -> Iterator[None]:
    """Count the seconds on standard error while the block takes longer than two, where it is a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    ended = threading.Event()
    thread = threading.Thread(target=_count, args=(what, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _count(what: str, ended: threading.Event) -> None:
    began, is_shown = time.monotonic(), False
    while not ended.wait(1.0 if is_shown else QUIET_SECONDS):
        is_shown = True
        sys.stderr.write(f"\r{what}: {time.monotonic() - began:.0f} s ")
        sys.stderr.flush()
    if is_shown:
        sys.stderr.write("\r\033[K")
        sys.stderr.flush()
