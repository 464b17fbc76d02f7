"""The life of three environments, by the plain commands of docs/deploy.md, word for word, with their states in S3.

In a fresh checkout: init, workspace select, apply, for every stack and workspace; a second plan is empty; going back to
the first one just works; a new release touches its service alone; what must not happen is refused, in words.
The provider is the stand-in, the S3 of the states is the embedded AWS.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from tools.release.deletions import find_deletions
from tools.release.releases import Release, record
from tools.tf.checks import Check
from tools.tf.environments import ENVIRONMENTS, PLACEHOLDERS, fill_in, state_buckets
from tools.tf.workspace import ROOT, Outcome, Workspace
from tools.topology import service_names

SERVICES = tuple(reversed(service_names(ROOT)))  # against the data flow: any order must do
STACKS = ("foundation", *SERVICES)
FIRST = ENVIRONMENTS[0]
RELEASED = "module.resources.module.service"
WORKER_RELEASE = {
    f"{RELEASED}.aws_lambda_function.this",
    f"{RELEASED}.aws_lambda_alias.live",
    f"{RELEASED}.aws_ssm_parameter.deployed",
}


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


def touched(content: Mapping[str, object]) -> set[str]:
    """Addresses of the resources a plan changes."""
    changes = content["resource_changes"]
    assert isinstance(changes, list)
    return {
        change["address"]
        for change in changes
        if change["mode"] == "managed" and change["change"]["actions"] != ["no-op"]
    }


def said(outcome: Outcome, words: str) -> bool:
    """Whether the output holds the words, however Terraform wrapped its lines."""
    return words in re.sub(r"[\s│]+", " ", outcome.text)


@contextmanager
def edited(path: Path, find: str, put: str) -> Iterator[None]:
    """A file of the copy with one text replaced, put back afterwards."""
    before = path.read_text("utf-8")
    if find not in before:
        raise RuntimeError(f"{path.name} does not hold {find!r}")
    path.write_text(before.replace(find, put), "utf-8")
    try:
        yield
    finally:
        path.write_text(before, "utf-8")


def check_environment(workspace: Workspace, environment: str) -> Iterator[Check]:
    """Apply every stack in one workspace and plan it again."""
    for stack in STACKS:
        begun = begin(workspace, stack, environment)
        outcome = apply(workspace, stack, environment) if begun.ok else begun
        yield Check(f"{environment}: the plain commands apply {stack}", outcome.ok, outcome.text[-3000:])
    for stack in STACKS:
        outcome = plan(workspace, stack, environment)
        yield Check(f"{environment}: a second plan of {stack} is empty", outcome.exit_code == 0, outcome.text[-3000:])


def check_return(workspace: Workspace) -> Iterator[Check]:
    """After the other environments, the first one's stacks have nothing to do."""
    for stack in STACKS:
        outcome = plan(workspace, stack, FIRST)
        yield Check(f"{FIRST} again: a plan of {stack} is empty", outcome.exit_code == 0, outcome.text[-3000:])


def check_release(workspace: Workspace) -> Iterator[Check]:
    """A new release of the worker changes the worker's function, version and alias, and nothing anywhere else."""
    record(FIRST, "worker", Release("99.0.0"), workspace.folder)
    outcome = plan(workspace, "worker", FIRST)
    changed = touched(planned(workspace, "worker", FIRST)) if outcome.exit_code == 2 else set()
    within = changed == WORKER_RELEASE
    yield Check("a release of the worker touches its function and alias only", within, f"touched: {sorted(changed)}")
    applied = apply(workspace, "worker", FIRST)
    yield Check("the new release applies", applied.ok and said(applied, " serves"), applied.text[-3000:])
    for stack in STACKS:
        if stack != "worker":
            outcome = plan(workspace, stack, FIRST)
            yield Check(f"the release plans no change in {stack}", outcome.exit_code == 0, outcome.text[-3000:])


def check_switches(workspace: Workspace) -> Iterator[Check]:
    """The audit trail goes off and on, a flag's birth value changes: neither stops a plan or takes anything away."""
    values = workspace.folder / "terraform" / "environments" / FIRST / "worker.tfvars"
    topology = workspace.folder / "config" / "topology.yaml"
    with edited(values, "audit_trail_enabled    = true", "audit_trail_enabled    = false"):
        outcome = plan(workspace, "worker", FIRST)
        changed = touched(planned(workspace, "worker", FIRST)) if outcome.exit_code == 2 else set()
        role_and_environment = {f"{RELEASED}.aws_iam_role_policy.this", f"{RELEASED}.aws_lambda_function.this"}
        within = role_and_environment <= changed <= WORKER_RELEASE | role_and_environment
        yield Check("the audit trail is switched off by the worker alone", within, f"touched: {sorted(changed)}")
        outcome = plan(workspace, "foundation", FIRST)
        yield Check("its table stays", outcome.exit_code == 0, outcome.text[-2000:])
    with edited(topology, 'at_birth: "livechat,email"', 'at_birth: "email"'):
        outcome = plan(workspace, "foundation", FIRST)
        yield Check("another birth value resets no flag", outcome.exit_code == 0, outcome.text[-2000:])


def check_refusals(workspace: Workspace) -> Iterator[Check]:
    """What must not be possible is refused at plan, with words that say why."""
    folder = workspace.folder / "terraform" / "environments" / FIRST
    unknown_store = "TF_WORKSPACE or TF_DATA_DIR is exported: staging is planned, while dev is selected"
    cases = [
        ("another bucket", of_environment("staging") | {"TF_WORKSPACE": FIRST}, "belongs into rp-mw-dev"),
        ("an exported workspace", {"TF_WORKSPACE": "staging"}, unknown_store),
        ("a workspace that is no environment", {"TF_WORKSPACE": "qa"}, "The workspace is qa"),
        ("a data folder that nobody was told of", {"TF_DATA_DIR": ".terraform-staging"}, unknown_store),
        ("another account", {"TFOFF_ACCOUNT_ID": "999999999999"}, "The credentials belong to account 999999999999"),
    ]
    for name, env, words in cases:
        outcome = plain(workspace, "worker", "plan", env=env)
        yield Check(f"{name} is refused", not outcome.ok and said(outcome, words), outcome.text[-2000:])
    texts = [
        ("common.tfvars", 'region      = "us-east-2"', 'region      = "eu-west-1"', "the environment in eu-west-1"),
        ("worker.tfvars", "audit_trail_enabled", "sweep = 1\naudit_trail_enabled", "stack does not know: sweep"),
        ("worker.tfvars", "sweep_interval_minutes = 60", "sweep_interval_minutes = 61", "must be 5 to 60"),
        ("releases.json", '"worker"', '"walker"', "names no release of this service"),
    ]
    for file, find, put, words in texts:
        with edited(folder / file, find, put):
            outcome = plain(workspace, "worker", "plan")
        yield Check(f"{file} with {put.split()[0]} is refused", not outcome.ok and said(outcome, words), outcome.text)


def check_placeholders(workspace: Workspace) -> Iterator[Check]:
    """What a fresh checkout holds for lack of knowing better is refused, each with the file to write it into."""
    folder = workspace.folder / "terraform" / "environments" / FIRST
    for stack, file, placeholder, value in PLACEHOLDERS:
        with edited(folder / file, value, placeholder):
            outcome = plain(workspace, stack, "plan")
        refused = not outcome.ok and said(outcome, f"terraform/environments/{FIRST}/{file}")
        yield Check(f"the placeholder {placeholder} is refused", refused, outcome.text[-2000:])


def check_deletions(workspace: Workspace) -> Iterator[Check]:
    """Destroying the foundation is refused; what a renamed or removed block would destroy is seen in the plan."""
    destroyed = plain(workspace, "foundation", "destroy", "-auto-approve")
    refused = not destroyed.ok and said(destroyed, "prevent_destroy")
    yield Check("destroying the foundation is refused", refused, destroyed.text[-2000:])
    resources = workspace.folder / "terraform" / "stacks" / "foundation" / "resources"
    renamed = edited(resources / "main.tf", 'module "queue"', 'module "queues"')
    contract = edited(resources / "contract.tf", "module.queue,", "module.queues,")
    operator = edited(resources / "operator.tf", "(module.queue)", "(module.queues)")
    with renamed, contract, operator:
        plain(workspace, "foundation", "init")
        outcome = plan(workspace, "foundation", FIRST)
        found = find_deletions(planned(workspace, "foundation", FIRST)) if outcome.exit_code == 2 else []
    plain(workspace, "foundation", "init")
    queues = [address for address in found if "aws_sqs_queue." in address]
    yield Check("a renamed block of queues is read as their deletion", len(queues) == 4, outcome.text[-2000:])


def check_lifecycle(workspace: Workspace, report: Callable[[Check], None]) -> list[Check]:
    """Run the whole life of the environments; the first also sees a new release and the refusals."""
    fill_in(workspace)
    results = []
    steps = [check_environment(workspace, environment) for environment in ENVIRONMENTS]
    steps += [check_return(workspace), check_refusals(workspace), check_placeholders(workspace)]
    steps += [check_switches(workspace), check_deletions(workspace), check_release(workspace)]
    with state_buckets(workspace):
        for check in chain.from_iterable(steps):
            report(check)
            results.append(check)
    return results
