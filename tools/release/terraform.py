"""Runs Terraform for one stack of one environment, the way docs/deploy.md tells a person to.

Each environment has a data folder of its own in a stack's folder (`.terraform-dev`), so that changing between them, or
two terminals, need no second thought. A deploy plans to a file, reads it, and applies that very file.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.topology import service_names

ROOT = Path(__file__).resolve().parents[2]
FOUNDATION = "foundation"
SERVICES = service_names(ROOT)
STACKS = (FOUNDATION, *SERVICES)
ENVIRONMENTS = ("dev", "staging", "prod")
LOCK_TIMEOUT = "-lock-timeout=15m"  # a second deploy of the stack waits for the first


class DeployError(Exception):
    """The deployment stops here; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan in a file, and what Terraform says is in it (`terraform show -json`)."""

    path: Path
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stack:
    """One stack in one environment; `root` is the checkout."""

    name: str
    environment: str
    root: Path = ROOT

    @property
    def folder(self) -> Path:
        return self.root / "terraform" / "stacks" / self.name

    @property
    def data_folder(self) -> dict[str, str]:
        """The environment's own data folder, said to the configuration too, which looks into it."""
        folder = f".terraform-{self.environment}"
        return {"TF_DATA_DIR": folder, "TF_VAR_data_folder": folder}

    @property
    def variables(self) -> dict[str, str]:
        """The environment of every call."""
        kept = {name: value for name, value in os.environ.items() if name != "TF_WORKSPACE"}
        return kept | self.data_folder | {"TF_IN_AUTOMATION": "1"}

    def run(self, *arguments: str) -> None:
        """Run Terraform in the stack's folder, showing its output; raises DeployError when it fails."""
        done = subprocess.run(["terraform", *arguments], cwd=self.folder, env=self.variables, check=False)
        if done.returncode != 0:
            raise DeployError(
                f"terraform {arguments[0]} of {self.name} in {self.environment} failed: see its message above"
            )

    def read(self, *arguments: str) -> str:
        """What Terraform prints; raises DeployError when it fails."""
        done = subprocess.run(
            ["terraform", *arguments], cwd=self.folder, env=self.variables, check=False, capture_output=True, text=True
        )
        if done.returncode != 0:
            raise DeployError(f"terraform {arguments[0]} of {self.name} in {self.environment}: {done.stderr.strip()}")
        return done.stdout

    def select(self) -> None:
        """Initialise the stack against the environment's state and select its workspace."""
        exported = os.environ.get("TF_WORKSPACE")
        if exported is not None and exported != self.environment:
            raise DeployError(
                f"TF_WORKSPACE is exported and says {exported}, but {self.environment} is to be deployed: unset it"
            )
        backend = f"-backend-config=../../environments/{self.environment}/backend.s3.tfbackend"
        self.run("init", "-input=false", "-reconfigure", backend)
        self.run("workspace", "select", "-or-create", self.environment)

    @contextmanager
    def planned(self) -> Iterator[SavedPlan]:
        """Plan to a new file and read it; the file is gone afterwards, so that no later deploy can apply it."""
        with tempfile.TemporaryDirectory(prefix="rp-mw-plan-") as folder:
            path = Path(folder) / "plan"
            self.run("plan", "-input=false", LOCK_TIMEOUT, f"-out={path}")
            yield SavedPlan(path, json.loads(self.read("show", "-json", str(path))))

    def apply(self, plan: SavedPlan) -> None:
        """Apply the plan that was read. A plan keeps its store but not its workspace: that is looked at again."""
        selected = self.read("workspace", "show").strip()
        if selected != self.environment:
            raise DeployError(f"the workspace is {selected} now, the plan was made for {self.environment}: plan again")
        self.run("apply", "-input=false", LOCK_TIMEOUT, str(plan.path))

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs by name."""
        return {name: entry["value"] for name, entry in json.loads(self.read("output", "-json")).items()}
