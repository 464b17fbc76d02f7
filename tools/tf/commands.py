"""The plain commands of docs/deploy.md, in a copy of the tree: begin, apply and plan one stack in one environment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from tools.release.terraform import DeployError, Stack
from tools.tf.environments import ENVIRONMENTS
from tools.tf.workspace import ROOT, Outcome, Workspace
from tools.topology import service_names

SERVICES = tuple(reversed(service_names(ROOT)))  # against the data flow: any order must do
STACKS = ("foundation", *SERVICES)
FIRST = ENVIRONMENTS[0]


def plain(workspace: Workspace, stack: str, *arguments: str, env: Mapping[str, str] | None = None) -> Outcome:
    """Run `terraform -chdir=terraform/stacks/<stack> …` at the copy's top, as the page says."""
    return workspace.run("terraform", f"-chdir=terraform/stacks/{stack}", *arguments, where=".", env=dict(env or {}))


def of_environment(environment: str) -> dict[str, str]:
    """What a second environment in the same checkout needs: a data folder of its own. The first one needs nothing."""
    if environment == FIRST:
        return {}
    folder = f".terraform-{environment}"
    return {"TF_DATA_DIR": folder, "TF_VAR_data_folder": folder}


def begin(workspace: Workspace, stack: str, environment: str) -> Outcome:
    """The first two of the three commands."""
    backend = f"-backend-config=../../environments/{environment}/backend.s3.tfbackend"
    env = of_environment(environment)
    initialised = plain(workspace, stack, "init", backend, env=env)
    if not initialised.ok:
        return initialised
    return plain(workspace, stack, "workspace", "select", "-or-create", environment, env=env)


def apply(workspace: Workspace, stack: str, environment: str) -> Outcome:
    """The third; nobody is there to answer its question."""
    return plain(workspace, stack, "apply", "-auto-approve", env=of_environment(environment))


def plan(workspace: Workspace, stack: str, environment: str) -> Outcome:
    """Plan with the detailed exit code: 0 no change, 2 changes, 1 an error."""
    env = of_environment(environment)
    return plain(workspace, stack, "plan", "-detailed-exitcode", "-out=plan.bin", env=env)


def planned(workspace: Workspace, stack: str, environment: str) -> dict[str, object]:
    """What the last plan holds, as `terraform show -json` says it."""
    shown = plain(workspace, stack, "show", "-json", "plan.bin", env=of_environment(environment))
    content: dict[str, object] = json.loads(shown.text[shown.text.index("{") :])
    return content


@dataclass(frozen=True, slots=True)
class StackInCopy(Stack):
    """A stack as `make deploy` runs it, in the copy of a workspace: with no account, and never a real provider."""

    workspace: Workspace = field(kw_only=True)

    def run(self, *arguments: str) -> None:
        self.read(*arguments)

    def read(self, *arguments: str) -> str:
        folder = str(self.folder.relative_to(self.workspace.folder))
        outcome = self.workspace.run("terraform", *arguments, where=folder, env=self.data_folder)
        if not outcome.ok:
            raise DeployError(outcome.text)
        return outcome.text


def touched(content: Mapping[str, object]) -> set[str]:
    """Addresses of the resources a plan changes."""
    changes = content["resource_changes"]
    assert isinstance(changes, list)
    return {
        change["address"]
        for change in changes
        if change["mode"] == "managed" and change["change"]["actions"] != ["no-op"]
    }
