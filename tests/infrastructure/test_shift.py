"""Moving traffic, against a CodeDeploy that behaves as documented: what fails is undone, rollbacks go to good."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tools.release import commands
from tools.release.environment import Aws
from tools.release.history import Shift, find_last_good
from tools.release.shift import Shifter
from tools.release.terraform import DeployError
from tools.tf.codedeploy import Alias, CodeDeploy, Group

FUNCTION = "rp-mw-prod-worker"
INTERVAL_SECONDS = 55 * 60.0
WELL: Mapping[str, Any] = {"batchItemFailures": []}


@dataclass
class Lambda:
    """The calls of the Lambda client that the release tool makes, over the alias that CodeDeploy moves."""

    alias: Alias
    versions: list[str]
    answers: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    invoked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def get_alias(self, FunctionName: str, Name: str) -> dict[str, Any]:
        return {"FunctionVersion": self.alias.version}

    def get_paginator(self, _name: str) -> Lambda:
        return self

    def paginate(self, FunctionName: str) -> list[dict[str, Any]]:
        return [{"Versions": [{"Version": version}]} for version in ["$LATEST", *reversed(self.versions)]]

    def get_function_configuration(self, FunctionName: str, Qualifier: str) -> dict[str, Any]:
        variables = {"SAME": "1", "NEW_SETTING": Qualifier}
        return {"MemorySize": 512, "CodeSha256": Qualifier, "Environment": {"Variables": variables}}

    def invoke(self, FunctionName: str, Qualifier: str, Payload: bytes) -> dict[str, Any]:
        self.invoked.append((Qualifier, json.loads(Payload)))
        answer = self.answers.get(Qualifier, WELL)
        failed = {"FunctionError": "Unhandled"} if "errorType" in answer else {}
        return {"Payload": io.BytesIO(json.dumps(answer).encode()), **failed}


class World(Aws):
    """An environment whose clients are the two fakes; its traffic comes with each step of time."""

    def __init__(self, versions: list[str], live: str, *, firing: Mapping[str, Any] | None = None) -> None:
        super().__init__("prod")
        self.alias = Alias(live)
        self.functions = Lambda(self.alias, versions)
        self.codedeploy = CodeDeploy(FUNCTION, self.alias, Group(0.1, INTERVAL_SECONDS, dict(firing or {})))

    def client(self, name: str) -> Any:
        return {"lambda": self.functions, "codedeploy": self.codedeploy}[name]

    def publish(self, version: str) -> None:
        self.functions.versions.append(version)


@pytest.fixture(autouse=True)
def _time_of_the_simulation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting lets the simulated CodeDeploy's time go by."""
    real = commands.Shifter
    monkeypatch.setattr(
        commands,
        "Shifter",
        lambda codedeploy, function: real(codedeploy, function, codedeploy.sleep, codedeploy.monotonic),
    )


def test_a_good_version_takes_a_share_and_then_everything() -> None:
    """The shift is asked for with both versions, after the new one has answered synthetic events."""
    world = World(["4", "5"], live="4")
    commands.shift(world, "worker")
    assert (world.alias.version, world.alias.canary) == ("5", None)
    assert world.codedeploy.now == INTERVAL_SECONDS
    assert [version for version, _ in world.functions.invoked] == ["5", "5"]
    assert world.functions.invoked[1][1] == {"source": "rp-mw.sweep", "dry_run": True}


def test_a_version_that_fails_every_record_is_gone_before_the_bake_is_over() -> None:
    """It never has more than its share, for no longer than the bake; whoever deploys hears of it."""
    world = World(["4", "5"], live="4")
    seen: list[tuple[float, float]] = []
    failed = {"5": 0.0}

    def watch() -> bool:
        # 60 events an hour, a tenth of them to the new version: all of those fail
        seen.append((world.codedeploy.now, world.alias.share))
        failed["5"] = world.codedeploy.now / 3600 * 60 * world.alias.share
        return failed["5"] >= 5

    world.codedeploy.group.alarms["rp-mw-prod-worker-canary-failed"] = watch
    with pytest.raises(DeployError, match=r"Stopped \(alarm rp-mw-prod-worker-canary-failed.*version 4 serves"):
        commands.shift(world, "worker")
    assert (world.alias.version, world.alias.canary, world.alias.share) == ("4", None, 0.0)
    assert max(share for _, share in seen) == 0.1
    assert seen[-1][0] < INTERVAL_SECONDS


@pytest.mark.parametrize(
    "answer",
    [
        {"errorType": "ConfigurationError"},
        {"batchItemFailures": [{"itemIdentifier": "1"}]},
        {"statusCode": 503},
    ],
)
def test_a_version_that_fails_its_synthetic_event_gets_no_traffic(answer: Mapping[str, Any]) -> None:
    """No deployment begins."""
    world = World(["4", "5"], live="4")
    world.functions.answers["5"] = answer
    with pytest.raises(DeployError, match=r"fails a synthetic event .* no traffic moves"):
        commands.shift(world, "worker")
    assert world.alias.version == "4"
    assert list(world.codedeploy.paginate(applicationName=FUNCTION, deploymentGroupName="live")) == [
        {"deployments": []}
    ]


def test_a_rollback_goes_to_what_served_well_not_to_what_failed(capsys: pytest.CaptureFixture[str]) -> None:
    """Good, failed, fix live: the version before the fix is the one that failed, and the alarm is in alarm."""
    firing = {"failed": False}
    world = World(["4", "5"], live="4", firing={"canary-failed": lambda: firing["failed"]})
    commands.shift(world, "worker")
    world.publish("6")
    firing["failed"] = True
    with pytest.raises(DeployError, match="did not stand: Stopped"):
        commands.shift(world, "worker")
    world.publish("7")
    firing["failed"] = False
    commands.shift(world, "worker")
    assert world.alias.version == "7"

    firing["failed"] = True
    commands.roll_back(world, "worker")
    assert world.alias.version == "5"
    said = capsys.readouterr().out
    assert "go back: CodeSha256, environment variable NEW_SETTING" in said
    assert "stay as the last apply left them: the role's permissions, queues" in said


def test_a_second_rollback_goes_further_back_and_not_to_what_was_left() -> None:
    """What was rolled back from is not good."""
    world = World(["4", "5"], live="4")
    commands.shift(world, "worker")
    world.publish("6")
    commands.shift(world, "worker")
    commands.roll_back(world, "worker")
    assert world.alias.version == "5"
    commands.roll_back(world, "worker")
    assert world.alias.version == "4"
    with pytest.raises(DeployError, match="no version before 4"):
        commands.roll_back(world, "worker")


def test_what_was_rolled_back_from_is_shifted_to_again_only_on_purpose() -> None:
    """The next deploy of anything else does not bring it back."""
    world = World(["4", "5"], live="4")
    commands.shift(world, "worker")
    commands.roll_back(world, "worker")
    with pytest.raises(DeployError, match="version 5 did not stand before, version 4 serves"):
        commands.shift(world, "worker")
    commands.shift(world, "worker", again=True)
    assert world.alias.version == "5"


def test_a_rollback_during_a_shift_stops_it(capsys: pytest.CaptureFixture[str]) -> None:
    """All traffic goes back to where it came from; nothing further back."""
    world = World(["3", "4", "5"], live="4")
    begun = Shifter(world.codedeploy, FUNCTION)._create(Shift("shift", "4", "5"), {})
    assert world.alias.canary == "5"
    commands.roll_back(world, "worker")
    assert (world.alias.version, world.alias.canary) == ("4", None)
    assert world.codedeploy.get_deployment(deploymentId=begun)["deploymentInfo"]["status"] == "Stopped"
    assert "version 4 has all traffic again" in capsys.readouterr().out


def test_two_deploys_of_one_service_wait_for_each_other() -> None:
    """The second one begins when the first has ended, from the version that serves then."""
    world = World(["4", "5"], live="4")
    Shifter(world.codedeploy, FUNCTION)._create(Shift("shift", "4", "5"), {})
    world.publish("6")
    commands.shift(world, "worker")
    assert world.alias.version == "6"
    assert world.codedeploy.now == 2 * INTERVAL_SECONDS


def test_a_deployment_that_began_between_look_and_call_is_waited_for() -> None:
    """CodeDeploy refuses a second one in the group; that is no failure of ours."""
    world = World(["4", "5", "6"], live="4")
    Shifter(world.codedeploy, FUNCTION)._create(Shift("rollback", "4", "5"), {})
    shifter = Shifter(world.codedeploy, FUNCTION, world.codedeploy.sleep, world.codedeploy.monotonic)
    shifter.shift("5", "6")
    assert world.alias.version == "6"


def test_a_version_that_serves_already_is_not_shifted() -> None:
    """Where the apply moves the alias there is nothing left to do but to look."""
    world = World(["4", "5"], live="5")
    commands.shift(world, "worker")
    assert [version for version, _ in world.functions.invoked] == ["5", "5"]
    assert list(world.codedeploy.paginate(applicationName=FUNCTION, deploymentGroupName="live")) == [
        {"deployments": []}
    ]


def test_a_deleted_version_is_not_gone_back_to() -> None:
    """The one before it is."""
    shifts = [Shift("shift", "3", "4", "Succeeded"), Shift("shift", "4", "6", "Succeeded")]
    assert find_last_good(shifts, "6", ["3", "6"]) == "3"
    assert find_last_good([], "6", ["3", "6"]) is None
