"""Moves the alias `live` from one published version to another, with CodeDeploy, and waits for the end."""

from __future__ import annotations

import json
import time
from typing import Any

from tools.release.terraform import DeployError

ALIAS = "live"
POLL_SECONDS = 10.0
LONGEST_SHIFT_SECONDS = 45 * 60
ENDED = ("Succeeded", "Failed", "Stopped")


def _app_spec(function: str, current: str, target: str) -> str:
    """CodeDeploy's description of the shift. Source: CodeDeploy User Guide, AppSpec file for AWS Lambda."""
    properties = {"Name": function, "Alias": ALIAS, "CurrentVersion": current, "TargetVersion": target}
    resource = {"Type": "AWS::Lambda::Function", "Properties": properties}
    return json.dumps({"version": 0.0, "Resources": [{function: resource}]})


def live_version(lambda_client: Any, function: str) -> str:
    return str(lambda_client.get_alias(FunctionName=function, Name=ALIAS)["FunctionVersion"])


def version_before(lambda_client: Any, function: str, current: str) -> str:
    """The newest published version older than the current one; raises DeployError when there is none."""
    pages = lambda_client.get_paginator("list_versions_by_function").paginate(FunctionName=function)
    numbers = [int(v["Version"]) for page in pages for v in page["Versions"] if v["Version"] != "$LATEST"]
    older = [number for number in numbers if number < int(current)]
    if not older:
        raise DeployError(f"{function} has no version before {current} to go back to")
    return str(max(older))


def shift(codedeploy: Any, function: str, *, current: str, target: str, config: str | None = None) -> None:
    """Shift the alias and wait; raises DeployError when CodeDeploy stopped or rolled it back.

    `config` overrides the deployment group's own configuration (a rollback goes all at once).
    """
    if current == target:
        print(f"{function}: version {target} serves already")
        return
    revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": _app_spec(function, current, target)}}
    extra = {"deploymentConfigName": config} if config else {}
    made = codedeploy.create_deployment(applicationName=function, deploymentGroupName=ALIAS, revision=revision, **extra)
    _wait(codedeploy, made["deploymentId"], f"{function}: version {current} -> {target}")


def _wait(codedeploy: Any, deployment_id: str, what: str) -> None:
    deadline = time.monotonic() + LONGEST_SHIFT_SECONDS
    shown = ""
    while time.monotonic() < deadline:
        deployment = codedeploy.get_deployment(deploymentId=deployment_id)["deploymentInfo"]
        if deployment["status"] != shown:
            shown = deployment["status"]
            print(f"{what}: {shown}", flush=True)
        if shown in ENDED:
            break
        time.sleep(POLL_SECONDS)
    if shown != "Succeeded":
        reason = deployment.get("errorInformation", {}).get("message", "see the deployment in CodeDeploy")
        raise DeployError(f"{what} did not stand: {shown or 'no answer'} ({reason}); the version before serves again")
