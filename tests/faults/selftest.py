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
_COPIED = ("packages", "services", "tests", "config", "terraform/environments")
_COPIED_FILES = ("pyproject.toml", "docs/rp-mw.schema.json")
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.egg-info", "build", "dist", ".pytest_cache", "golden")
_TIMEOUT_SECONDS = 600


class MutationError(Exception):
    """A mutation that does not fit the sources any more."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One breakage: `find` occurs exactly once in `file`; a test, a story's schedules or those named notice it."""

    name: str
    file: str
    find: str
    replace: str
    test: str | None = None
    story: str | None = None
    schedules: tuple[str, ...] = ()

    def applied(self, source: str) -> str:
        """Return the broken source; raises MutationError when the pattern does not occur exactly once."""
        count = source.count(self.find)
        if count != 1:
            raise MutationError(f"{self.name}: the pattern occurs {count} times in {self.file}, not once")
        return source.replace(self.find, self.replace)


def load_mutations(path: Path = _FILE) -> list[Mutation]:
    """Return the committed mutations."""
    return [Mutation(**entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8"))]


def selftest(only: str = "") -> int:
    """Apply each mutation whose name or test holds `only` and print what noticed it; 0 when every one was noticed."""
    mutations = [mutation for mutation in load_mutations() if only in f"{mutation.name} {mutation.test}"]
    if not mutations:
        say(f"no mutation has {only!r} in its name or its test: tests/faults/mutations.yaml lists them")
        return 2
    missed, started = 0, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="rp-mw-faults-") as scratch:
        copy = Path(scratch)
        for folder in _COPIED:
            shutil.copytree(ROOT / folder, copy / folder, ignore=_LEFT_OUT)
        for file in _COPIED_FILES:
            (copy / file).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / file, copy / file)
        _require_sound(mutations, copy)
        for mutation in mutations:
            began = time.monotonic()
            try:
                noticed, why = _notice(mutation, copy), ""
            except MutationError as error:
                noticed, why = "", str(error)
            missed += not noticed
            seconds = time.monotonic() - began
            say(f"{'caught' if noticed else 'MISSED':7}{seconds:4.0f} s  {mutation.name:52} {noticed or why}")
    minutes, seconds = divmod(round(time.monotonic() - started), 60)
    say(f"{len(mutations) - missed} of {len(mutations)} mutations caught in {minutes} min {seconds} s")
    return 1 if missed else 0


def _require_sound(mutations: list[Mutation], copy: Path) -> None:
    """Without a mutation nothing may be noticed; raises MutationError."""
    tests = sorted({mutation.test for mutation in mutations if mutation.test})
    named = [schedule for mutation in mutations for schedule in mutation.schedules]
    noticed = (_run_tests(tests, copy) if tests else "") or (_hunt(["--schedules", *named], copy) if named else "")
    if noticed:
        raise MutationError(f"the untouched sources are noticed: {noticed}")


def _notice(mutation: Mutation, copy: Path) -> str:
    """Return what noticed the mutation, empty for nothing."""
    path = copy / mutation.file
    source = path.read_text(encoding="utf-8")
    path.write_text(mutation.applied(source), encoding="utf-8")
    try:
        if mutation.test:
            return _run_tests([mutation.test], copy)
        chosen = ["--schedules", *mutation.schedules] if mutation.schedules else ["--story", str(mutation.story)]
        return _hunt(chosen, copy)
    finally:
        path.write_text(source, encoding="utf-8")


def _hunt(chosen: list[str], copy: Path) -> str:
    done = _run([sys.executable, "-m", "tests.faults.run", "--hunt", *chosen], copy)
    if done.returncode == 0:
        return ""
    found = re.search(r"^VIOLATION (.*)$", done.stdout, re.MULTILINE)
    if found is None:
        raise MutationError(f"the schedules did not run: {(done.stderr.strip() or done.stdout).splitlines()[-1]}")
    return found.group(1)


def _run_tests(tests: list[str], copy: Path) -> str:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-m", "not emulator", "-p", "no:cacheprovider", *tests]
    done = _run(command, copy)
    if done.returncode not in {0, 1}:
        raise MutationError(f"the tests did not run: {(done.stdout.strip() or done.stderr).splitlines()[-1]}")
    found = re.search(r"^FAILED (\S+)", done.stdout, re.MULTILINE)
    return found.group(1) if found else ""


def _run(command: list[str], copy: Path) -> subprocess.CompletedProcess[str]:
    sources = [str(copy), *(str(path) for path in sorted(copy.glob("*/*/src")))]
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(sources), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        command, cwd=copy, env=environ, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=False
    )
