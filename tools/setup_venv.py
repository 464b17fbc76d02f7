"""Makes the developer's environment: `.venv` with the locked tools and this repository's packages, editable.

Standard library only: it runs under the system's Python. Safe to run again at any time; a run that was cut short is
noticed by its marker and started afresh, a run with nothing to do takes no time.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
STAMP = VENV / "setup.stamp"
UNFINISHED = VENV / "setup.unfinished"
LOCK = ROOT / "requirements-dev.lock"
FREE_DISK_MB_NEEDED = 1500
PACKAGES = tuple(
    sorted(
        str(path.parent.relative_to(ROOT))
        for kind in ("packages", "services")
        for path in (ROOT / kind).glob("*/pyproject.toml")
    )
)


class SetupError(Exception):
    """Setup cannot go on; the message is one line that says what to do."""


def digest_of(paths: list[Path]) -> str:
    """SHA-256 over the files' contents and the running Python's version, hexadecimal."""
    total = hashlib.sha256(sys.version.encode())
    for path in paths:
        total.update(path.read_bytes())
    return total.hexdigest()


def require_disk_space(folder: Path, needed_mb: int) -> None:
    """Raises SetupError when fewer than `needed_mb` megabytes are free where `folder` lies."""
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    if free_mb < needed_mb:
        raise SetupError(
            f"{free_mb} MB free in {folder}, {needed_mb} MB needed; free some space and run make setup again"
        )


def read_stamp() -> tuple[str, str]:
    """Digests of the lock and of the packages' metadata as last installed; empty where none is."""
    if UNFINISHED.exists() or not STAMP.exists():
        return "", ""
    lock_digest, _, packages_digest = STAMP.read_text("utf-8").strip().partition(" ")
    return lock_digest, packages_digest


def make_venv() -> None:
    """Makes `.venv`, afresh if the one there is unfinished, cannot run pip or is another Python's.

    Raises SetupError when this Python came without the parts that make environments.
    """
    python = VENV / "bin/python"
    same_version = f"import pip, sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    if python.exists() and not UNFINISHED.exists() and _runs([str(python), "-c", same_version]):
        return
    say("1/3 making .venv")
    try:
        venv.EnvBuilder(clear=True, symlinks=True).create(VENV)
        UNFINISHED.touch()
        subprocess.run([str(python), "-m", "ensurepip", "--default-pip"], check=True, capture_output=True)
    except (subprocess.CalledProcessError, OSError) as error:
        raise SetupError(
            f"cannot make .venv with {sys.executable} ({error.__class__.__name__}); "
            "on Debian and Ubuntu: apt-get install python3-venv, then run make setup again"
        ) from error


def install_locked() -> None:
    """Installs the locked tools, hashes checked. Raises SetupError when pip fails."""
    UNFINISHED.touch()
    count = LOCK.read_text("utf-8").count("==")
    say(f"2/3 installing up to {count} locked distributions (a minute or two the first time)")
    # bytecode is made when a module is first imported: most of what is installed here never is
    _pip(["install", "--no-compile", "--require-hashes", "--no-deps", "--requirement", str(LOCK)])


def install_packages() -> None:
    """Installs this repository's packages so that edits count at once. Raises SetupError when pip fails."""
    UNFINISHED.touch()
    say("3/3 installing this repository's packages")
    editable = [part for folder in PACKAGES for part in ("--editable", str(ROOT / folder))]
    _pip(["install", "--no-deps", "--no-build-isolation", *editable])


def say(line: str) -> None:
    """Writes one line of progress to standard error."""
    sys.stderr.write(f"setup: {line}\n")
    sys.stderr.flush()


def main() -> int:
    """Brings `.venv` up to date; 0 when it is, 1 with one line saying what to do, 130 when interrupted."""
    lock_digest = digest_of([LOCK])
    packages_digest = digest_of([ROOT / folder / "pyproject.toml" for folder in PACKAGES])
    started = time.monotonic()
    try:
        installed = read_stamp()
        if installed != (lock_digest, packages_digest):
            require_disk_space(ROOT, int(os.environ.get("SETUP_MB_NEEDED", FREE_DISK_MB_NEEDED)))
            make_venv()
            if installed[0] != lock_digest:
                install_locked()
            install_packages()
            say(f"done in {time.monotonic() - started:.0f} s; the command is .venv/bin/rp-mw")
        STAMP.write_text(f"{lock_digest} {packages_digest}\n", "utf-8")
        UNFINISHED.unlink(missing_ok=True)
    except SetupError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("interrupted; run make setup again to start over")
        return 130
    return 0


def _pip(arguments: list[str]) -> None:
    command = [str(VENV / "bin/python"), "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    said: list[str] = []
    try:
        for line in process.stdout:
            said.append(line)
            for note in _notes(line, len(said)):
                say(note)
        code = process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise
    if code:
        sys.stderr.write("".join(said[-15:]))
        raise SetupError("pip failed, its last lines are above; check the network and run make setup again")


def _notes(line: str, position: int) -> Iterator[str]:
    if line.startswith("Collecting ") and position % 40 == 1:
        yield f"    … {line.split()[1].partition('==')[0]}"
    elif line.startswith("Installing collected"):
        yield "    … all fetched, unpacking"


def _runs(command: list[str]) -> bool:
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


if __name__ == "__main__":
    raise SystemExit(main())
