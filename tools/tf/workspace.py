"""Scratch copies of the Terraform tree, and the way Terraform gets its providers there.

Nothing is initialised in the checkout itself: a lock file or a `.terraform` folder made with the stand-in must never
be committed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
STAND_IN = ROOT.parent / "shared" / "terraform-offline" / "setup.sh"
# Even a real provider could do nothing with these and a loopback endpoint: no account's key, no file, no metadata.
NO_ACCOUNT = {
    "AWS_ACCESS_KEY_ID": "fake",
    "AWS_SECRET_ACCESS_KEY": "fake",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
_NO_PROVIDER_NEEDED = {"fmt", "init", "validate", "workspace", "show"}
_STAND_IN_PROGRAM = (b"#!/bin/sh", b"terraform-offline")


class TerraformMissingError(Exception):
    """Terraform, or a way to get its providers, is not here; the message says what to do."""


class StandInMissingError(TerraformMissingError):
    """Terraform is here, the provider stand-in is not."""


class RealProviderError(Exception):
    """A command would have used a provider that is not the stand-in; the message names it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one command did: exit code and everything it printed."""

    exit_code: int
    text: str

    @property
    def ok(self) -> bool:
        return self.exit_code == 0


@dataclass(slots=True)
class Workspace:
    """One scratch copy of `terraform/` and `config/`, with the environment its commands run in."""

    folder: Path
    providers: str
    aws_endpoint: str = "http://127.0.0.1:1"  # a closed port, or a store of states on loopback
    environment: dict[str, str] = field(default_factory=dict)
    has_stand_in: bool = True

    def run(
        self, *arguments: str, where: str = "terraform", seconds: int = 300, env: dict[str, str] | None = None
    ) -> Outcome:
        """Run one command in a folder of the copy; never raises on a failing exit code.

        Raises RealProviderError instead of running what would plan or apply with any provider but the stand-in. Tests
        that mock the provider ask it for its schema and nothing else: any provider does for them.
        """
        folder, command = _folder_and_command(self.folder / where, arguments)
        if command not in _NO_PROVIDER_NEEDED and not (command == "test" and is_mocked(folder)):
            _require_stand_in(folder, command)
        done = subprocess.run(
            arguments,
            cwd=self.folder / where,
            env=self.environment | (env or {}) | NO_ACCOUNT | {"AWS_ENDPOINT_URL": self.aws_endpoint},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return Outcome(done.returncode, done.stdout + done.stderr)

    def remove(self) -> None:
        """Delete the copy."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _folder_and_command(folder: Path, arguments: tuple[str, ...]) -> tuple[Path, str]:
    """Where Terraform works, and which of its commands it is told."""
    changed = [argument.removeprefix("-chdir=") for argument in arguments[1:2] if argument.startswith("-chdir=")]
    return (folder / changed[0], arguments[2]) if changed else (folder, arguments[1])


def is_mocked(folder: Path) -> bool:
    """Whether the folder has tests, and every file of them mocks the provider and configures none."""
    import hcl2

    files = [*folder.glob("*.tftest.hcl"), *folder.glob("tests/*.tftest.hcl")]
    parsed = [hcl2.loads(file.read_text("utf-8")) for file in files]
    return bool(parsed) and all(_mocks_aws(one) for one in parsed)


def _mocks_aws(parsed: Mapping[str, Any]) -> bool:
    mocked = {label.strip('"') for block in parsed.get("mock_provider", []) for label in block}
    return "aws" in mocked and not parsed.get("provider")


def _installed_providers(folder: Path) -> Iterator[Path]:
    for data_folder in folder.glob(".terraform*"):
        for parent, _, names in os.walk(data_folder / "providers", followlinks=True):  # a mirror's are links
            yield from (Path(parent) / name for name in names if name.startswith("terraform-provider-"))


def _require_stand_in(folder: Path, command: str) -> None:
    for program in _installed_providers(folder):
        with program.open("rb") as file:
            beginning = file.read(200)
        if not all(mark in beginning for mark in _STAND_IN_PROGRAM):
            raise RealProviderError(
                f"terraform {command} would use {program.name}, which is not the stand-in: these checks never plan or "
                "apply with a real provider (`make plan` and `make deploy` do)"
            )


def _copy_tree() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="rp-mw-tf-"))
    ignore = shutil.ignore_patterns(".terraform", ".terraform-*", ".terraform.lock.hcl", "*.tfstate*")
    for name in ("terraform", "config"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    return folder


def _base_environment() -> dict[str, str]:
    """What a call gets from the shell: nothing that chooses an account, providers or further arguments."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return kept | {
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
        "TF_CLI_ARGS": "-no-color",
        "AWS_REGION": "us-east-2",
        "CHECKPOINT_DISABLE": "1",
    }


def stand_in_environment() -> dict[str, str]:
    """Set the provider stand-in up and return the environment that selects it."""
    environment = _base_environment()
    with tempfile.NamedTemporaryFile(prefix="rp-mw-", suffix=".tfrc", delete=False) as configuration:
        path = configuration.name
    done = subprocess.run(["sh", str(STAND_IN), path], env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise TerraformMissingError(f"the provider stand-in could not be set up: {done.stderr.strip()[-300:]}")
    return environment | {"TF_CLI_CONFIG_FILE": path}


def require_program() -> None:
    """Raise TerraformMissingError unless Terraform is here."""
    if shutil.which("terraform") is None:
        raise TerraformMissingError("terraform is not on PATH: install Terraform 1.11 or later")


def require_terraform() -> None:
    """Raise TerraformMissingError unless Terraform and the provider stand-in are here."""
    require_program()
    if not STAND_IN.exists():
        raise StandInMissingError(
            "the provider stand-in (shared/terraform-offline) is not beside the checkout, and with the real provider "
            "these checks would plan and apply in an account: they never do"
        )


def open_workspace() -> Workspace:
    """Make a scratch copy in which Terraform finds the provider stand-in, and no registry.

    Raises TerraformMissingError when there is no Terraform, and StandInMissingError when there is no stand-in: with the
    real provider the applies of these checks would be made in the account somebody is logged in to.
    """
    require_terraform()
    environment = stand_in_environment()
    providers = "the offline stand-in (real schemas, simulated values)"
    return Workspace(_copy_tree(), providers, environment=environment)


def open_without_stand_in() -> Workspace:
    """Make a scratch copy in which Terraform gets the real provider, for what needs its schema and no account.

    Raises TerraformMissingError when there is no Terraform. Each package is downloaded once, into a cache in the copy.
    """
    require_program()
    folder = _copy_tree()
    cache = folder / "plugins"
    cache.mkdir()
    # without a lock file, which the copy has none of, Terraform would pass the cache over
    cached = {"TF_PLUGIN_CACHE_DIR": str(cache), "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE": "true"}
    providers = "wherever Terraform finds them (real schemas; nothing is planned or applied)"
    return Workspace(folder, providers, environment=_base_environment() | cached, has_stand_in=False)
