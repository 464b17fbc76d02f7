"""What no plan shows: what an apply leaves alone or lets go, in which order it works, who may apply, and what it runs.

A plan of what was just applied is the same with and without these, so the intent cannot see them. The tables here are
closed: whoever needs another exception, order or argument of a provider writes it down with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.tf.checks import Check
from tools.tf.lint import Folder, read_folders

# Protections are the intent's business; conditions show themselves in a plan.
_SEEN_ELSEWHERE = {"prevent_destroy", "precondition", "postcondition"}

LIFECYCLES: Mapping[str, Mapping[str, Any]] = {
    # what a person switched stays switched
    "terraform/modules/flags aws_ssm_parameter.this": {"ignore_changes": ["value"]},
    # CodeDeploy's share of a canary: an apply in its middle neither ends it nor gives it everything
    "terraform/modules/service aws_lambda_alias.live": {"ignore_changes": ["routing_config"]},
    # the group names it: AWS deletes no configuration that is in use
    "terraform/modules/service aws_codedeploy_deployment_config.canary": {"create_before_destroy": True},
    # let go, not deleted: the queue's own argument has taken its place
    "terraform/modules/fifo_queue removed aws_sqs_queue_policy.tls_only": {"destroy": False},
}

FOUNDATION = "terraform/stacks/foundation/resources"
PROMISED = (
    "module.queue",
    "module.table",
    "module.secret",
    "module.flags",
    "aws_kms_alias.this",
    "aws_sns_topic_policy.alarms",
)
LOOKED_UP = (
    "aws_sqs_queue.main",
    "aws_sqs_queue.dlq",
    "aws_dynamodb_table.this",
    "aws_secretsmanager_secret.this",
    "aws_kms_alias.this",
    "aws_sns_topic.alarms",
)

# Later one first, then what must be there before; no value of one is in the other, so only depends_on says it. One too
# many is wrong too. Source: Terraform, "The depends_on meta-argument": what is read is unknown until the apply, and so
# is what is made of it, a role's policy for one.
ORDERS = frozenset(
    {
        # without the policy the first start reads no secret, and the mapping is refused
        ("terraform/modules/service", "aws_lambda_function.this", "aws_iam_role_policy.this"),
        # the next apply looks the alias up where the parameter is
        ("terraform/modules/service", "aws_ssm_parameter.deployed", "aws_lambda_alias.live"),
        # services take it for the sign that everything below is there
        *((FOUNDATION, "aws_ssm_parameter.contract", needed) for needed in PROMISED),
        # what may not publish is not told of: an alarm or a switch in between would be lost
        (FOUNDATION, "module.alarms", "aws_sns_topic_policy.alarms"),
        (FOUNDATION, "aws_cloudwatch_event_target.switch_set", "aws_sns_topic_policy.alarms"),
        # S3 API Reference, "Error responses", OperationAborted: it takes one change of a bucket's rules at a time
        (FOUNDATION, "aws_s3_bucket_policy.artefacts", "aws_s3_bucket_public_access_block.artefacts"),
        ("terraform/modules/archive", "aws_s3_bucket_policy.events", "aws_s3_bucket_public_access_block.this"),
        ("terraform/modules/archive", "aws_s3_bucket_policy.logs", "aws_s3_bucket_public_access_block.this"),
        ("terraform/modules/table_audit", "aws_s3_bucket_policy.this", "aws_s3_bucket_public_access_block.this"),
        # CloudTrail API Reference, CreateTrail: InsufficientS3BucketPolicyException
        ("terraform/modules/table_audit", "aws_cloudtrail.this", "aws_s3_bucket_policy.this"),
        # who is trusted is there before the trust
        ("terraform/modules/access", "aws_iam_role.github", "aws_iam_openid_connect_provider.github"),
        # a foundation that is missing is said in our words, before the first look-up fails in the provider's
        *(
            ("terraform/modules/function_inputs", f"data.{read}", "data.aws_ssm_parameters_by_path.foundation")
            for read in LOOKED_UP
        ),
    }
)

# Where a stack applies, and with whose leave: the environment's values and nothing besides; no second provider, no role
# taken, no check skipped, no tag ignored. The tags themselves are in every plan.
PROVIDER: Mapping[str, Any] = {"region": "local.values.region", "allowed_account_ids": "local.values.account_ids"}
_PROVIDER_SEEN_ELSEWHERE = {"default_tags"}

# Run where Terraform runs, with its rights, and in no plan
_COMMANDS = {"provisioner", "connection"}


def check_unplanned(root: Path) -> Iterator[Check]:
    """The tree's lifecycles and removed blocks are those of the table, and its orders are kept."""
    yield from judge(list(read_folders(root)))


def judge(folders: Sequence[Folder]) -> Iterator[Check]:
    """The same for folders that are read already: all of a tree, for the tables are closed."""
    found = {name: told for folder in folders for name, told in _lifecycles(folder)}
    for name in sorted(found.keys() | LIFECYCLES.keys()):
        told, meant = found.get(name, {}), LIFECYCLES.get(name, {})
        yield Check(
            f"{name}: the lifecycle is as meant", told == meant, f"{told or 'none'}, not {dict(meant) or 'none'}"
        )
    orders = {(folder.path, later, first) for folder in folders for later, first in _orders(folder)}
    for order in sorted(orders | ORDERS):
        problem = "depends_on does not name it" if order in ORDERS else "the table of orders does not name it"
        yield Check(f"{order[0]} {order[1]}: comes after {order[2]}", order in orders & ORDERS, problem)
    for folder in folders:
        yield from _providers(folder)
    commands = [name for folder in folders for name in _run(folder)]
    yield Check("no resource runs a command", not commands, f"{commands} do")


def _providers(folder: Folder) -> Iterator[Check]:
    if not re.fullmatch(r"terraform/stacks/[^/]+", folder.path):
        return
    told = [(name, _arguments_of(body, _PROVIDER_SEEN_ELSEWHERE)) for (name,), body in folder.labelled("provider")]
    right = told == [("aws", PROVIDER)]
    yield Check(f"{folder.path}: the provider is as meant", right, f"{told}, not aws with {dict(PROVIDER)}")


def _run(folder: Folder) -> Iterator[str]:
    for labels, body in folder.labelled("resource", 2):
        if _COMMANDS & body.keys():
            yield f"{folder.path} {'.'.join(labels)}"


def _lifecycles(folder: Folder) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for labels, body in folder.labelled("resource", 2):
        told = _arguments(body, _SEEN_ELSEWHERE)
        if told:
            yield f"{folder.path} {'.'.join(labels)}", told
    for body in folder.blocks.get("removed", []):
        yield f"{folder.path} removed {_reference(body['from'])}", _arguments(body, set())


def _arguments(body: Mapping[str, Any], without: set[str]) -> dict[str, Any]:
    return {
        name: value
        for lifecycle in body.get("lifecycle", [])
        for name, value in _arguments_of(lifecycle, without).items()
    }


def _arguments_of(block: Mapping[str, Any], without: set[str]) -> dict[str, Any]:
    return {
        name: [_reference(one) for one in value] if isinstance(value, list) else _plain(value)
        for name, value in block.items()
        if not name.startswith("__") and name not in without
    }


def _orders(folder: Folder) -> Iterator[tuple[str, str]]:
    if "/examples/" in folder.path:
        return
    named = [(".".join(labels), body) for labels, body in folder.labelled("resource", 2)]
    named += [(f"data.{'.'.join(labels)}", body) for labels, body in folder.labelled("data", 2)]
    named += [(f"module.{name}", body) for (name,), body in folder.labelled("module")]
    for later, body in named:
        yield from ((later, _reference(first)) for first in body.get("depends_on", []))


def _plain(value: Any) -> Any:
    return _reference(value) if isinstance(value, str) else value


def _reference(text: Any) -> str:
    return str(text).removeprefix("${").removesuffix("}")
