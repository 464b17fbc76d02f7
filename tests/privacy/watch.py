"""Starts the product with the canary customer in a process of its own and reads everything that process left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.privacy.customer import EVERYTHING, PERSONAL
from tests.privacy.search import leaks

ROOT = Path(__file__).resolve().parents[2]
_TIMEOUT_SECONDS = 480
_SOURCES = ("packages", "services")


@dataclass(frozen=True, slots=True)
class Leak:
    """One secret that was found, and where: `stdout`, `stderr` or a file's name."""

    where: str
    secret: str

    def __str__(self) -> str:
        return f"{self.where}: {self.secret}"


@dataclass(frozen=True, slots=True)
class Watched:
    """What came of one run; `failure` is how it ended when it did not end well."""

    leaks: tuple[Leak, ...]
    failure: str = ""


def watch(tree: Path = ROOT) -> Watched:
    """Play the canary with the sources of `tree`."""
    with tempfile.TemporaryDirectory(prefix="rp-mw-privacy-") as scratch:
        folder = Path(scratch)
        ended = subprocess.run(
            [sys.executable, "-m", "tests.privacy.play", scratch],
            cwd=folder,
            env=_environment(tree, folder),
            capture_output=True,
            text=True,
            errors="backslashreplace",
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
        found = tuple(_found(ended.stdout, ended.stderr, folder))
    return Watched(found, "" if ended.returncode == 0 else ended.stderr[-600:])


def _environment(tree: Path, folder: Path) -> dict[str, str]:
    """Return the environment: the tree's sources first, files into the folder, libraries at their most talkative."""
    sources = [str(found) for kind in _SOURCES for found in sorted((tree / kind).glob("*/src"))]
    return {
        **{name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "LC_ALL"}},
        "PYTHONPATH": os.pathsep.join([*sources, str(tree)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "OPENAI_LOG": "debug",
    }


def _found(stdout: str, stderr: str, folder: Path) -> Iterator[Leak]:
    for where, text in (("stdout", stdout), ("stderr", stderr)):
        yield from (Leak(where, secret) for secret in leaks(text, EVERYTHING))
    for path in sorted(found for found in folder.rglob("*") if found.is_file()):
        wanted = PERSONAL if path.suffix == ".model" else EVERYTHING
        text = path.read_text("utf-8", errors="backslashreplace")
        yield from (Leak(path.name, secret) for secret in leaks(f"{path.name}\n{text}", wanted))
