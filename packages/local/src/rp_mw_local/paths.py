"""Where things are in a checkout of this repository. Nothing is created by asking."""

from __future__ import annotations

from pathlib import Path

from rp_mw_local.errors import LocalError


def repository_root() -> Path:
    """The checkout this package is installed from; raises LocalError when it is installed without one."""
    root = Path(__file__).resolve().parents[4]
    if not (root / "config" / "topology.yaml").is_file():
        raise LocalError("rp-mw local needs a checkout of the repository: install it with `make setup`")
    return root


def state_dir() -> Path:
    """The folder that holds everything the local run leaves on disk; `make clean` removes it."""
    return repository_root() / ".local"


def topology_path() -> Path:
    """The one place for queue, table and function settings."""
    return repository_root() / "config" / "topology.yaml"


def dist_dir() -> Path:
    """Where the built zips are."""
    return repository_root() / "dist"
