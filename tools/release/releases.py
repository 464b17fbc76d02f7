"""Which release of each service an environment runs: terraform/environments/<env>/releases.json, committed.

Written by `make release` (dev) and `make promote` (from one environment to the next), read by Terraform itself.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.release.terraform import ROOT, DeployError


@dataclass(frozen=True, slots=True)
class Release:
    """A service's version, and the base64 SHA-256 and commit of the zip it was built as; a running one tells no commit.

    Raises ValueError for what is no SHA-256 in base64.
    """

    version: str
    sha256_base64: str
    commit: str | None = None

    def __post_init__(self) -> None:
        digest = base64.b64decode(self.sha256_base64, validate=True)
        if len(digest) != 32 or base64.b64encode(digest).decode("ascii") != self.sha256_base64:
            raise ValueError(f"{self.sha256_base64!r} is no SHA-256 in base64")

    @property
    def sha256_hex(self) -> str:
        """The same digest as `sha256sum` prints it."""
        return base64.b64decode(self.sha256_base64).hex()


def path_of(environment: str, root: Path = ROOT) -> Path:
    """The environment's file."""
    return root / "terraform" / "environments" / environment / "releases.json"


def find_release(environment: str, service: str, root: Path = ROOT) -> Release | None:
    """What the environment's file names for a service, None where nothing."""
    path = path_of(environment, root)
    named = _load(path).get(service)
    try:
        return Release(**named) if named else None
    except (TypeError, ValueError) as error:
        raise DeployError(
            f"{path.name} of {environment} names no version of {service} with the SHA-256 of its zip ({error}): "
            f"{_how(environment)}"
        ) from error


def require_release(environment: str, service: str, root: Path = ROOT) -> Release:
    """The same; raises DeployError where nothing is named."""
    release = find_release(environment, service, root)
    if release is None:
        raise DeployError(f"{path_of(environment, root).name} of {environment} names no {service}: {_how(environment)}")
    return release


def record(environment: str, service: str, release: Release, root: Path = ROOT) -> Path:
    """Name the release in the environment's file, sorted by service; returns the file, which is to be committed."""
    path = path_of(environment, root)
    named = {"version": release.version, "sha256_base64": release.sha256_base64, "commit": release.commit}
    everything = _load(path) | {service: {key: value for key, value in named.items() if value is not None}}
    path.write_text(json.dumps(dict(sorted(everything.items())), indent=2) + "\n", "utf-8")
    return path


def _load(path: Path) -> dict[str, Any]:
    try:
        loaded = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    except json.JSONDecodeError as error:
        raise DeployError(f"{path.parent.name}/{path.name} is no JSON: {error}") from error
    if not isinstance(loaded, dict):
        raise DeployError(f"{path.parent.name}/{path.name} must hold one object: service to release")
    return loaded


def _how(environment: str) -> str:
    return "make release" if environment == "dev" else f"make promote FROM=dev ENV={environment}"
