"""The console's real server on a loopback port, over an environment of the test's choice."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rp_mw_ops.console.guard import TOKEN_HEADER
from rp_mw_ops.console.serving import Served, served
from rp_mw_ops.environment import Environment


class Serving(Served):
    """One running console; `ask` sends what a browser that holds the run's key sends."""

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
def serving(require: Callable[[], Environment], *, name: str = "local", **options: Any) -> Iterator[Serving]:
    """Serve until the block ends; the feed reads in the background as it does for a person called kim."""
    with served(name, require, who="kim", **options) as running:
        yield Serving(running.access, running.feed)
