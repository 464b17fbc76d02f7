"""Where the build finds a service and where it puts what it makes."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import yaml

from tools.topology import load_topology

OURS = "rp_mw_"
# What a role allows although the code does not call it: Lambda polls the queue with the function's role.
POLLED_BY_LAMBDA = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
CONSUMER_LEAVES_OUT = (
    "rp_mw_shared/environments",  # what the tools know of an environment
    "rp_mw_shared/flags",  # flags are the worker's
    "aws_lambda_powertools/event_handler",  # Powertools' HTTP routers: only its Logger and Metrics run here
    "aws_lambda_powertools/metrics/provider/datadog",
    "aws_lambda_powertools/utilities/[!_j]*",  # all but the package itself and jmespath_utils, of the Logger
    "dateutil/rrule.py",  # recurrence rules
    "dateutil/zoneinfo",  # a second time zone database; the SDK reads UTC and offsets only
    "urllib3/contrib/emscripten",  # for browsers
    "phonenumbers/carrierdata",  # names of phone companies
    "phonenumbers/geodata",  # names of places
    "phonenumbers/tzdata",  # time zones by number
)


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
        """The hashed third-party requirements: the service's own, or the shared ones of a plain consumer."""
        own = self.folder / "requirements.lock"
        return own if own.is_file() else self.shared_source.parent / "consumer-requirements.lock"

    @property
    def contents(self) -> ZipContents:
        """What zip.yaml says the service uses; without that file, what the topology permits a plain consumer.

        Raises BuildError when the file is malformed, or missing and the permissions do not tell.
        """
        path = self.folder / "zip.yaml"
        if not path.is_file():
            return ZipContents(self._permitted_operations(), CONSUMER_LEAVES_OUT)
        raw = yaml.safe_load(path.read_text("utf-8"))
        try:
            operations = {str(service): tuple(map(str, names)) for service, names in raw["aws_operations"].items()}
            left_out, policies = (tuple(map(str, raw.get(key) or ())) for key in ("leave_out", "policies"))
            return ZipContents(operations, left_out, policies)
        except (AttributeError, KeyError, TypeError) as error:
            raise BuildError(f"{path}: aws_operations maps a service to a list of operations") from error

    def _permitted_operations(self) -> dict[str, tuple[str, ...]]:
        functions = load_topology(self.folder.parents[1])["functions"]
        if self.name not in functions:
            raise BuildError(f"services/{self.name} has no zip.yaml and the topology has no function {self.name}")
        found: dict[str, list[str]] = {}
        for action in {action for entry in functions[self.name]["permissions"] for action in entry["actions"]}:
            service, _, operation = action.partition(":")
            if operation.startswith("PartiQL"):
                raise BuildError(f"{action} names no operation: list them in services/{self.name}/zip.yaml")
            if action not in POLLED_BY_LAMBDA:
                found.setdefault(service, []).append(operation)
        return {service: tuple(sorted(names)) for service, names in sorted(found.items())}

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
