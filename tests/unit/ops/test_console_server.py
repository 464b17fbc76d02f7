"""The console's server: its own page and three reads, for this machine's own browser, and nothing that changes."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import re
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from rp_mw_ops.console.page import load_page
from rp_mw_ops.console.server import ConsoleServer
from rp_mw_ops.errors import NotFoundError, UsageError
from rp_mw_shared.errors import ConfigurationError, TransientError

PAGE = load_page()
HOSTILE = "<script>alert(1)</script>"
METHODS = ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT")


class FakeReader:
    """The `Readable` port: answers what it was given, remembers what it was asked, raises what it was told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.error: Exception | None = None

    def snapshot(self) -> dict[str, Any]:
        """One hostile value."""
        return self._answer("snapshot")

    def conversation(self, conversation_id: str) -> dict[str, Any]:
        """The same."""
        return self._answer(conversation_id)

    def dead_letters(self) -> dict[str, Any]:
        """The same."""
        return self._answer("dead letters")

    def _answer(self, asked: str) -> dict[str, Any]:
        self.asked.append(asked)
        if self.error is not None:
            raise self.error
        return {"tags": [HOSTILE]}


@pytest.fixture
def reader() -> FakeReader:
    """What the server reads."""
    return FakeReader()


@pytest.fixture
def server(reader: FakeReader) -> Iterator[ConsoleServer]:
    """The real server on a free port."""
    with ConsoleServer(0, PAGE, reader) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def ask(
    server: ConsoleServer,
    path: str,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    body: str | None = None,
) -> tuple[http.client.HTTPResponse, bytes]:
    """One request as a browser sends it; `headers` on top."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def ask_raw(server: ConsoleServer, request: bytes) -> bytes:
    """The first bytes of the answer to whatever is sent."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as connection:
        connection.sendall(request)
        return connection.recv(65_536)


def test_it_listens_on_this_machine_only(server: ConsoleServer) -> None:
    """Whatever the machine's other addresses are."""
    assert server.server_address[0] == "127.0.0.1"


def test_the_page_is_served_under_a_policy_that_allows_its_own_bytes_only(server: ConsoleServer) -> None:
    """Inline style and script by their hashes, no other address, no frame, no form, no markup made of text."""
    response, body = ask(server, "/")
    policy = dict(part.split(" ", 1) for part in response.headers["Content-Security-Policy"].split("; "))
    for element, directive in (("script", "script-src"), ("style", "style-src")):
        (inline,) = re.findall(f"<{element}>(.*?)</{element}>", body.decode(), re.DOTALL)
        assert policy[directive] == f"'sha256-{base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()}'"
    assert (policy["default-src"], policy["frame-ancestors"], policy["form-action"]) == ("'none'",) * 3
    assert (policy["require-trusted-types-for"], policy["trusted-types"]) == ("'script'", "'none'")
    assert (response.status, response.headers["X-Content-Type-Options"]) == (200, "nosniff")


def test_the_page_names_no_other_address_and_makes_no_markup_of_text() -> None:
    """What it reads goes in as text: a tag is shown, never made."""
    text = PAGE.body.decode()
    assert not re.findall(r"(?:https?:)?//[a-z]", re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE))
    assert not re.findall(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Function\(|srcdoc|DOMParser|setAttribute|\son\w+=",
        text,
    )
    assert "method:" not in text  # every fetch is a GET
    assert set(re.findall(r'href: [`"](.)', text)) == {"#"}


@pytest.mark.parametrize("path", ["/api/snapshot", "/api/conversation?id=c", "/api/dead-letters"])
def test_values_come_as_json_that_no_browser_takes_for_a_page(server: ConsoleServer, path: str) -> None:
    """Hostile ones too."""
    response, body = ask(server, path)
    assert (response.status, response.headers["Content-Type"]) == (200, "application/json")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert json.loads(body) == {"tags": [HOSTILE]}


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost:1", "127.0.0.1.evil.example:{port}", ""])
@pytest.mark.parametrize("path", ["/", "/api/snapshot"])
def test_a_request_for_another_host_is_refused(server: ConsoleServer, reader: FakeReader, host: str, path: str) -> None:
    """A name that somebody lets point to this machine is not this machine."""
    response, body = ask(server, path, headers={"Host": host.format(port=server.server_port)})
    assert (response.status, HOSTILE.encode() in body, reader.asked) == (421, False, [])
    assert response.headers["Content-Security-Policy"] == PAGE.policy


def test_two_hosts_and_none_are_refused(server: ConsoleServer) -> None:
    """One reader might believe the first, another the second."""
    own = f"Host: 127.0.0.1:{server.server_port}\r\n".encode()
    for hosts in (own + b"Host: evil.example\r\n", own + own, b""):
        assert b" 421 " in ask_raw(server, b"GET / HTTP/1.1\r\n" + hosts + b"\r\n").split(b"\r\n")[0]


def test_this_machine_by_name_is_answered(server: ConsoleServer) -> None:
    """As people type it."""
    assert ask(server, "/", headers={"Host": f"localhost:{server.server_port}"})[0].status == 200


@pytest.mark.parametrize(("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 200)])
def test_a_browser_that_says_another_site_asks_is_refused(
    server: ConsoleServer, reader: FakeReader, site: str, status: int
) -> None:
    """Reading costs something, even where the answer cannot be seen."""
    response, _ = ask(server, "/api/snapshot", headers={"Sec-Fetch-Site": site})
    assert (response.status, len(reader.asked)) == (status, int(status == 200))


@pytest.mark.parametrize("path", ["/", "/api/snapshot", "/nothing"])
@pytest.mark.parametrize("method", METHODS)
def test_every_method_but_reading_is_refused(server: ConsoleServer, reader: FakeReader, method: str, path: str) -> None:
    """There is nothing to change."""
    response, _ = ask(server, path, method, body="x" if method == "POST" else None)
    assert (response.status, response.headers["Allow"], reader.asked) == (405, "GET, HEAD", [])


def test_head_is_answered_without_a_body(server: ConsoleServer) -> None:
    """With the page's length."""
    response, body = ask(server, "/", "HEAD")
    assert (response.status, body, int(response.headers["Content-Length"])) == (200, b"", len(PAGE.body))


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/api",
        "/api/",
        "/api/snapshot/",
        "/page.js",
        "/../server.py",
        "/%2e%2e/server.py",
        "/etc/passwd",
        "/api/flags",
    ],
)
def test_an_unknown_path_is_not_found(server: ConsoleServer, path: str) -> None:
    """No file of this machine is ever served."""
    assert ask(server, path)[0].status == 404


def test_a_body_and_a_long_address_are_refused(server: ConsoleServer, reader: FakeReader) -> None:
    """Nothing is read that is not needed."""
    assert ask(server, "/api/snapshot", body="x")[0].status == 413
    assert ask(server, f"/api/conversation?id={'x' * 5000}")[0].status == 414
    assert reader.asked == []


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"GET /" + b"x" * 70_000, b" 414 "),
        (b"BREW / HTTP/1.1\r\n\r\n", b" 501 "),
        (b"nonsense\r\n\r\n", b"Bad Request"),
    ],
)
def test_what_is_no_request_gets_an_answer_as_plain_as_the_others(
    server: ConsoleServer, request_line: bytes, status: bytes
) -> None:
    """The standard library's own page would quote it."""
    answer = ask_raw(server, request_line)
    assert status in answer
    assert b"nonsense" not in answer
    assert b"BREW" not in answer


@pytest.mark.parametrize("query", ["", "?id=", "?id=a&id=b", "?id=%00", "?id=a%0d%0ab", "?id=%ff", f"?id={'x' * 999}"])
def test_a_request_that_names_no_conversation_is_refused(server: ConsoleServer, reader: FakeReader, query: str) -> None:
    """One id, of printable characters, no longer than a mail's may be."""
    assert (ask(server, f"/api/conversation{query}")[0].status, reader.asked) == (400, [])


def test_an_id_is_read_as_it_is(server: ConsoleServer, reader: FakeReader) -> None:
    """Percent-encoded, as the page sends it."""
    ask(server, "/api/conversation?id=%3CCA%2B1%40mail.example.com%3E")
    assert reader.asked == ["<CA+1@mail.example.com>"]


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (ConfigurationError(["nothing runs locally: start it with `make up`"]), 503, "make up"),
        (TransientError("AWS could not be reached", code="aws"), 503, "AWS could not be reached"),
        (NotFoundError("no trace of it"), 404, "no trace of it"),
        (RuntimeError("private words"), 500, "RuntimeError"),
    ],
)
def test_what_stands_in_the_way_is_said_in_one_line(
    server: ConsoleServer, reader: FakeReader, error: Exception, status: int, words: str
) -> None:
    """A defect's own words stay inside: they may quote anything."""
    reader.error = error
    response, body = ask(server, "/api/snapshot")
    assert response.status == status
    assert words in json.loads(body)["problem"]
    assert b"private" not in body


def test_nothing_is_printed(server: ConsoleServer, capfd: pytest.CaptureFixture[str]) -> None:
    """Requests name conversations."""
    ask(server, "/api/conversation?id=c")
    ask(server, "/nothing")
    assert capfd.readouterr() == ("", "")


def test_a_taken_port_is_one_clear_line(server: ConsoleServer, reader: FakeReader) -> None:
    """With what to do."""
    for port in (server.server_port, 70_000):
        with pytest.raises(UsageError, match="choose another with --port"):
            ConsoleServer(port, PAGE, reader)
