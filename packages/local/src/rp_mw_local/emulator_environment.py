"""The embedded AWS's own two virtual environments, made once per lock file and Python.

emulator-venv   MiniStack and exactly its locked dependencies (it pins botocore, so it cannot share ours)
runtime-venv    empty, without pip: its Python runs the server and every function, so that a function sees its
                zip and the standard library only
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rp_mw_local.errors import LocalError
from rp_mw_shared.environments.checkout import repository_root, state_dir

OLDEST_PYTHON = (3, 11)
NEEDED_BYTES = 600 * 1024 * 1024
STAMP = "made-from"
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class EmulatorEnvironment:
    """The interpreter that runs the server and the folder its libraries are in."""

    python: Path
    site_packages: Path


def ensure_environment(progress: Progress = lambda _: None) -> EmulatorEnvironment:
    """Both environments, made if they are missing or stale; raises LocalError when that is impossible."""
    require_python()
    folder = state_dir()
    libraries, runtime = folder / "emulator-venv", folder / "runtime-venv"
    lock = repository_root() / "packages" / "local" / "emulator-requirements.lock"
    wanted = _fingerprint(lock)
    if not _is_made_from(runtime, wanted):
        require_space(folder)
        with _alone(folder):
            # somebody else may have made it while this process waited
            if not _is_made_from(runtime, wanted):
                progress("making the embedded AWS's environment (once)")
                _make(libraries, runtime, lock)
                (runtime / STAMP).write_text(wanted, "utf-8")
    return EmulatorEnvironment(_python_of(runtime), _site_packages_of(libraries))


def require_python() -> None:
    """Raises LocalError on a Python older than the functions' code can run on."""
    if sys.version_info < OLDEST_PYTHON:
        needed = ".".join(map(str, OLDEST_PYTHON))
        raise LocalError(
            f"Python {needed} or newer is needed, this is {sys.version.split()[0]}: run `make PYTHON=python{needed}`"
        )


def require_space(folder: Path, needed_bytes: int = NEEDED_BYTES) -> None:
    """Raises LocalError when the disk under `folder` cannot take what a local run writes."""
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free_bytes = shutil.disk_usage(existing).free
    if free_bytes < needed_bytes:
        raise LocalError(
            f"{existing} has {free_bytes // 2**20} MB free, {needed_bytes // 2**20} MB are needed: "
            "free some space and run it again"
        )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two runs that start at the same time must not install into one folder; the lock ends with its process."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "environment.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fingerprint(lock: Path) -> str:
    return f"{sys.base_prefix} {sys.version} {hashlib.sha256(lock.read_bytes()).hexdigest()}"


def _is_made_from(runtime: Path, wanted: str) -> bool:
    stamp = runtime / STAMP
    return stamp.is_file() and stamp.read_text("utf-8") == wanted and _python_of(runtime).exists()


def _make(libraries: Path, runtime: Path, lock: Path) -> None:
    try:
        venv.create(runtime, clear=True, with_pip=False, symlinks=os.name != "nt")
        venv.create(libraries, clear=True, with_pip=True, symlinks=os.name != "nt")
        command = [str(_python_of(libraries)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        command += ["--no-deps", "--require-hashes", "--requirement", str(lock)]
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        detail = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
        raise LocalError(
            f"cannot install the embedded AWS: {detail[-1] if detail else error}; check the network and run it again"
        ) from error


def _python_of(environment: Path) -> Path:
    return environment / "bin" / "python"


def _site_packages_of(environment: Path) -> Path:
    return environment / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
