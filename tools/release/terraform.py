"""Runs Terraform for one stack of one environment, the way docs/deploy.md tells a person to."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.topology import service_names

ROOT = Path(__file__).resolve().parents[2]
STACKS = ("foundation", *service_names(ROOT))
ENVIRONMENTS = ("dev", "staging", "prod")


class DeployError(Exception):
    """The deployment stops here; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Stack:
    """One stack in one environment."""

    name: str
    environment: str

    @property
    def folder(self) -> Path:
        return ROOT / "terraform" / "stacks" / self.name

    @property
    def var_files(self) -> list[str]:
        folder = ROOT / "terraform" / "environments" / self.environment
        files = [folder / f"{name}.tfvars" for name in ("common", self.name)]
        # a stack written by `make generate` has nothing of its own to choose per environment
        return [f"-var-file={path}" for path in files if path.is_file()]

    def run(self, *arguments: str) -> None:
        """Run Terraform in the stack's folder, showing its output; raises DeployError when it fails."""
        if subprocess.run(["terraform", *arguments], cwd=self.folder, check=False).returncode != 0:
            raise DeployError(
                f"terraform {arguments[0]} of {self.name} in {self.environment} failed: see its message above"
            )

    def select(self) -> None:
        """Initialise the stack against the environment's state and select its workspace."""
        backend = ROOT / "terraform" / "environments" / self.environment / "backend.s3.tfbackend"
        self.run("init", "-input=false", "-reconfigure", f"-backend-config={backend}")
        self.run("workspace", "select", "-or-create", self.environment)

    def plan(self, variables: Sequence[str]) -> None:
        self.run("plan", "-input=false", *self.var_files, *variables)

    def apply(self, variables: Sequence[str]) -> None:
        self.run("apply", "-input=false", "-auto-approve", *self.var_files, *variables)

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs by name."""
        shown = subprocess.run(
            ["terraform", "output", "-json"], cwd=self.folder, check=True, capture_output=True, text=True
        )
        return {name: entry["value"] for name, entry in json.loads(shown.stdout).items()}
