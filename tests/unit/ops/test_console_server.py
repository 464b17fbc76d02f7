"""Who may ask the console and what: this machine's browser, with the run's key, and for a change with its token."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files

import pytest
from starlette.requests import Request

from rp_mw_ops.console import actions
from rp_mw_ops.console.app import require_id
from rp_mw_ops.console.guard import TOKEN_HEADER
from rp_mw_ops.console.serving import listen
from rp_mw_ops.environment import Environment
from rp_mw_ops.errors import OpsError, UsageError
from rp_mw_shared.environments.topology import load_topology
from tests.fakes.console import Serving, serving

READS = ("/", "/live", "/api/session", "/api/now", "/api/decisions", "/api/story?id=c", "/api/failed", "/api/stream")
CHANGES = ("/api/search", "/api/switch", "/api/redrive")
SWITCH = {"name": "automation_enabled", "value": "false", "why": "a test"}
KINDS = (".js", ".html", ".css")
ASSETS = [one for one in files("rp_mw_ops.console").joinpath("assets").iterdir() if one.name.endswith(KINDS)]
OWN_ASSETS = [one for one in ASSETS if not one.name.startswith("uplot")]


def nowhere() -> Environment:
    """An environment that cannot be reached."""
    raise OpsError("nothing runs locally: start it with `make up`")


@pytest.fixture(scope="module")
def server() -> Iterator[Serving]:
    """The real server on a free port."""
    with serving(nowhere) as running:
        yield running


def test_it_listens_on_this_machine_only() -> None:
    """Loopback, whatever the port."""
    with listen(0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


def test_a_taken_port_is_one_clear_line(server: Serving) -> None:
    """And says what to do."""
    with pytest.raises(UsageError, match="choose another with --port"):
        listen(server.access.port)


def test_the_page_is_served_under_a_policy_that_allows_its_own_files_only(server: Serving) -> None:
    """No inline script or style, no other address, no frame, no markup made of text."""
    status, headers, body = server.ask("/")
    policy = headers["content-security-policy"]
    assert status == 200
    assert b"<main" in body
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "require-trusted-types-for 'script'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", [one.name for one in ASSETS])
def test_every_asset_is_in_the_package_and_served(server: Serving, name: str) -> None:
    """Offline, and with the same headers."""
    status, headers, body = server.ask(f"/assets/{name}")
    assert status == 200
    assert body
    assert "content-security-policy" in headers


def test_the_pages_own_files_name_no_other_address_and_make_no_markup_of_text() -> None:
    """A row's values are shown as texts, whatever stands in them."""
    for one in OWN_ASSETS:
        text = one.read_text("utf-8")
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text), one.name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", text), one.name


@pytest.mark.parametrize("path", [*READS, *CHANGES])
def test_without_the_runs_key_nothing_is_told(server: Serving, path: str) -> None:
    """Another person of this machine does not get it."""
    for cookie in ("", f"{server.access.cookie}=wrong"):
        status, _, body = server.ask(path, has_key=False, Cookie=cookie)
        assert status == 401
        assert b"rp-mw console" in body


def test_the_address_that_is_printed_gives_the_key_to_the_browser_and_no_script(server: Serving) -> None:
    """It goes out of the address at once."""
    status, headers, _ = server.ask(f"/?key={server.access.key}", has_key=False)
    assert (status, headers["location"]) == (303, "/")
    assert "HttpOnly" in headers["set-cookie"]
    assert "samesite=strict" in headers["set-cookie"].lower()
    assert server.ask("/?key=wrong", has_key=False)[0] == 401


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1",
        "127.0.0.1:1",
        "localhost:1",
        "localhost.evil.example:80",
        "127.0.0.1.evil.example:{port}",
        "",
    ],
)
@pytest.mark.parametrize("path", ["/", "/api/now", "/assets/app.js"])
def test_a_request_for_another_host_is_refused(server: Serving, host: str, path: str) -> None:
    """A hostile name may point to this machine."""
    assert server.ask(path, Host=host.format(port=server.access.port))[0] == 421


def test_the_key_is_not_taken_under_another_host(server: Serving) -> None:
    """The cookie would belong to the hostile name."""
    assert server.ask(f"/?key={server.access.key}", has_key=False, Host="evil.example")[0] == 421


def test_this_machine_by_name_is_answered(server: Serving) -> None:
    """As by number."""
    assert server.ask("/", Host=f"localhost:{server.access.port}")[0] == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("path", ["/api/now", "/api/switch", "/assets/app.js"])
def test_a_browser_that_says_another_site_asks_is_refused(server: Serving, site: str, path: str) -> None:
    """Even with the key."""
    assert server.ask(path, Sec_Fetch_Site=site)[0] == 403


def test_the_pages_own_browser_is_answered(server: Serving) -> None:
    """It says that the same site asks."""
    assert server.ask("/api/now", Sec_Fetch_Site="same-origin")[0] == 200


@pytest.mark.parametrize("path", CHANGES)
def test_a_change_needs_the_token_of_this_run(server: Serving, path: str) -> None:
    """No other site can set the header, and no older page knows the token."""
    for token in ("", "wrong"):
        assert server.ask(path, "POST", SWITCH, **{TOKEN_HEADER: token})[0] == 403


def test_a_change_from_another_origin_or_as_a_form_is_refused(server: Serving) -> None:
    """What a hostile page's form can send is none of it."""
    assert server.ask("/api/switch", "POST", SWITCH, Origin="https://evil.example")[0] == 403
    form = server.ask("/api/switch", "POST", "name=safe_mode", Content_Type="application/x-www-form-urlencoded")
    assert form[0] == 415


def test_a_read_only_console_changes_nothing() -> None:
    """With key and token."""
    with serving(nowhere, is_read_only=True) as running:
        for path in CHANGES[1:]:
            status, answer = running.change(path, SWITCH)
            assert (status, "--read-only" in answer["problem"]) == (403, True)
        assert running.read("/api/session")["read_only"] is True


@pytest.mark.parametrize("path", CHANGES)
def test_what_changes_is_not_read_and_what_is_read_does_not_change(server: Serving, path: str) -> None:
    """A link cannot throw a switch."""
    assert server.ask(path)[0] == 405
    assert server.ask("/api/now", "POST", {})[0] == 405


@pytest.mark.parametrize("path", ["/", "/api/now", "/nothing"])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"])
def test_every_method_but_reading_and_posting_is_refused(server: Serving, method: str, path: str) -> None:
    """With key, token and JSON: there is nothing that they would do."""
    assert server.ask(path, method, {})[0] in {400, 404, 405}


def test_values_come_as_json_that_no_browser_takes_for_a_page(server: Serving) -> None:
    """Refusals and errors, too: each may hold what a customer wrote."""
    for path, expected in (("/api/session", 200), ("/api/now", 200), ("/api/story?id=<b>", 503), ("/api/story", 400)):
        status, headers, body = server.ask(path)
        assert (status, headers["content-type"]) == (expected, "application/json"), path
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert isinstance(json.loads(body), dict)


@pytest.mark.parametrize("line", [b"BREW / HTTP/1.1\r\nHost: c-secret\r\n\r\n", b"NONSENSE c-secret\r\n\r\n"])
def test_what_is_no_request_is_not_quoted(server: Serving, line: bytes) -> None:
    """The answer is a refusal in plain words."""
    with socket.create_connection(("127.0.0.1", server.access.port)) as raw:
        raw.sendall(line)
        answer = raw.recv(4000)
    assert answer.split()[1] in {b"400", b"421", b"405"}
    assert not {b"c-secret", b"BREW", b"NONSENSE"} & set(answer.replace(b":", b" ").split())


def test_prod_wants_its_name_typed() -> None:
    """A click is not enough there."""
    prod = Environment(load_topology("prod"), lambda service: pytest.fail(f"{service} was asked"))
    with pytest.raises(UsageError, match="type prod"):
        actions.change_switch(prod, SWITCH, who="kim")
    with pytest.raises(UsageError, match="type prod"):
        actions.change_switch(prod, SWITCH | {"confirm": "dev"}, who="kim")
    actions.require_confirmed(prod, {"confirm": "prod"})
    actions.require_confirmed(replace(prod, topology=load_topology("dev")), {})


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"value": "true", "why": "x"}, "name is missing"),
        (SWITCH | {"value": "true", "why": "  "}, "say why"),
        ({"name": "safe_mode", "value": "true"}, "say why"),
        (SWITCH | {"value": 3}, "value is missing"),
    ],
)
def test_a_change_without_all_it_needs_says_what(asked: dict[str, object], said: str) -> None:
    """Before anything is asked of AWS."""
    local = Environment(load_topology("local"), lambda service: pytest.fail(f"{service} was asked"))
    with pytest.raises(UsageError, match=said):
        actions.change_switch(local, asked, who="kim")


@pytest.mark.parametrize("query", ["", "id=", "id=a&id=b", "id=" + "x" * 999, "id=%00", "id=a%0d%0ab"])
def test_a_request_that_names_no_conversation_is_refused(server: Serving, query: str) -> None:
    """One id, as long as a mail's may be."""
    assert server.ask(f"/api/story?{query}")[0] == 400


def test_an_id_is_read_as_it_is() -> None:
    """A mail's Message-ID, with its brackets and signs."""
    scope = {"type": "http", "headers": [], "query_string": b"id=%3Ca%2Bb%40mail.example.com%3E"}
    assert require_id(Request(scope)) == "<a+b@mail.example.com>"


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/",
        "/api/unknown",
        "/assets/",
        "/assets/../app.py",
        "/assets/%2e%2e/app.py",
        "/../app.py",
        "/etc/passwd",
        "/index.html",
    ],
)
def test_an_unknown_path_is_not_found(server: Serving, path: str) -> None:
    """Nothing beside the page's own files is served."""
    assert server.ask(path)[0] == 404


def test_a_long_address_a_long_body_and_no_json_are_refused(server: Serving) -> None:
    """Nothing of them is read further."""
    assert server.ask("/?" + "x" * 5000)[0] == 414
    assert server.ask("/api/search", "POST", {"text": "x" * 20_000})[0] == 413
    assert server.ask("/api/search", "POST", "[1]")[0] == 400
    assert server.ask("/api/search", "POST", "{")[0] == 400


def test_what_stands_in_the_way_is_said_and_a_defect_only_by_its_kind() -> None:
    """The words of an unforeseen error may name a customer."""

    def broken() -> Environment:
        raise RuntimeError("ana@example.com")

    with serving(nowhere) as running:
        status, _, body = running.ask("/api/story?id=c")
        assert (status, b"make up" in body) == (503, True)
    with serving(broken) as running:
        status, _, body = running.ask("/api/story?id=c")
        assert (status, b"RuntimeError" in body, b"ana" in body) == (500, True, False)


def test_an_environment_that_cannot_be_reached_is_told_on_the_page(server: Serving) -> None:
    """It opens, says so, and goes on trying."""
    server.feed.refresh()
    told = server.read("/api/now")
    assert {one["level"] for one in told["problems"]} == {"bad"}
    assert "make up" in told["problems"][0]["text"]


def test_nothing_is_printed(server: Serving, capfd: pytest.CaptureFixture[str]) -> None:
    """Requests name conversations."""
    server.ask("/api/story?id=c-secret")
    with socket.create_connection(("127.0.0.1", server.access.port)) as raw:
        raw.sendall(b"NONSENSE c-secret\r\n\r\n")
        raw.recv(1000)
    assert capfd.readouterr() == ("", "")
