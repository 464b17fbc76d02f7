"""The console's real server on a loopback port, over an environment of the test's choice."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn

from rp_mw_ops.commands.console import listen
from rp_mw_ops.console.app import Console, build_app
from rp_mw_ops.console.feed import Feed
from rp_mw_ops.console.guard import TOKEN_HEADER, Access
from rp_mw_ops.environment import Environment
from rp_mw_shared.clock import SystemClock


@dataclass(frozen=True, slots=True)
class Serving:
    """One running console; `ask` sends what a browser that holds the run's key sends."""

    access: Access
    feed: Feed

    @property
    def entrance(self) -> str:
        """The address that the command prints."""
        return f"{self.access.url}?key={self.access.key}"

    def ask(
        self, path: str, method: str = "GET", body: Any = None, *, has_key: bool = True, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body; a `body` goes as JSON with the run's token, `headers` on top."""
        sent = {"Cookie": f"{self.access.cookie}={self.access.key}"} if has_key else {}
        if body is not None:
            sent |= {"Content-Type": "application/json", TOKEN_HEADER: self.access.token}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.access.port, timeout=10)
        try:
            text = body if isinstance(body, str | None) else json.dumps(body)
            connection.request(method, path, text, sent)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def read(self, path: str) -> Any:
        """Return what a read answers."""
        status, _, body = self.ask(path)
        assert status == 200, body
        return json.loads(body)

    def change(self, path: str, asked: dict[str, Any]) -> tuple[int, Any]:
        """Return a change's status and answer."""
        status, _, body = self.ask(path, "POST", asked)
        return status, json.loads(body)


@contextmanager
def serving(
    require: Callable[[], Environment], *, name: str = "local", is_read_only: bool = False, **options: Any
) -> Iterator[Serving]:
    """Serve until the block ends; the feed reads in the background as it does for a person."""
    listener, clock = listen(0), SystemClock()
    feed, access = Feed(require, clock, is_local=True), Access(listener.getsockname()[1])
    console = Console(name, require, feed, access, clock, who="kim", is_read_only=is_read_only, **options)
    server = uvicorn.Server(
        uvicorn.Config(build_app(console), log_level="critical", access_log=False, timeout_graceful_shutdown=1)
    )
    is_ended = threading.Event()
    threads = [
        threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True),
        threading.Thread(target=feed.run, args=(is_ended,), daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        yield Serving(access, feed)
    finally:
        server.should_exit = True
        is_ended.set()
        for thread in threads:
            thread.join(10)
