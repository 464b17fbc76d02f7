"""The life of three environments, by the plain commands of docs/deploy.md, word for word, with their states in S3.

In a fresh checkout: init, workspace select, apply, for every stack and workspace; a second plan is empty; going back to
the first one just works; a new release touches its service alone; what must not happen is refused, in words.
The provider is the stand-in, the S3 of the states is the embedded AWS.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from tools.intent.check import check_mutations, check_plans
from tools.intent.expected import kept_types, load
from tools.intent.plans import Planned
from tools.intent.take import take, take_schemas, with_kept
from tools.release.artefact import sha256_base64
from tools.release.deletions import require_named
from tools.release.releases import Release, record
from tools.release.terraform import DeployError, Stack
from tools.tf.applied import check_alarms, check_operator, resources
from tools.tf.checks import Check
from tools.tf.commands import FIRST, STACKS, StackInCopy, apply, begin, of_environment, plain, plan, planned, touched
from tools.tf.environments import ENVIRONMENTS, PLACEHOLDERS, fill_in, state_buckets
from tools.tf.workspace import Outcome, Workspace
from tools.topology import load_topology

RELEASED = "module.resources.module.service"
WORKER_RELEASE = {
    f"{RELEASED}.aws_lambda_function.this",
    f"{RELEASED}.aws_lambda_alias.live",
    f"{RELEASED}.aws_ssm_parameter.deployed",
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


def check_environment(workspace: Workspace, environment: str, plans: dict[str, Planned]) -> Iterator[Check]:
    """Apply every stack in one workspace and plan it again; the plans are kept for whoever asks what they hold."""
    for stack in STACKS:
        begun = begin(workspace, stack, environment)
        outcome = apply(workspace, stack, environment) if begun.ok else begun
        yield Check(f"{environment}: the plain commands apply {stack}", outcome.ok, outcome.text[-3000:])
    for stack in STACKS:
        outcome = plan(workspace, stack, environment)
        yield Check(f"{environment}: a second plan of {stack} is empty", outcome.exit_code == 0, outcome.text[-3000:])
        if outcome.ok:
            plans[stack] = take(workspace, stack, environment)


def check_intent(workspace: Workspace, plans: Mapping[str, dict[str, Planned]]) -> Iterator[Check]:
    """What is planned is what was meant, and the intent sees mistakes in it."""
    schemas = take_schemas(workspace)
    for stack, taken in plans[FIRST].items():
        plans[FIRST][stack] = with_kept(workspace, taken, kept_types(load()))
    yield from check_plans(plans, schemas)
    yield check_mutations(plans, schemas)


def check_return(workspace: Workspace) -> Iterator[Check]:
    """After the other environments, the first one's stacks have nothing to do."""
    for stack in STACKS:
        outcome = plan(workspace, stack, FIRST)
        yield Check(f"{FIRST} again: a plan of {stack} is empty", outcome.exit_code == 0, outcome.text[-3000:])


def check_applied(workspace: Workspace, environment: str) -> Iterator[Check]:
    """What was applied is what config/alarms.yaml lists, and people may do what their commands do."""
    env = of_environment(environment)
    by_stack = {stack: resources(workspace, stack, env) for stack in STACKS}
    yield from check_alarms(environment, by_stack)
    yield from check_operator(environment, by_stack["foundation"])


def check_release(workspace: Workspace) -> Iterator[Check]:
    """A new release of the worker changes the worker's function, version and alias, and nothing anywhere else."""
    record(FIRST, "worker", Release("99.0.0", sha256_base64(b"of another release")), workspace.folder)
    outcome = plan(workspace, "worker", FIRST)
    changed = touched(planned(workspace, "worker", FIRST)) if outcome.exit_code == 2 else set()
    within = changed == WORKER_RELEASE
    yield Check("a release of the worker touches its function and alias only", within, f"touched: {sorted(changed)}")
    yield from check_other_bytes(workspace)
    applied = apply(workspace, "worker", FIRST)
    yield Check("the new release applies", applied.ok and said(applied, " serves"), applied.text[-3000:])
    for stack in STACKS:
        if stack != "worker":
            outcome = plan(workspace, stack, FIRST)
            yield Check(f"the release plans no change in {stack}", outcome.exit_code == 0, outcome.text[-3000:])


def check_other_bytes(workspace: Workspace) -> Iterator[Check]:
    """Other bytes than were released are not planned, and a function that holds others gets no alias.

    The stand-in's made-up checksum is S3's word on other bytes, once nothing lets it pass; what Lambda says of its
    bytes is put in its mouth, since the stand-in says what it was told.
    """
    terraform = workspace.folder / "terraform"
    in_s3 = terraform / "stacks" / "worker" / "resources" / "release.tf"
    in_lambda = terraform / "modules" / "service" / "main.tf"
    not_asked = 'startswith(self.checksum_sha256, "checksum_sha256-") || '
    told, others = "code_sha256                    = var.package.sha256_base64", 'code_sha256 = base64sha256("others")'
    cases = [
        ("other bytes in S3", in_s3, not_asked, "", "that were released"),
        ("other bytes in Lambda", in_lambda, told, others, "The alias is not moved"),
    ]
    for name, path, find, put, words in cases:
        with edited(path, find, put):
            outcome = apply(workspace, "worker", FIRST)
        refused = not outcome.ok and said(outcome, words) and "Modifying..." not in outcome.text
        yield Check(f"{name} than were released are refused", refused, outcome.text[-3000:])


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
        ("releases.json", '"sha256_base64"', '"sha256"', "must be the base64 form of a SHA-256"),
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


REMOVED = """removed {
  from = module.queue

  lifecycle {
    destroy = false
  }
}
"""


@contextmanager
def _renamed_queues(resources: Path) -> Iterator[None]:
    """The block that makes the queues under another name, as somebody tidies up."""
    main = edited(resources / "main.tf", 'module "queue"', 'module "queues"')
    contract = edited(resources / "contract.tf", "module.queue,", "module.queues,")
    operator = edited(resources / "operator.tf", "(module.queue)", "(module.queues)")
    with main, contract, operator:
        yield


def check_deletions(workspace: Workspace) -> Iterator[Check]:
    """Destroying the foundation is refused, and so is a deploy of what a renamed or removed block takes away."""
    destroyed = plain(workspace, "foundation", "destroy", "-auto-approve")
    refused = not destroyed.ok and said(destroyed, "prevent_destroy")
    yield Check("destroying the foundation is refused", refused, destroyed.text[-2000:])
    resources = workspace.folder / "terraform" / "stacks" / "foundation" / "resources"
    removed = resources / "removed.tf"
    for name, words in (("renamed", ""), ("removed", REMOVED)):
        with _renamed_queues(resources):
            removed.write_text(words, "utf-8")
            refusal = _refusal(StackInCopy("foundation", FIRST, workspace.folder, workspace=workspace))
        removed.unlink()
        queues = re.findall(
            r'module\.queue\["[a-z]+"\]\.aws_sqs_queue\.\w+', refusal.partition(": nothing is applied")[0]
        )
        all_named = len(queues) == 2 * len(load_topology(workspace.folder)["queues"])  # each has a dead-letter queue
        yield Check(f"a {name} block of queues is refused as their loss", all_named, refusal[-2000:])
    plain(workspace, "foundation", "init")


def _refusal(stack: Stack) -> str:
    """Why a deploy of the stack refuses what it planned, or goes no further than that; empty where it would apply."""
    try:
        stack.select()
        with stack.planned() as made:
            require_named(made.content, ())
    except DeployError as error:
        return str(error)
    return ""


def check_lifecycle(workspace: Workspace, report: Callable[[Check], None]) -> list[Check]:
    """Run the whole life of the environments; the first also sees a new release and the refusals."""
    fill_in(workspace)
    results = []
    plans: dict[str, dict[str, Planned]] = {environment: {} for environment in ENVIRONMENTS}
    steps = [check_environment(workspace, environment, plans[environment]) for environment in ENVIRONMENTS]
    steps += [check_applied(workspace, environment) for environment in (FIRST, "prod")]  # without silence, and with it
    steps += [check_intent(workspace, plans), check_return(workspace)]
    steps += [check_refusals(workspace), check_placeholders(workspace)]
    steps += [check_switches(workspace), check_deletions(workspace), check_release(workspace)]
    with state_buckets(workspace):
        for check in chain.from_iterable(steps):
            report(check)
            results.append(check)
    return results
