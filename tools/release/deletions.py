"""What a plan would take away that nobody gets back: what is stored, and what somebody confirmed or can go back to.

`prevent_destroy` goes when its block goes: a renamed module block destroys what it held and asks nobody. So a deploy
reads its plan, and whoever means a deletion names the address.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tools.release.terraform import DeployError

KEPT = frozenset(
    {
        "aws_apigatewayv2_api",
        "aws_cloudwatch_log_group",
        "aws_dynamodb_table",
        "aws_kms_key",
        "aws_lambda_function",  # with all its versions: there would be nothing to roll back to
        "aws_s3_bucket",
        "aws_secretsmanager_secret",
        "aws_sns_topic",  # with its subscriptions: until each is confirmed again, an alarm reaches nobody
        "aws_sns_topic_subscription",
        "aws_sqs_queue",
        "aws_ssm_parameter",
    }
)
TAKING_AWAY = frozenset({"delete", "forget"})


def find_deletions(plan: Mapping[str, Any]) -> list[str]:
    """Addresses of what the plan (`terraform show -json`) deletes, replaces or forgets and nobody gets back."""
    return sorted(_deletions(plan))


def _deletions(plan: Mapping[str, Any]) -> Iterator[str]:
    for change in plan.get("resource_changes", []):
        if change["type"] in KEPT and TAKING_AWAY & set(change["change"]["actions"]):
            # where only one object of an address goes, its key tells which
            yield change["address"] if "deposed" not in change else f"{change['address']}#{change['deposed']}"


def require_named(plan: Mapping[str, Any], named: Sequence[str]) -> None:
    """Raise DeployError unless every deletion's address is in `named`, and everything named is in the plan."""
    found = find_deletions(plan)
    unnamed = [address for address in found if address not in named]
    if unnamed:
        raise DeployError(
            f"the plan takes away {', '.join(unnamed)}: nothing is applied. A renamed block needs a `moved` block. "
            f"Where it is meant, name it: DESTROY='{' '.join(unnamed)}'"
        )
    if unknown := [address for address in named if address not in found]:
        raise DeployError(
            f"the plan does not take away {', '.join(unknown)}: nothing is applied; take it out of DESTROY"
        )
