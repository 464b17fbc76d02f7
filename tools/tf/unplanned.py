"""What no plan shows: which changes an apply leaves alone, what a `removed` block does, and the order AWS needs.

A plan of what was just applied is the same with and without these, so the intent cannot see them. The tables here are
closed for `lifecycle` and `removed`: whoever needs another exception writes it down with its reason.
"""

from __future__ import annotations

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

# Later one first, then what must be there before; no value of one is in the other, so only depends_on says it.
ORDERS = (
    # without the policy the first start reads no secret, and the mapping is refused
    ("terraform/modules/service", "aws_lambda_function.this", "aws_iam_role_policy.this"),
    # the next apply looks the alias up where the parameter is
    ("terraform/modules/service", "aws_ssm_parameter.deployed", "aws_lambda_alias.live"),
    # services take it for the sign that everything below is there
    *(
        ("terraform/stacks/foundation/resources", "aws_ssm_parameter.contract", needed)
        for needed in ("module.queue", "module.table", "module.secret", "module.flags", "aws_kms_alias.this")
    ),
)


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
    for order in ORDERS:
        yield Check(f"{order[0]} {order[1]}: comes after {order[2]}", order in orders, "depends_on does not name it")


def _lifecycles(folder: Folder) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for labels, body in folder.labelled("resource", 2):
        told = _arguments(body, _SEEN_ELSEWHERE)
        if told:
            yield f"{folder.path} {'.'.join(labels)}", told
    for body in folder.blocks.get("removed", []):
        yield f"{folder.path} removed {_reference(body['from'])}", _arguments(body, set())


def _arguments(body: Mapping[str, Any], without: set[str]) -> dict[str, Any]:
    return {
        name: [_reference(one) for one in value] if isinstance(value, list) else value
        for lifecycle in body.get("lifecycle", [])
        for name, value in lifecycle.items()
        if not name.startswith("__") and name not in without
    }


def _orders(folder: Folder) -> Iterator[tuple[str, str]]:
    for labels, body in folder.labelled("resource", 2):
        yield from ((".".join(labels), _reference(first)) for first in body.get("depends_on", []))


def _reference(text: Any) -> str:
    return str(text).removeprefix("${").removesuffix("}")
