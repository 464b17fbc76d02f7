"""A laptop behind a proxy: what runs on loopback is asked directly."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import pytest

from rp_mw_shared.environments.running_locally import is_answering


class Healthy(http.server.BaseHTTPRequestHandler):
    """Answers every question with 200."""

    def do_GET(self) -> None:
        """Say yes."""
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def endpoint_url() -> Iterator[str]:
    """A server on loopback that is healthy."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Healthy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize("bypass", ["", "intranet.example"])
def test_the_local_system_answers_behind_a_proxy(
    endpoint_url: str, bypass: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTP_PROXY points to a port nobody listens on; NO_PROXY is empty or names other hosts, which stay in it."""
    import os

    from botocore.utils import get_environ_proxies

    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, bypass)
    assert is_answering(endpoint_url)
    assert get_environ_proxies(endpoint_url) == {}
    assert os.environ["no_proxy"].split(",")[: bool(bypass)] == [bypass][: bool(bypass)]
