"""The life of an environment, with real plans and applies: what a person would do, and what must be refused.

In each workspace: the foundation, then the services in any order; a second plan is empty; a new worker version touches
the worker alone; the foundation cannot be destroyed; a workspace and the tfvars of another one do not go together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from tools.tf.checks import Check
from tools.tf.workspace import ROOT, Outcome, Workspace
from tools.topology import service_names

SERVICES = tuple(reversed(service_names(ROOT)))  # against the data flow: any order must do
ACCOUNT = "123456789012"
HASHES = {
    "0.1.0": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    "0.2.0": "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=",
}
WORKER_BUMP = {
    "module.service.aws_lambda_function.this",
    "module.service.aws_lambda_alias.live",
}


def _stack(name: str) -> str:
    return f"terraform/stacks/{name}"


def prepare(workspace: Workspace) -> None:
    """Give every stack a local state instead of S3, and initialise it."""
    for name in ("foundation", *SERVICES):
        folder = workspace.folder / _stack(name)
        (folder / "backend_override.tf").write_text('terraform {\n  backend "local" {}\n}\n')
        outcome = workspace.run("terraform", "init", "-reconfigure", where=_stack(name))
        if not outcome.ok:
            raise RuntimeError(f"terraform init of {name} failed: {outcome.text[-2000:]}")


def select(workspace: Workspace, stack: str, environment: str) -> None:
    workspace.run("terraform", "workspace", "select", "-or-create", environment, where=_stack(stack))


def arguments(stack: str, environment: str, version: str = "0.1.0") -> list[str]:
    """The arguments `make deploy` passes, with an account the stand-in answers for."""
    files = [f"-var-file=../../environments/{environment}/{name}.tfvars" for name in ("common", stack)]
    release = (
        []
        if stack == "foundation"
        else [f"-var=release_version={version}", f"-var=package_sha256_base64={HASHES[version]}"]
    )
    return [*files, f'-var=account_ids=["{ACCOUNT}"]', *release]


def apply(workspace: Workspace, stack: str, environment: str, version: str = "0.1.0") -> Outcome:
    select(workspace, stack, environment)
    return workspace.run(
        "terraform", "apply", "-auto-approve", *arguments(stack, environment, version), where=_stack(stack)
    )


def plan(workspace: Workspace, stack: str, environment: str, version: str = "0.1.0") -> Outcome:
    """Plan with the detailed exit code: 0 no change, 2 changes, 1 an error."""
    select(workspace, stack, environment)
    return workspace.run(
        "terraform",
        "plan",
        "-detailed-exitcode",
        "-out=plan.bin",
        *arguments(stack, environment, version),
        where=_stack(stack),
    )


def touched(workspace: Workspace, stack: str) -> set[str]:
    """Addresses of the resources the last plan changes."""
    shown = workspace.run("terraform", "show", "-json", "plan.bin", where=_stack(stack))
    changes = json.loads(shown.text[shown.text.index("{") :])["resource_changes"]
    return {
        change["address"]
        for change in changes
        if change["mode"] == "managed" and change["change"]["actions"] != ["no-op"]
    }


def _said(outcome: Outcome, words: str) -> bool:
    """Whether the output holds the words, however Terraform wrapped its lines."""
    flat = re.sub(r"[\s│]+", " ", outcome.text)
    return words in flat


def check_environment(workspace: Workspace, environment: str) -> Iterator[Check]:
    """Apply everything in one workspace and plan it again."""
    for stack in ("foundation", *SERVICES):
        outcome = apply(workspace, stack, environment)
        yield Check(f"{environment}: {stack} applies", outcome.ok, outcome.text[-3000:])
    for stack in ("foundation", *SERVICES):
        outcome = plan(workspace, stack, environment)
        yield Check(f"{environment}: a second plan of {stack} is empty", outcome.exit_code == 0, outcome.text[-3000:])


def check_bump(workspace: Workspace, environment: str) -> Iterator[Check]:
    """A new worker version changes the worker's function, version and alias, and nothing anywhere else."""
    outcome = plan(workspace, "worker", environment, "0.2.0")
    changed = touched(workspace, "worker") if outcome.exit_code == 2 else set()
    within = bool(changed) and changed <= WORKER_BUMP
    yield Check("a worker version touches the worker's function and alias only", within, f"touched: {sorted(changed)}")
    applied = apply(workspace, "worker", environment, "0.2.0")
    yield Check("the new worker version applies", applied.ok, applied.text[-3000:])
    for stack in ("foundation", *(name for name in SERVICES if name != "worker")):
        outcome = plan(workspace, stack, environment)
        yield Check(f"the new worker version plans no change in {stack}", outcome.exit_code == 0, outcome.text[-3000:])


def check_refusals(workspace: Workspace, environment: str) -> Iterator[Check]:
    """What must not be possible is refused, with words that say why."""
    select(workspace, "foundation", environment)
    destroyed = workspace.run(
        "terraform", "destroy", "-auto-approve", *arguments("foundation", environment), where=_stack("foundation")
    )
    refused = not destroyed.ok and _said(destroyed, "prevent_destroy")
    yield Check("destroying the foundation is refused", refused, destroyed.text[-2000:])
    other = "staging" if environment != "staging" else "prod"
    mixed = workspace.run("terraform", "plan", *arguments("worker", other), where=_stack("worker"))
    yield Check(
        "tfvars of another environment are refused",
        not mixed.ok and _said(mixed, "select the workspace"),
        mixed.text[-2000:],
    )


def check_lifecycle(
    workspace: Workspace, report: Callable[[Check], None], environments: tuple[str, ...]
) -> list[Check]:
    """Run the whole life of the named environments; the first also sees a new version and the refusals."""
    prepare(workspace)
    results = []
    for environment in environments:
        steps = [check_environment(workspace, environment)]
        if environment == environments[0]:
            steps += [check_bump(workspace, environment), check_refusals(workspace, environment)]
        for step in steps:
            for check in step:
                report(check)
                results.append(check)
    return results
