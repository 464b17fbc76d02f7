"""Scratch copies of the Terraform tree, and the way Terraform gets its providers there.

Nothing is initialised in the checkout itself: a lock file or a `.terraform` folder made with the stand-in must never
be committed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STAND_IN = ROOT.parent / "shared" / "terraform-offline" / "setup.sh"
INIT_SECONDS = 120


class TerraformMissingError(Exception):
    """Terraform, or a way to get its providers, is not here; the message says what to do."""


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
    environment: dict[str, str] = field(default_factory=dict)

    def run(
        self, *arguments: str, where: str = "terraform", seconds: int = 300, env: dict[str, str] | None = None
    ) -> Outcome:
        """Run one command in a folder of the copy; never raises on a failing exit code."""
        done = subprocess.run(
            arguments,
            cwd=self.folder / where,
            env=self.environment | (env or {}),
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


def _copy_tree() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="rp-mw-tf-"))
    ignore = shutil.ignore_patterns(".terraform", ".terraform.lock.hcl", "*.tfstate*")
    for name in ("terraform", "config"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    return folder


def _base_environment(cache: Path) -> dict[str, str]:
    kept = {
        name: os.environ[name]
        for name in ("PATH", "HOME", "LANG", "TMPDIR", "TF_CLI_CONFIG_FILE")
        if name in os.environ
    }
    return kept | {
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
        "TF_CLI_ARGS": "-no-color",
        "AWS_REGION": "us-east-2",
        "CHECKPOINT_DISABLE": "1",
        "TF_PLUGIN_CACHE_DIR": str(cache),
    }


def _stand_in_environment(environment: dict[str, str]) -> dict[str, str]:
    """Set the provider stand-in up and return the environment that selects it."""
    with tempfile.NamedTemporaryFile(prefix="rp-mw-", suffix=".tfrc", delete=False) as configuration:
        path = configuration.name
    done = subprocess.run(["sh", str(STAND_IN), path], env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise TerraformMissingError(f"the provider stand-in could not be set up: {done.stderr.strip()[-300:]}")
    without_cache = {name: value for name, value in environment.items() if name != "TF_PLUGIN_CACHE_DIR"}
    return without_cache | {"TF_CLI_CONFIG_FILE": path}


def open_workspace() -> Workspace:
    """Make a scratch copy in which `terraform init` works: with the registry if it answers, else with the stand-in.

    Raises TerraformMissingError when there is no Terraform, or neither registry nor stand-in.
    """
    if shutil.which("terraform") is None:
        raise TerraformMissingError("terraform is not on PATH: install Terraform 1.10 or later")
    folder = _copy_tree()
    cache = folder / "plugins"
    cache.mkdir()
    workspace = Workspace(folder, "the provider registry", _base_environment(cache))
    if workspace.run("terraform", "init", "-backend=false", where="terraform/modules/secret", seconds=INIT_SECONDS).ok:
        return workspace
    if not STAND_IN.exists():
        workspace.remove()
        raise TerraformMissingError("no provider registry answers and there is no stand-in beside the checkout")
    workspace.providers = "the offline stand-in (real schemas, simulated values; no registry answers here)"
    workspace.environment = _stand_in_environment(workspace.environment)
    return workspace
