"""Serves a console in the background of this process, on this machine's loopback alone."""

from __future__ import annotations

import getpass
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from rp_mw_ops.console.app import Console, build_app
from rp_mw_ops.console.feed import Feed
from rp_mw_ops.console.guard import ADDRESS, Access
from rp_mw_ops.environment import LOCAL, Environment
from rp_mw_ops.errors import UsageError
from rp_mw_shared.clock import SystemClock

_ENDS_WITHIN_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Served:
    """A console that answers."""

    access: Access
    feed: Feed

    @property
    def entrance(self) -> str:
        """The address to open: it holds the key of this run."""
        return f"{self.access.url}?key={quote(self.access.key)}"


@contextmanager
def served(
    name: str,
    require_environment: Callable[[], Environment],
    port: int = 0,
    *,
    who: str | None = None,
    is_read_only: bool = False,
    ticket_url: str | None = None,
    reports: Path | None = None,
) -> Iterator[Served]:
    """Serve until the block ends; raises UsageError when the port, 0 for a free one, cannot be had."""
    import uvicorn

    listener, clock = listen(port), SystemClock()
    feed, access = Feed(require_environment, clock, is_local=name == LOCAL), Access(listener.getsockname()[1])
    console = Console(
        environment=name,
        require_environment=require_environment,
        feed=feed,
        access=access,
        clock=clock,
        who=who or getpass.getuser(),
        is_read_only=is_read_only,
        ticket_url=ticket_url,
        reports=reports,
    )
    # an open page holds its stream open: it is not waited for
    config = uvicorn.Config(build_app(console), log_level="critical", access_log=False, timeout_graceful_shutdown=1)
    server, is_ended = uvicorn.Server(config), threading.Event()
    threads = [
        threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True),
        threading.Thread(target=feed.run, args=(is_ended,), daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        yield Served(access, feed)
    finally:
        server.should_exit = True
        is_ended.set()
        for thread in threads:
            thread.join(_ENDS_WITHIN_SECONDS)


def listen(port: int) -> socket.socket:
    """Return a socket that listens on this machine's loopback; raises UsageError when the port cannot be had."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((ADDRESS, port))
        listener.listen()
    except (OSError, OverflowError) as error:
        listener.close()
        raise UsageError(f"port {port} cannot be used ({error}): choose another with --port") from error
    return listener
