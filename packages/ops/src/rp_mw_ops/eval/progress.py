"""A progress bar on standard error for long runs, nothing when nobody is watching."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def with_progress(items: Sequence[Item], title: str) -> Iterator[Item]:
    """Yield the items and show how far it is, if standard error is a terminal."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(items, description=title, console=Console(stderr=True), transient=True)


def with_share_done(items: Iterable[Item], title: str, done: Callable[[], float]) -> Iterator[Item]:
    """Yield the items and show the share that `done` tells, from 0 to 1, if standard error is a terminal."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=1.0)
        for item in items:
            yield item
            progress.update(task, completed=done())
