"""What served when: the shifts that CodeDeploy remembers, and which version served well last.

A shift's description names its versions, so that the history is read from CodeDeploy alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

SUCCEEDED = "Succeeded"
_DESCRIPTION = re.compile(r"(?P<kind>shift|rollback) (?P<current>[0-9]+) -> (?P<target>[0-9]+)")
_AT_A_TIME = 25  # Source: CodeDeploy API Reference, BatchGetDeployments


@dataclass(frozen=True, slots=True)
class Shift:
    """One move of an alias; `status` is CodeDeploy's, empty before it is asked."""

    kind: str  # shift or rollback
    current: str
    target: str
    status: str = ""

    @property
    def description(self) -> str:
        return f"{self.kind} {self.current} -> {self.target}"


def load_shifts(codedeploy: Any, function: str, group: str) -> list[Shift]:
    """Every shift of the function that tools.release made and CodeDeploy remembers, the oldest first."""
    pages = codedeploy.get_paginator("list_deployments").paginate(applicationName=function, deploymentGroupName=group)
    ids = [deployment for page in pages for deployment in page["deployments"]]
    infos: list[dict[str, Any]] = []
    for start in range(0, len(ids), _AT_A_TIME):
        answer = codedeploy.batch_get_deployments(deploymentIds=ids[start : start + _AT_A_TIME])
        infos += answer["deploymentsInfo"]
    infos.sort(key=lambda info: info["createTime"])
    found = ((_DESCRIPTION.fullmatch(info.get("description", "")), info["status"]) for info in infos)
    return [Shift(match["kind"], match["current"], match["target"], status) for match, status in found if match]


def bad_versions(shifts: Sequence[Shift]) -> set[str]:
    """Versions whose shift did not stand, or that were rolled back from; a later shift that stood takes one off."""
    bad: set[str] = set()
    for shift in shifts:
        if shift.status == SUCCEEDED:
            bad.discard(shift.target)
            bad |= {shift.current} if shift.kind == "rollback" else set()
        elif shift.kind == "shift":
            bad.add(shift.target)
    return bad


def find_last_good(shifts: Sequence[Shift], current: str, published: Collection[str]) -> str | None:
    """The version that served last before `current`, was not rolled back from, and still exists; None without one."""
    bad = bad_versions(shifts)
    served = [shift.current for shift in shifts[:1]]
    served += [shift.target for shift in shifts if shift.status == SUCCEEDED]
    good = [version for version in served if version != current and version not in bad and version in published]
    return good[-1] if good else None
