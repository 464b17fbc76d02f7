"""What the tools read of config/topology.yaml as it stands in a tree, references and all."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def load_topology(root: Path) -> dict[str, Any]:
    """The file's content; `root` is a checkout or a scratch copy of one."""
    import yaml

    loaded: dict[str, Any] = yaml.safe_load((root / "config" / "topology.yaml").read_text("utf-8"))
    return loaded


def service_names(root: Path) -> tuple[str, ...]:
    """The services in the order of the data flow: the topology's functions."""
    return tuple(load_topology(root)["functions"])
