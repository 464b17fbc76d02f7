"""Where things are in a checkout of this repository. Nothing is created by asking."""

from __future__ import annotations

from pathlib import Path

from rp_mw_shared.errors import ConfigurationError


def repository_root() -> Path:
    """The checkout this package is installed from; raises ConfigurationError when it is installed without one."""
    root = Path(__file__).resolve().parents[5]
    if not (root / "config" / "topology.yaml").is_file():
        raise ConfigurationError(["rp-mw needs a checkout of the repository: install it with `make setup`"])
    return root


def topology_path() -> Path:
    """The one place for queue, table and function settings."""
    return repository_root() / "config" / "topology.yaml"


def state_dir() -> Path:
    """The folder that holds everything the local run leaves on disk; `make clean` removes it."""
    return repository_root() / ".local"
