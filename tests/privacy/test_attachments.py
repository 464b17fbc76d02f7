"""No code can fetch an attachment: its address goes no further than the queue, and no address of data is opened.

Record 0179. The owner's document allows fetching on demand and stores nothing of it; what is never fetched is neither.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [*ROOT.glob("services/*/src"), ROOT / "packages/shared/src"]
# Who may open a connection, each to an address of its settings: AWS, the vendors, the model, the local system's record.
MAY_CONNECT = {
    "rp_mw_ingress/adapters",
    "rp_mw_shared/clients",
    "rp_mw_worker/classifiers/openai_client.py",
    "rp_mw_shared/environments/running_locally.py",
}
CONNECTING = {
    "httpx",
    "httpx2",
    "httpcore",
    "urllib3",
    "socket",
    "requests",
    "aiohttp",
    "ftplib",
    "smtplib",
    "http.client",
}
CONNECTING |= {"urllib.request"}


def modules() -> list[Path]:
    """Every module of the services and what they share."""
    return sorted(path for source in SOURCES for path in source.rglob("*.py"))


def name_of(path: Path) -> str:
    """The module's path below its source folder."""
    return path.as_posix().rpartition("/src/")[2]


def imported(tree: ast.AST) -> set[str]:
    """What a module imports, at once or later."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def connects(source: str) -> bool:
    """Whether a module could open a connection by itself."""
    found = imported(ast.parse(source))
    return any(name == one or name.startswith(f"{one}.") for name in found for one in CONNECTING)


def reads_address(source: str) -> bool:
    """Whether a module reads an attribute or key `url` of an attachment."""
    return any(_is_address(node) for node in ast.walk(ast.parse(source)))


def _is_address(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == "url" and "attachment" in ast.unparse(node.value).lower()
    if isinstance(node, ast.Subscript):
        return "attachment" in ast.unparse(node).lower() and "url" in ast.unparse(node.slice)
    return False


def test_only_the_clients_open_connections() -> None:
    """Each of them to one address from the settings, never to one that data named."""
    found = {name_of(path) for path in modules() if connects(path.read_text("utf-8"))}
    assert found
    assert {name for name in found if not any(name.startswith(allowed) for allowed in MAY_CONNECT)} == set()


def test_nobody_reads_an_attachments_address() -> None:
    """The worker counts attachments; their addresses stay in the queue's message."""
    assert len(modules()) > 150
    assert [name_of(path) for path in modules() if reads_address(path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    "source",
    [
        "def f(attachment):\n    return get(attachment.url)",
        "def f(event):\n    return [a for a in event['attachments'][0]['url']]",
        "def f(event):\n    return event.attachments[0].url",
    ],
)
def test_code_that_reads_one_is_seen(source: str) -> None:
    """The proof of the proof."""
    assert reads_address(source)


@pytest.mark.parametrize(
    "source", ["import httpx", "from urllib.request import urlopen", "def f():\n    import socket"]
)
def test_code_that_could_connect_is_seen(source: str) -> None:
    """Also a late import."""
    assert connects(source)
