"""Which committed files follow from the topology, and what each must hold."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tools.generate.flags import find_problems, render_flags
from tools.generate.inventory import OUTPUT as INVENTORY_PAGE
from tools.generate.inventory import InventoryError, to_page
from tools.generate.project import render_project
from tools.generate.stacks import render_stacks
from tools.topology import load_topology

PROJECT = "pyproject.toml"
FLAGS_MODULE = "packages/shared/src/rp_mw_shared/flags/declared.py"


class TopologyError(Exception):
    """The topology cannot be followed; the message holds one line per mistake."""


def rendered_files(root: Path) -> dict[str, str]:
    """What each file must hold, by its path below `root`. Raises TopologyError."""
    topology = load_topology(root)
    flags = topology["flags"]["declared"]
    if problems := find_problems(flags):
        raise TopologyError("; ".join(problems))
    functions = topology["functions"]
    project = (root / PROJECT).read_text("utf-8")
    return {
        FLAGS_MODULE: _formatted(render_flags(flags)),
        PROJECT: render_project(project, tuple(functions)),
        INVENTORY_PAGE: _inventory(root),
        **dict(render_stacks(root, functions)),
    }


def _inventory(root: Path) -> str:
    try:
        return to_page(root)
    except InventoryError as error:
        raise TopologyError(str(error)) from error


def find_outdated(root: Path) -> list[str]:
    """Paths of the files that do not hold what they must. Raises TopologyError."""
    return [path for path, text in rendered_files(root).items() if text_of(root / path) != text]


def write_outdated(root: Path) -> list[str]:
    """Write those files; returns their paths. Raises TopologyError."""
    rendered = rendered_files(root)
    outdated = [path for path, text in rendered.items() if text_of(root / path) != text]
    for path in outdated:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(rendered[path], "utf-8")
    return outdated


def text_of(path: Path) -> str | None:
    """A file's content, None where there is no such file."""
    return path.read_text("utf-8") if path.is_file() else None


def _formatted(code: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", "declared.py", "-"]
    return subprocess.run(command, input=code, capture_output=True, text=True, check=True).stdout
