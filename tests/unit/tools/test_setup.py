"""What goes wrong before there is an environment is told in one line that says what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools.setup_venv import PACKAGES, SetupError, digest_of, require_disk_space

ROOT = Path(__file__).resolve().parents[3]
AS_AN_OLD_PYTHON = "import runpy, sys; sys.version_info = (3, 8, 18); runpy.run_path(sys.argv[1])"


def test_an_old_python_is_told_what_to_do() -> None:
    """One line naming the version found and the one needed, and a non-zero exit."""
    command = [sys.executable, "-c", AS_AN_OLD_PYTHON, str(ROOT / "tools/require_python.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "Python 3.11 or newer is needed" in done.stderr
    assert "is 3.8" in done.stderr


def test_the_running_python_is_new_enough() -> None:
    """Nothing is said where nothing is wrong."""
    done = subprocess.run([sys.executable, str(ROOT / "tools/require_python.py")], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_full_disk_is_told_before_anything_is_written(tmp_path: Path) -> None:
    """The line names the folder, what is free and what is needed."""
    with pytest.raises(SetupError, match=r"MB free in .*, 999999999999 MB needed; free some space"):
        require_disk_space(tmp_path, 999_999_999_999)
    require_disk_space(tmp_path, 0)


def test_every_package_of_the_repository_is_installed() -> None:
    """A new service or package must not be forgotten."""
    found = {
        path.parent.relative_to(ROOT).as_posix()
        for kind in ("packages", "services")
        for path in (ROOT / kind).glob("*/pyproject.toml")
    }
    assert set(PACKAGES) == found


def test_a_changed_lock_is_installed_again(tmp_path: Path) -> None:
    """The stamp depends on the content, not on file times."""
    lock = tmp_path / "requirements.lock"
    lock.write_text("a==1\n", "utf-8")
    before = digest_of([lock])
    lock.touch()
    assert digest_of([lock]) == before
    lock.write_text("a==2\n", "utf-8")
    assert digest_of([lock]) != before
