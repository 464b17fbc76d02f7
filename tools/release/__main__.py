"""Plan, deploy or roll back one stack of one environment.

    python -m tools.release plan     --env dev --service worker [--version 1.4.0]
    python -m tools.release deploy   --env dev --service worker [--version 1.4.0]
    python -m tools.release rollback --env dev --service worker

Credentials come from the environment, as for the AWS command line. Exit code 0 done, 1 refused or failed.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from typing import Any

from tools.release.artefact import Artefact, declared_version, find_uploaded, require_artefact
from tools.release.compatibility import MessageVersions, problems
from tools.release.shift import ALIAS, live_version, shift, version_before
from tools.release.terraform import ENVIRONMENTS, ROOT, STACKS, DeployError, Stack

ALL_AT_ONCE = "CodeDeployDefault.LambdaAllAtOnce"
SERVICES = tuple(name for name in STACKS if name != "foundation")


class Aws:
    """The AWS clients of one environment, made when first needed."""

    def __init__(self, environment: str) -> None:
        import boto3

        common = ROOT / "terraform" / "environments" / environment / "common.tfvars"
        region = re.search(r'region\s*=\s*"([^"]+)"', common.read_text("utf-8"))
        if region is None:
            raise DeployError(f"{common.name} of {environment} names no region")
        self._session = boto3.Session(region_name=region.group(1))
        self.environment = environment

    def client(self, name: str) -> Any:
        return self._session.client(name)  # type: ignore[call-overload]

    @property
    def artefact_bucket(self) -> str:
        return f"rp-mw-{self.environment}-artefacts-{self.client('sts').get_caller_identity()['Account']}"

    def function(self, service: str) -> str:
        return f"rp-mw-{self.environment}-{service}"


def live_release(aws: Aws, service: str) -> str | None:
    """The release the alias serves, read from the published version's description; None before the first deploy."""
    client = aws.client("lambda")
    try:
        configuration = client.get_function_configuration(FunctionName=aws.function(service), Qualifier=ALIAS)
    except client.exceptions.ResourceNotFoundException:
        return None
    found = re.search(r"\(([0-9][^)]*)\)$", configuration["Description"])
    return found.group(1) if found else None


def _live_messages(aws: Aws) -> dict[str, MessageVersions]:
    live = {}
    for service in SERVICES:
        release = live_release(aws, service)
        artefact = find_uploaded(aws.client("s3"), aws.artefact_bucket, service, release) if release else None
        if artefact is not None:
            live[service] = artefact.messages
    return live


def _require_compatible(aws: Aws, artefact: Artefact) -> None:
    found = problems(artefact.service, artefact.messages, _live_messages(aws))
    if found:
        raise DeployError("; ".join(found))


def _variables(aws: Aws, service: str, version: str | None) -> list[str]:
    if service == "foundation":
        return []
    artefact = require_artefact(aws.client("s3"), aws.artefact_bucket, service, version or declared_version(service))
    _require_compatible(aws, artefact)
    return artefact.terraform_variables


def plan(aws: Aws, stack: Stack, version: str | None) -> None:
    stack.select()
    stack.plan(_variables(aws, stack.name, version))


def deploy(aws: Aws, stack: Stack, version: str | None) -> None:
    """Apply the stack and, for a service, shift the alias to the version the apply published."""
    stack.select()
    stack.apply(_variables(aws, stack.name, version))
    if stack.name != "foundation":
        function = aws.function(stack.name)
        current = live_version(aws.client("lambda"), function)
        shift(aws.client("codedeploy"), function, current=current, target=stack.outputs()["published_version"])


def rollback(aws: Aws, stack: Stack, _version: str | None) -> None:
    """Send all traffic back to the version before the one that serves."""
    if stack.name == "foundation":
        raise DeployError("the foundation has no versions: revert its change and deploy it")
    function = aws.function(stack.name)
    current = live_version(aws.client("lambda"), function)
    target = version_before(aws.client("lambda"), function, current)
    shift(aws.client("codedeploy"), function, current=current, target=target, config=ALL_AT_ONCE)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="release", description="Plan, deploy or roll back one stack.")
    parser.add_argument("command", choices=("plan", "deploy", "rollback"))
    parser.add_argument("--env", required=True, choices=ENVIRONMENTS)
    parser.add_argument("--service", required=True, choices=STACKS)
    parser.add_argument("--version", help="default: the version in the service's pyproject.toml")
    chosen = parser.parse_args(arguments)
    commands = {"plan": plan, "deploy": deploy, "rollback": rollback}
    try:
        commands[chosen.command](Aws(chosen.env), Stack(chosen.service, chosen.env), chosen.version or None)
    except (DeployError, tomllib.TOMLDecodeError) as error:
        print(f"{chosen.command}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
