"""Where the build finds a service and where it puts what it makes."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import yaml

OURS = "rp_mw_"


class BuildError(Exception):
    """The build cannot go on; the message is one line that says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A checkout: `root` holds services/ and packages/shared."""

    root: Path

    def service(self, name: str) -> Service:
        """The service called `name`. Raises BuildError when there is none."""
        folder = self.root / "services" / name
        if not (folder / "pyproject.toml").is_file():
            raise BuildError(f"no service {name!r}; there are: {', '.join(self.service_names())}")
        return Service(name, folder, self.root / "packages/shared/src")

    def service_names(self) -> tuple[str, ...]:
        """Names of all services, sorted."""
        return tuple(sorted(path.parent.name for path in (self.root / "services").glob("*/pyproject.toml")))

    @property
    def cache_dir(self) -> Path:
        """What a second build does not make again."""
        return self.root / "build"

    @property
    def dist_dir(self) -> Path:
        """Where finished zips go."""
        return self.root / "dist"


@dataclass(frozen=True, slots=True)
class Service:
    """One deployable and the files its zip is made of."""

    name: str
    folder: Path
    shared_source: Path

    @property
    def module(self) -> str:
        """The service's top-level package."""
        return f"rp_mw_{self.name}"

    @property
    def version(self) -> str:
        """The version in the service's pyproject.toml."""
        return str(tomllib.loads((self.folder / "pyproject.toml").read_text("utf-8"))["project"]["version"])

    @property
    def lock(self) -> Path:
        """The hashed third-party requirements."""
        return self.folder / "requirements.lock"

    @property
    def contents(self) -> ZipContents:
        """What zip.yaml says the service uses. Raises BuildError when the file is missing or malformed."""
        path = self.folder / "zip.yaml"
        if not path.is_file():
            raise BuildError(f"{path} is missing: it lists the AWS operations the service uses")
        raw = yaml.safe_load(path.read_text("utf-8"))
        try:
            operations = {str(service): tuple(map(str, names)) for service, names in raw["aws_operations"].items()}
            left_out, policies = (tuple(map(str, raw.get(key) or ())) for key in ("leave_out", "policies"))
            return ZipContents(operations, left_out, policies)
        except (AttributeError, KeyError, TypeError) as error:
            raise BuildError(f"{path}: aws_operations maps a service to a list of operations") from error

    def source_files(self) -> list[tuple[str, Path]]:
        """(name in the zip, file) of the service's own code and the shared code, sorted; no caches, no stubs.

        Raises BuildError for a `leave_out` path of ours that is not there.
        """
        found = []
        left_out = self.contents.own_left_out(self.shared_source)
        for source in (self.folder / "src", self.shared_source):
            for path in source.rglob("*"):
                name = path.relative_to(source)
                unwanted = any(name.is_relative_to(other) for other in left_out)
                if path.is_file() and _belongs_in_zip(name) and not unwanted:
                    found.append((name.as_posix(), path))
        return sorted(found)


@dataclass(frozen=True, slots=True)
class ZipContents:
    """`aws_operations` by botocore service name; `leave_out` are paths in the zip the service never imports.

    `policies` are folders of YAML rules that the build checks and compiles to JSON, which loads faster.
    """

    aws_operations: dict[str, tuple[str, ...]]
    leave_out: tuple[str, ...]
    policies: tuple[str, ...] = ()

    def own_left_out(self, shared_source: Path) -> tuple[str, ...]:
        """The `leave_out` paths that lie in the shared code. Raises BuildError for one that is not there."""
        names = tuple(name for name in self.leave_out if name.startswith(OURS))
        for name in names:
            if not (shared_source / name).exists():
                raise BuildError(f"zip.yaml leaves out {name!r}, which is not in the shared code")
        return names

    @property
    def dependencies_left_out(self) -> tuple[str, ...]:
        """The `leave_out` paths that lie in dependencies."""
        return tuple(name for name in self.leave_out if not name.startswith(OURS))


def _belongs_in_zip(name: Path) -> bool:
    unwanted = any(part == "__pycache__" or part.endswith(".egg-info") for part in name.parts)
    return not unwanted and name.suffix not in {".pyc", ".pyi"} and name.name != "py.typed"
