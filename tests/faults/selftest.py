"""Breaks promises on purpose, each in a scratch copy of the sources, and shows what noticed it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.faults.printing import say

ROOT = Path(__file__).resolve().parents[2]
_FILE = Path(__file__).with_name("mutations.yaml")
_COPIED = ("packages", "services", "tests", "config")
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.egg-info", "build", "dist", ".pytest_cache", "golden")
_TIMEOUT_SECONDS = 600


class MutationError(Exception):
    """A mutation that does not fit the sources any more."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One breakage: `find` occurs exactly once in `file`; a test or the schedules of a story notice it."""

    name: str
    file: str
    find: str
    replace: str
    test: str | None = None
    story: str | None = None

    def applied(self, source: str) -> str:
        """Return the broken source; raises MutationError when the pattern does not occur exactly once."""
        count = source.count(self.find)
        if count != 1:
            raise MutationError(f"{self.name}: the pattern occurs {count} times in {self.file}, not once")
        return source.replace(self.find, self.replace)


def load_mutations(path: Path = _FILE) -> list[Mutation]:
    """Return the committed mutations."""
    return [Mutation(**entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8"))]


def selftest() -> int:
    """Apply each mutation and print what noticed it; 0 when every one was noticed."""
    mutations, missed, started = load_mutations(), [], time.monotonic()
    with tempfile.TemporaryDirectory(prefix="rp-mw-faults-") as scratch:
        copy = Path(scratch)
        for folder in _COPIED:
            shutil.copytree(ROOT / folder, copy / folder, ignore=_LEFT_OUT)
        shutil.copy(ROOT / "pyproject.toml", copy / "pyproject.toml")
        for mutation in mutations:
            noticed = _notice(mutation, copy)
            say(f"{'caught' if noticed else 'MISSED':7} {mutation.name:52} {noticed}")
            missed += [] if noticed else [mutation]
    say(f"{len(mutations) - len(missed)} of {len(mutations)} mutations caught, {time.monotonic() - started:.0f} s")
    return 1 if missed else 0


def _notice(mutation: Mutation, copy: Path) -> str:
    """Return what noticed the mutation, empty for nothing."""
    path = copy / mutation.file
    source = path.read_text(encoding="utf-8")
    path.write_text(mutation.applied(source), encoding="utf-8")
    try:
        return _run_test(mutation.test, copy) if mutation.test else _run_schedules(mutation.story, copy)
    finally:
        path.write_text(source, encoding="utf-8")


def _run_schedules(story: str | None, copy: Path) -> str:
    command = [sys.executable, "-m", "tests.faults.run", "--hunt"]
    done = _run([*command, *(["--story", story] if story else [])], copy)
    if done.returncode == 0:
        return ""
    found = re.search(r"^VIOLATION (.*)$", done.stdout, re.MULTILINE)
    return (
        found.group(1) if found else f"the run itself failed: {(done.stderr.strip() or done.stdout).splitlines()[-1]}"
    )


def _run_test(test: str, copy: Path) -> str:
    done = _run([sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", test], copy)
    found = re.search(r"^FAILED (\S+)", done.stdout, re.MULTILINE)
    return found.group(1) if done.returncode == 1 and found else ""


def _run(command: list[str], copy: Path) -> subprocess.CompletedProcess[str]:
    sources = [str(copy), *(str(path) for path in sorted(copy.glob("*/*/src")))]
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(sources), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        command, cwd=copy, env=environ, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=False
    )
