"""Reads a hashed lock file and keeps what a target needs of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.zips.layout import BuildError


@dataclass(frozen=True, slots=True)
class Pin:
    """One locked distribution: its requirement with the marker, and its hashes as written."""

    requirement: Requirement
    hashes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The distribution's normalised name."""
        return canonicalize_name(self.requirement.name)

    def to_line(self) -> str:
        """The pin as pip reads it, without its marker."""
        options = " ".join(f"--hash={digest}" for digest in self.hashes)
        return f"{self.requirement.name}{self.requirement.specifier} {options}"


def parse_lock(path: Path) -> tuple[Pin, ...]:
    """All pins of a lock file. Raises BuildError for a pin without a hash or without an exact version."""
    joined = path.read_text("utf-8").replace("\\\n", " ")
    pins = []
    for line in joined.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        text, *hashes = line.split("--hash=")
        pin = Pin(Requirement(text.strip()), tuple(digest.strip() for digest in hashes))
        if not pin.hashes or not str(pin.requirement.specifier).startswith("=="):
            raise BuildError(f"{path}: {pin.name} is not pinned with a hash; run make lock")
        pins.append(pin)
    return tuple(pins)


def pins_for(pins: tuple[Pin, ...], environment: dict[str, str]) -> tuple[Pin, ...]:
    """The pins whose markers hold in `environment`."""
    return tuple(pin for pin in pins if pin.requirement.marker is None or pin.requirement.marker.evaluate(environment))
