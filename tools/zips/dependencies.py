"""Installs a service's locked dependencies into a folder, trimmed to what runs, once per lock and target."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from packaging.utils import canonicalize_name

from tools.zips import attribution, bytecode, sdk
from tools.zips.layout import BuildError, Repository, Service
from tools.zips.lockfile import Pin, parse_lock, pins_for
from tools.zips.target import Target

DROPPED_FOLDERS = frozenset({"__pycache__", "tests", "test", "bin"})
DROPPED_SUFFIXES = frozenset({".pyi", ".pyc", ".pyx", ".pxd", ".c", ".h"})
COMPILED_WHEEL = "Root-Is-Purelib: false"
DROPPED_NAMES = frozenset({"py.typed"})


def dependency_tree(repository: Repository, service: Service, target: Target) -> Path:
    """The folder with the service's trimmed and compiled dependencies, made now or by an earlier build.

    Raises BuildError when pip cannot install exactly what the lock says.
    """
    pins = pins_for(parse_lock(service.lock), target.marker_environment())
    kept = repository.cache_dir / "dependencies" / f"{service.name}-{_digest(service, pins, target)}"
    if not kept.is_dir():
        with scratch_folder(repository.cache_dir) as folder:
            install(pins, target, folder)
            trim(folder, service.contents.dependencies_left_out)
            if (folder / "botocore").is_dir():
                sdk.cut_sdk(folder / "botocore", service.contents.aws_operations)
            bytecode.compile_tree(folder, target)
            _publish(folder, kept)
    return kept


def install(pins: tuple[Pin, ...], target: Target, folder: Path) -> None:
    """Unpacks the pinned wheels into `folder`, hashes checked, nothing resolved. Raises BuildError when pip fails."""
    if not pins:
        return
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--no-compile", "--target", str(folder)]
    if not target.is_local:
        command += ["--implementation", "cp", "--python-version", target.python_version]
        command += [part for platform in target.platforms for part in ("--platform", platform)]
    with tempfile.TemporaryDirectory() as scratch:
        requirements = Path(scratch) / "requirements.txt"
        requirements.write_text("".join(f"{pin.to_line()}\n" for pin in pins), "utf-8")
        done = subprocess.run(
            [*command, "--requirement", str(requirements)], capture_output=True, text=True, check=False
        )
    if done.returncode:
        sys.stderr.write("".join(done.stderr.splitlines(keepends=True)[-10:]))
        raise BuildError(f"pip could not install the locked dependencies for {target.name}, see above")


def trim(root: Path, leave_out: tuple[str, ...]) -> None:
    """Removes what never runs: stubs, tests, scripts, packaging records, and the service's own `leave_out` patterns.

    Raises BuildError for a `leave_out` path that is not there, so that the list stays true.
    """
    for name in leave_out:
        found = sorted(root.glob(name))
        if not found:
            raise BuildError(f"zip.yaml leaves out {name!r}, which is not among the installed files")
        for path in found:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for folder in sorted(path for path in root.rglob("*") if path.is_dir()):
        if folder.exists() and (folder.name in DROPPED_FOLDERS or folder.name.endswith(".dist-info")):
            _keep_what_is_asked_for(root, folder) if folder.name.endswith(".dist-info") else shutil.rmtree(folder)
    for path in root.rglob("*"):
        if path.is_file() and (path.suffix in DROPPED_SUFFIXES or path.name in DROPPED_NAMES):
            path.unlink()


def compiled_distributions(root: Path) -> set[str]:
    """Normalised names of the trimmed distributions under `root` that hold compiled code."""
    folders = [path.parent for path in root.glob("*.dist-info/WHEEL")]
    return {canonicalize_name(folder.name.removesuffix(".dist-info").rpartition("-")[0]) for folder in folders}


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """A new folder under `parent`, removed at the end unless it was moved away."""
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".scratch-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def builder_digest() -> str:
    """SHA-256 over the builder's own code: a changed builder builds again."""
    total = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        total.update(path.read_bytes())
    return total.hexdigest()


def _digest(service: Service, pins: tuple[Pin, ...], target: Target) -> str:
    contents = service.contents
    described = [
        [pin.to_line() for pin in pins],
        contents.aws_operations,
        contents.dependencies_left_out,
        target.key,
        builder_digest(),
    ]
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()[:24]


def _keep_what_is_asked_for(root: Path, folder: Path) -> None:
    """Metadata readers ask for name and version, the law for licences; records of the build stay in the wheel."""
    attribution.keep_licences(root, folder)
    metadata = attribution.kept_metadata((folder / "METADATA").read_text("utf-8"))
    compiled = COMPILED_WHEEL in (folder / "WHEEL").read_text("utf-8")
    shutil.rmtree(folder)
    folder.mkdir()
    if compiled:
        (folder / "WHEEL").write_text(f"{COMPILED_WHEEL}\n", "utf-8")
    (folder / "METADATA").write_text(metadata, "utf-8")


def _publish(folder: Path, kept: Path) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.rename(kept)
    except OSError:
        # another build of the same inputs was quicker; its folder holds the same files
        if not kept.is_dir():
            raise
