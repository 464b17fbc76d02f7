"""Moves the alias `live` from one published version to another, with CodeDeploy, and waits for the end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tools.release.history import SUCCEEDED, Shift
from tools.release.terraform import DeployError

ALIAS = "live"
ALL_AT_ONCE = "CodeDeployDefault.LambdaAllAtOnce"
POLL_SECONDS = 10.0
LONGEST_SHIFT_SECONDS = 150 * 60  # a canary lasts two hours at most (modules/service)
ENDED = ("Succeeded", "Failed", "Stopped")
ACTIVE = ("Created", "Queued", "InProgress", "Baking", "Ready")
BUSY = "DeploymentLimitExceededException"
NOT_GIVEN_BACK = (
    "its traffic was not given back, both versions may have some of it: take the alias's routing off by hand "
    "(aws lambda update-alias --routing-config AdditionalVersionWeights={})"
)
# CodeDeploy's own rollback is another deployment. Sources: CodeDeploy User Guide, "Redeploy and roll back a
# deployment"; API Reference, RollbackInfo.
ROLLBACK_BEGINS_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Shifter:
    """The alias of one function, moved by its CodeDeploy application; `sleep` and `monotonic` are time's."""

    codedeploy: Any
    function: str
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic

    def shift(self, current: str, target: str) -> None:
        """Shift as the deployment group says, watched by its alarms; waits for a shift that is under way.

        Raises DeployError when CodeDeploy stopped the shift or rolled it back.
        """
        self._run(Shift("shift", current, target), {})

    def roll_back(self, current: str, target: str) -> None:
        """Shift at once, whatever the alarms say: the one that fires is why this is done."""
        unwatched = {
            "deploymentConfigName": ALL_AT_ONCE,
            "overrideAlarmConfiguration": {"enabled": False, "alarms": []},
            "autoRollbackConfiguration": {"enabled": False},
        }
        self._run(Shift("rollback", current, target), unwatched)

    def stop_active(self) -> bool:
        """Stop a shift that is under way, and wait until all traffic is where it came from. Whether there was one.

        A rollback that is under way goes on. Raises DeployError when the traffic was not given back.
        """
        active = self._active()
        for deployment in active:
            what = f"{self.function}: deployment {deployment}"
            if not self._is_rollback(deployment):
                self.codedeploy.stop_deployment(deploymentId=deployment, autoRollbackEnabled=True)
            status, _ = self._wait(deployment, what)
            if status != SUCCEEDED and not self._is_given_back(deployment):
                raise DeployError(f"{what} was stopped: {NOT_GIVEN_BACK}")
        return bool(active)

    def wait_for_active(self) -> None:
        """Wait until nobody shifts this function's traffic."""
        for deployment in self._active():
            print(f"{self.function}: deployment {deployment} is under way, waiting for its end", flush=True)
            self._wait(deployment, f"{self.function}: deployment {deployment}")

    def _active(self) -> list[str]:
        pages = self.codedeploy.get_paginator("list_deployments").paginate(
            applicationName=self.function, deploymentGroupName=ALIAS, includeOnlyStatuses=list(ACTIVE)
        )
        return [deployment for page in pages for deployment in page["deployments"]]

    def _run(self, shift: Shift, options: dict[str, Any]) -> None:
        what = f"{self.function}: version {shift.current} -> {shift.target}"
        deployment = self._create(shift, options)
        status, reason = self._wait(deployment, what)
        if status != SUCCEEDED:
            is_back = shift.kind == "shift" and self._is_given_back(deployment)  # a rollback is not rolled back
            now = f"version {shift.current} serves" if is_back else NOT_GIVEN_BACK
            raise DeployError(f"{what} did not stand: {status} ({reason}); {now}")

    def _is_given_back(self, deployment: str) -> bool:
        """Wait for the deployment that gives back what this one took; False where none begins, or it fails."""
        deadline = self.monotonic() + ROLLBACK_BEGINS_SECONDS
        while not (back := self._rollback_info(deployment).get("rollbackDeploymentId", "")):
            if self.monotonic() >= deadline:
                return False
            self.sleep(POLL_SECONDS)
        status, _ = self._wait(back, f"{self.function}: deployment {back}, which gives the traffic back")
        return status == SUCCEEDED

    def _is_rollback(self, deployment: str) -> bool:
        return "rollbackTriggeringDeploymentId" in self._rollback_info(deployment)

    def _rollback_info(self, deployment: str) -> dict[str, str]:
        info = self.codedeploy.get_deployment(deploymentId=deployment)["deploymentInfo"]
        found: dict[str, str] = info.get("rollbackInfo", {})
        return found

    def _create(self, shift: Shift, options: dict[str, Any]) -> str:
        revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": self._app_spec(shift)}}
        while True:
            try:
                made = self.codedeploy.create_deployment(
                    applicationName=self.function,
                    deploymentGroupName=ALIAS,
                    description=shift.description,
                    revision=revision,
                    **options,
                )
                return str(made["deploymentId"])
            except self.codedeploy.exceptions.ClientError as error:
                if error.response["Error"]["Code"] != BUSY:
                    raise
                self.wait_for_active()  # somebody else began between our look and our call

    def _app_spec(self, shift: Shift) -> str:
        """CodeDeploy's description of the shift. Source: CodeDeploy User Guide, AppSpec file for AWS Lambda."""
        properties = {
            "Name": self.function,
            "Alias": ALIAS,
            "CurrentVersion": shift.current,
            "TargetVersion": shift.target,
        }
        resource = {"Type": "AWS::Lambda::Function", "Properties": properties}
        return json.dumps({"version": 0.0, "Resources": [{self.function: resource}]})

    def _wait(self, deployment: str, what: str) -> tuple[str, str]:
        deadline = self.monotonic() + LONGEST_SHIFT_SECONDS
        shown = ""
        while self.monotonic() < deadline:
            info = self.codedeploy.get_deployment(deploymentId=deployment)["deploymentInfo"]
            if info["status"] != shown:
                shown = info["status"]
                print(f"{what}: {shown}", flush=True)
            if shown in ENDED:
                return shown, info.get("errorInformation", {}).get("message", "see the deployment in CodeDeploy")
            self.sleep(POLL_SECONDS)
        raise DeployError(f"{what} has not ended in {LONGEST_SHIFT_SECONDS // 60} minutes: see it in CodeDeploy")
