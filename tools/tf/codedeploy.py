"""CodeDeploy for Lambda aliases, small, for tests: what a deployment does to an alias while time goes by.

Follows the service: requests are checked against the service's own model, a group runs one deployment at a time, a
canary's share stays for its interval, alarms are looked at all the while. An alarm, a failure or a stop ends a
deployment and leaves the alias alone; where a rollback is enabled for that, another deployment with an id of its own
gives all traffic back.
Source: CodeDeploy User Guide, "Deployments on an AWS Lambda compute platform", "Redeploy and roll back a deployment",
"Monitor deployments with Amazon CloudWatch alarms", and the API Reference.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

ALL_AT_ONCE = "CodeDeployDefault.LambdaAllAtOnce"
ACTIVE = ("Created", "Queued", "InProgress")
FAILURE, STOP_ON_ALARM, STOP_ON_REQUEST = (
    "DEPLOYMENT_FAILURE",
    "DEPLOYMENT_STOP_ON_ALARM",
    "DEPLOYMENT_STOP_ON_REQUEST",
)


@dataclass(slots=True)
class Alias:
    """An alias: the version that serves, and the share (0 to 1) that another one takes of its traffic."""

    version: str
    canary: str | None = None
    share: float = 0.0


@dataclass(slots=True)
class Group:
    """A deployment group: its canary, its metric alarms by name with whether each is in alarm now, and after what it
    rolls back by itself.
    """

    share: float
    interval_seconds: float
    alarms: dict[str, Callable[[], bool]] = field(default_factory=dict)
    rollback_events: tuple[str, ...] = (FAILURE, STOP_ON_ALARM)

    @property
    def rollback(self) -> dict[str, Any]:
        return {"enabled": bool(self.rollback_events), "events": list(self.rollback_events)}


@dataclass(slots=True)
class _Deployment:
    info: dict[str, Any]
    before: str
    target: str
    share: float
    interval_seconds: float
    is_watched: bool
    started: float


class _Exceptions:
    """Where a client keeps the errors it raises."""

    from botocore.exceptions import ClientError


class CodeDeploy:
    """The calls of the CodeDeploy client that the release tool makes, over one function's alias."""

    def __init__(self, function: str, alias: Alias, group: Group) -> None:
        self.function = function
        self.alias = alias
        self.group = group
        self.now = 0.0
        self.exceptions = _Exceptions
        self._deployments: list[_Deployment] = []

    def create_deployment(self, **request: Any) -> dict[str, str]:
        _check("CreateDeployment", request)
        if self._active() is not None:
            raise self.exceptions.ClientError(
                {"Error": {"Code": "DeploymentLimitExceededException", "Message": "already has an active deployment"}},
                "CreateDeployment",
            )
        (resource,) = json.loads(request["revision"]["appSpecContent"]["content"])["Resources"][0].values()
        properties = resource["Properties"]
        override = request.get("overrideAlarmConfiguration", {"enabled": True})
        at_once = request.get("deploymentConfigName") == ALL_AT_ONCE
        info = {
            "description": request.get("description", ""),
            "autoRollbackConfiguration": request.get("autoRollbackConfiguration", self.group.rollback),
        }
        made = self._begin(
            info,
            properties["TargetVersion"],
            share=1.0 if at_once else self.group.share,
            interval_seconds=0.0 if at_once else self.group.interval_seconds,
            is_watched=override["enabled"],
        )
        if properties["CurrentVersion"] != self.alias.version:
            self._end(made, "Failed", "CurrentVersion is not the version the alias points to", FAILURE)
        elif made.is_watched and (firing := self._firing()):
            self._end(made, "Stopped", f"alarm {firing} is in alarm", STOP_ON_ALARM)
        else:
            self.alias.canary, self.alias.share = made.target, made.share
        return {"deploymentId": made.info["deploymentId"]}

    def get_deployment(self, **request: Any) -> dict[str, Any]:
        _check("GetDeployment", request)
        return {"deploymentInfo": self._find(request["deploymentId"]).info}

    def batch_get_deployments(self, **request: Any) -> dict[str, Any]:
        _check("BatchGetDeployments", request)
        assert len(request["deploymentIds"]) <= 25
        return {"deploymentsInfo": [self._find(deployment).info for deployment in request["deploymentIds"]]}

    def stop_deployment(self, **request: Any) -> dict[str, str]:
        _check("StopDeployment", request)
        deployment = self._find(request["deploymentId"])
        if deployment.info["status"] in ACTIVE:
            is_asked_for = request.get("autoRollbackEnabled", False)
            self._end(deployment, "Stopped", "stopped by a person", STOP_ON_REQUEST, is_rolled_back=is_asked_for)
        return {"status": "Succeeded"}

    def get_paginator(self, name: str) -> CodeDeploy:
        assert name == "list_deployments"
        return self

    def paginate(self, **request: Any) -> Iterator[dict[str, list[str]]]:
        """The newest first, two a page: no order is promised, and callers must follow the pages."""
        _check("ListDeployments", request)
        wanted = request.get("includeOnlyStatuses")
        ids = [d.info["deploymentId"] for d in self._deployments if wanted is None or d.info["status"] in wanted]
        for start in range(0, max(len(ids), 1), 2):
            yield {"deployments": ids[::-1][start : start + 2]}

    def sleep(self, seconds: float) -> None:
        """Let time go by: alarms are looked at, a canary's interval may end."""
        self.now += seconds
        deployment = self._active()
        if deployment is None:
            return
        if deployment.is_watched and (firing := self._firing()):
            self._end(deployment, "Stopped", f"alarm {firing} is in alarm", STOP_ON_ALARM)
        elif self.now - deployment.started >= deployment.interval_seconds:
            self.alias.version, self.alias.canary, self.alias.share = deployment.target, None, 0.0
            deployment.info["status"] = "Succeeded"

    def monotonic(self) -> float:
        return self.now

    def _active(self) -> _Deployment | None:
        return next((d for d in self._deployments if d.info["status"] in ACTIVE), None)

    def _firing(self) -> str:
        return next((name for name, is_firing in self.group.alarms.items() if is_firing()), "")

    def _find(self, deployment: str) -> _Deployment:
        return next(d for d in self._deployments if d.info["deploymentId"] == deployment)

    def _begin(
        self, info: dict[str, Any], target: str, *, share: float, interval_seconds: float, is_watched: bool
    ) -> _Deployment:
        number = len(self._deployments) + 1
        info |= {"deploymentId": f"d-{number:09}", "status": "InProgress", "createTime": self.now}
        made = _Deployment(info, self.alias.version, target, share, interval_seconds, is_watched, self.now)
        self._deployments.append(made)
        return made

    def _end(
        self, deployment: _Deployment, status: str, message: str, event: str, *, is_rolled_back: bool = False
    ) -> None:
        """End a deployment without success; the alias stays as it is, unless and until a rollback is made."""
        deployment.info |= {"status": status, "errorInformation": {"code": "ALARM_ACTIVE", "message": message}}
        rollback = deployment.info["autoRollbackConfiguration"]
        if is_rolled_back or (rollback["enabled"] and event in rollback.get("events", ())):
            self._roll_back(deployment)

    def _roll_back(self, deployment: _Deployment) -> None:
        """Begin the deployment that gives all traffic back; no alarm is asked whether it may."""
        info = {
            "creator": "codeDeployRollback",
            "autoRollbackConfiguration": {"enabled": False},
            "rollbackInfo": {"rollbackTriggeringDeploymentId": deployment.info["deploymentId"]},
        }
        back = self._begin(info, deployment.before, share=1.0, interval_seconds=0.0, is_watched=False)
        deployment.info["rollbackInfo"] = {"rollbackDeploymentId": back.info["deploymentId"]}


@functools.cache
def _service_model() -> Any:
    import botocore.session

    return botocore.session.get_session().get_service_model("codedeploy")


def _check(operation: str, request: dict[str, Any]) -> None:
    """Raise for a request that the service's own model does not allow."""
    from botocore.validate import validate_parameters

    validate_parameters(request, _service_model().operation_model(operation).input_shape)
