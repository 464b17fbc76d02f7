"""Tests in several processes: every one runs once, a file stays together, and what is timed has the machine alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import side_by_side
from tests.side_by_side import ALONE, DEPLOYED, LONGEST_FIRST, UNIT_OF_FILE, pytest_xdist_auto_num_workers, unit_of

ROOT = Path(__file__).resolve().parents[2]
# each test tells when it began and ended, and in which process
MODULE = """
import os, pathlib, time, pytest
JOURNAL = pathlib.Path(__file__).parents[{depth}] / "journal"

@pytest.mark.parametrize("number", range({tests}))
def test_it(number):
    for word in ("begins", "ends"):
        with JOURNAL.open("a") as journal:
            journal.write(f"{{word}} {{os.getpid()}} {{pathlib.Path(__file__).name}}\\n")
        time.sleep(0.2 if word == "begins" else 0)
"""
FILES = {"tests/test_one.py": 4, "tests/test_two.py": 2, "tests/test_three.py": 1, ALONE[0]: 1}


def play(folder: Path) -> list[tuple[str, str, str]]:
    """Runs the files above in three processes: (begins or ends, process, file) in the order in which it happened."""
    for name, tests in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(MODULE.format(depth=name.count("/"), tests=tests), "utf-8")
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\n", "utf-8")
    command = [sys.executable, "-m", "pytest", "-c", str(folder / "pytest.ini"), "-n", "3", "-p", side_by_side.__name__]
    command += ["-p", "xdist"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [*command, str(folder)], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{sum(FILES.values())} passed" in done.stdout
    lines = (folder / "journal").read_text("utf-8").splitlines()
    return [(word, process, file) for word, process, file in map(str.split, lines)]


def test_every_test_runs_once_a_file_stays_together_and_the_timed_one_is_alone(tmp_path: Path) -> None:
    """In several processes; the timed file begins when everything else has ended."""
    journal = play(tmp_path)
    assert len(journal) == 2 * sum(FILES.values())
    processes = {file: {process for _, process, other in journal if other == file} for _, _, file in journal}
    assert {file: len(found) for file, found in processes.items()} == {Path(name).name: 1 for name in FILES}
    assert len(set().union(*processes.values())) > 1
    assert [file for _, _, file in journal[-2:]] == [Path(ALONE[0]).name] * 2


@pytest.mark.parametrize("name", [*UNIT_OF_FILE, *(name for name in LONGEST_FIRST if name != DEPLOYED), *ALONE])
def test_every_file_named_is_there(name: str) -> None:
    """A file that moves takes its place in the order with it."""
    assert (ROOT / name).is_file()


def test_files_that_use_the_deployed_system_are_one_unit() -> None:
    """Else it would be deployed once for each process that meets it."""
    users = [path for path in (ROOT / "tests/e2e").glob("test_*.py") if "system: Stack" in path.read_text("utf-8")]
    assert len(users) >= 3
    assert {unit_of(f"{path.relative_to(ROOT)}::test_x") for path in users} == {DEPLOYED}


def test_the_number_of_processes_follows_the_cores_unless_somebody_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more than cores, at most six."""
    monkeypatch.delenv("PYTEST_XDIST_AUTO_NUM_WORKERS", raising=False)
    numbers = []
    for cores in (1, 2, 64):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, cores=cores: set(range(cores)), raising=False)
        numbers.append(pytest_xdist_auto_num_workers())
    assert numbers == [2, 3, 6]
    monkeypatch.setenv("PYTEST_XDIST_AUTO_NUM_WORKERS", "4")
    assert pytest_xdist_auto_num_workers() == 4
