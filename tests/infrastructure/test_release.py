"""Deploying: consumer first, artefacts that never change, a shift that waits, a rollback that finds its version."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tools.release import artefact, shift
from tools.release.compatibility import MessageVersions, problems
from tools.release.terraform import DeployError

V1 = MessageVersions(writes=1, reads_from=1)
V2 = MessageVersions(writes=2, reads_from=1)
V3 = MessageVersions(writes=3, reads_from=2)


class FakeCodeDeploy:
    """Answers each status once, in order, and keeps what it was asked for."""

    def __init__(self, *statuses: str) -> None:
        self.statuses = list(statuses)
        self.asked: list[dict[str, Any]] = []

    def create_deployment(self, **arguments: Any) -> dict[str, str]:
        self.asked.append(arguments)
        return {"deploymentId": "d-1"}

    def get_deployment(self, **_arguments: Any) -> dict[str, Any]:
        return {"deploymentInfo": {"status": self.statuses.pop(0)}}


@pytest.mark.parametrize(
    ("service", "release", "live", "words"),
    [
        ("worker", V2, {"ingress": V1, "enricher": V2}, None),
        ("ingress", V2, {"worker": V2}, None),
        ("ingress", V2, {"worker": V1}, "deploy the worker first"),
        ("worker", V3, {"ingress": V1}, "reads both first"),
        ("enricher", V2, {}, None),
    ],
)
def test_a_consumer_goes_before_its_producer(
    service: str, release: MessageVersions, live: dict[str, MessageVersions], words: str | None
) -> None:
    """A release is refused when a live neighbour could not read it, or it could not read a live neighbour."""
    found = problems(service, release, live)
    assert (words is None and not found) or any(words in problem for problem in found if words)


@mock_aws
def test_an_uploaded_version_is_never_replaced(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """The second deploy of a version takes what is uploaded, whatever a new build would give."""
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="artefacts")
    first = tmp_path / "first.zip"
    first.write_bytes(b"first")
    monkeypatch.setattr(artefact, "_build", lambda service, version: first)
    uploaded = artefact.require_artefact(s3, "artefacts", "worker", "1.0.0")
    first.write_bytes(b"something else")
    again = artefact.require_artefact(s3, "artefacts", "worker", "1.0.0")
    assert again == uploaded
    assert again.sha256_base64 == base64.b64encode(hashlib.sha256(b"first").digest()).decode()
    assert again.messages.writes >= again.messages.reads_from >= 1


def test_a_version_that_is_neither_built_nor_uploaded_is_refused() -> None:
    """The message names the tag to deploy from."""
    with pytest.raises(DeployError, match="check out the tag worker-v99"):
        artefact._build("worker", "99.0.0")


def test_the_shift_waits_for_success_and_names_both_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """CodeDeploy is told the alias, the version that serves and the one that shall."""
    monkeypatch.setattr(shift, "POLL_SECONDS", 0.0)
    codedeploy = FakeCodeDeploy("InProgress", "Succeeded")
    shift.shift(codedeploy, "rp-mw-dev-worker", current="4", target="5")
    content = codedeploy.asked[0]["revision"]["appSpecContent"]["content"]
    assert '"CurrentVersion": "4", "TargetVersion": "5"' in content
    assert '"Alias": "live"' in content


def test_a_shift_that_an_alarm_stopped_fails_the_deploy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The deploy exits non-zero and says that the version before serves again."""
    monkeypatch.setattr(shift, "POLL_SECONDS", 0.0)
    with pytest.raises(DeployError, match="the version before serves again"):
        shift.shift(FakeCodeDeploy("InProgress", "Stopped"), "rp-mw-dev-worker", current="4", target="5")


def test_a_version_that_serves_already_is_not_shifted() -> None:
    """A deploy that published nothing new starts no deployment."""
    codedeploy = FakeCodeDeploy()
    shift.shift(codedeploy, "rp-mw-dev-worker", current="5", target="5")
    assert codedeploy.asked == []


class FakeVersions:
    """The two calls of Lambda that a rollback makes."""

    def __init__(self, *versions: str) -> None:
        self.versions = versions

    def get_paginator(self, _name: str) -> FakeVersions:
        return self

    def paginate(self, **_arguments: Any) -> list[dict[str, Any]]:
        return [{"Versions": [{"Version": version}]} for version in self.versions]


def test_a_rollback_goes_to_the_newest_older_version() -> None:
    """Versions that were deleted in between are skipped."""
    assert shift.version_before(FakeVersions("$LATEST", "3", "7", "9"), "rp-mw-dev-worker", "9") == "7"


def test_a_rollback_of_the_first_version_says_that_there_is_none() -> None:
    """There is nothing to go back to."""
    with pytest.raises(DeployError, match="no version before 1"):
        shift.version_before(FakeVersions("$LATEST", "1"), "rp-mw-dev-worker", "1")
