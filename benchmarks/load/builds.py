"""The builds that are measured: this checkout's, and an earlier revision's from a worktree of its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from rp_mw_local.zips import build_zips
from rp_mw_shared.environments.checkout import repository_root, topology_path
from rp_mw_shared.environments.topology import load_topology
from tools.zips.layout import BuildError


@dataclass(frozen=True, slots=True)
class Build:
    """One build: the zip of each function and the topology it is deployed by."""

    name: str
    zips: Mapping[str, Path]
    topology: Path


def this_build() -> Build:
    """This checkout, as it lies there. Raises LocalError when it cannot be built."""
    return Build("this build", build_zips(), topology_path())


@contextlib.contextmanager
def build_of(revision: str) -> Iterator[Build]:
    """Build a revision in a worktree that is removed afterwards. Raises BuildError when it cannot be made."""
    root = repository_root()
    if _git(root, "cat-file", "-t", revision) != "commit":
        raise BuildError(f"{revision} is no commit of this repository: fetch it, or choose another with --baseline")
    with tempfile.TemporaryDirectory(prefix="rp-mw-baseline-") as folder:
        tree = Path(folder) / "tree"
        _git(root, "worktree", "add", "--detach", "--quiet", str(tree), revision)
        try:
            yield Build(revision, _build_in(tree), _readable_topology(tree / "config" / "topology.yaml"))
        finally:
            _git(root, "worktree", "remove", "--force", str(tree))


def _build_in(tree: Path) -> dict[str, Path]:
    # the build asks the installed packages what a policy looks like: they must be that revision's own
    sources = [str(folder) for pattern in ("packages/*/src", "services/*/src") for folder in sorted(tree.glob(pattern))]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sources)}
    command = [sys.executable, "-m", "tools.build_zip", "--target", "local", *load_topology("local").functions]
    built = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    if built.returncode:
        raise BuildError(f"the baseline cannot be built: {built.stderr.strip().splitlines()[-1:]}")
    paths = [tree / line.split()[0] for line in built.stdout.splitlines()]
    return {path.name.partition("-")[0]: path for path in paths}


def checked_out() -> str:
    """The commit of this checkout, short."""
    return _git(repository_root(), "rev-parse", "--short", "HEAD")


def _readable_topology(path: Path) -> Path:
    """What that revision does not say is deployed as today: flags it does not know, the path of the erasures."""
    today, then = (yaml.safe_load(one.read_text("utf-8")) for one in (topology_path(), path))
    then["flags"]["declared"] = today["flags"]["declared"]
    path.write_text(yaml.safe_dump(today | then, sort_keys=False), "utf-8")
    return path


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout.strip()
