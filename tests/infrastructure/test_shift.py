"""Moving traffic, against a CodeDeploy that behaves as documented: what fails is undone, rollbacks go to good."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from rp_mw_shared.reasons import REASONS
from rp_mw_worker import sweep
from tools.intent.expected import load as load_intent
from tools.release import commands, pretraffic
from tools.release.environment import Aws
from tools.release.history import Shift, find_last_good
from tools.release.releases import Release, record
from tools.release.shift import Shifter
from tools.release.terraform import DeployError
from tools.tf.codedeploy import Alias, CodeDeploy, Group

FUNCTION = "rp-mw-prod-worker"


def _in_prod(value: Any) -> Any:
    """What a value of the intent is in prod."""
    return value["per"]["prod"] if isinstance(value, dict) and "per" in value else value


def _canary() -> Mapping[str, Any]:
    """The intent's canary: minutes and percent."""
    (row,) = [one for one in INTENT["resources"] if one["type"] == "aws_codedeploy_deployment_config"]
    told = row["these"]["Lambda"]["traffic_routing_config"]["time_based_canary"]
    return {name: _in_prod(value) for name, value in told.items()}


EVENTS_PER_HOUR = 60  # what the intent's canary is long enough for (record 0174)
INTENT = load_intent()
SHARE = _canary()["percentage"] / 100
INTERVAL_SECONDS = _canary()["interval"] * 60.0
ALARMS = {name: _in_prod(value) for name, value in INTENT["canary_alarms"].items()}
WELL: Mapping[str, Any] = {"batchItemFailures": []}
SWEPT: Mapping[str, Any] = {"listed": 0, "outcome": "finished"}


def sha256_of(version: str) -> str:
    """The digest of the bytes of a published version, each of which holds others."""
    return base64.b64encode(hashlib.sha256(version.encode()).digest()).decode()


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
        return {"MemorySize": 512, "CodeSha256": sha256_of(Qualifier), "Environment": {"Variables": variables}}

    def invoke(self, FunctionName: str, Qualifier: str, Payload: bytes) -> dict[str, Any]:
        self.invoked.append((Qualifier, json.loads(Payload)))
        is_sweep = self.invoked[-1][1].get("source") == "rp-mw.sweep"
        answer = self.answers.get(Qualifier, SWEPT if is_sweep else WELL)
        failed = {"FunctionError": "Unhandled"} if "errorType" in answer else {}
        return {"Payload": io.BytesIO(json.dumps(answer).encode()), **failed}


class World(Aws):
    """An environment whose clients are the two fakes; its traffic comes with each step of time.

    Its releases.json, in `checkout`, names the bytes of the version that was published last.
    """

    checkout: Path

    def __init__(self, versions: list[str], live: str, *, firing: Mapping[str, Any] | None = None) -> None:
        super().__init__("prod", self.checkout)
        self.release(versions[-1])
        self.alias = Alias(live)
        self.functions = Lambda(self.alias, versions)
        self.codedeploy = CodeDeploy(FUNCTION, self.alias, Group(SHARE, INTERVAL_SECONDS, dict(firing or {})))

    def client(self, name: str) -> Any:
        return {"lambda": self.functions, "codedeploy": self.codedeploy}[name]

    def publish(self, version: str) -> None:
        self.functions.versions.append(version)
        self.release(version)

    def release(self, version: str) -> None:
        record("prod", "worker", Release("1.4.0", sha256_of(version)), self.checkout)


@pytest.fixture(autouse=True)
def _time_of_the_simulation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Waiting lets the simulated CodeDeploy's time go by; each test has a checkout of its own."""
    (tmp_path / "terraform" / "environments" / "prod").mkdir(parents=True)
    monkeypatch.setattr(World, "checkout", tmp_path, raising=False)
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


@dataclass
class CanaryAlarm:
    """The alarm `failed` of the intent, over the new version's part of an even stream of events.

    It asks for percent of invocations in a period, and says nothing below the least number of them.
    """

    world: World
    events_per_hour: float
    failing: float
    seen: list[tuple[float, float]] = field(default_factory=list)

    def __call__(self) -> bool:
        now, share = self.world.codedeploy.now, self.world.alias.share
        self.seen.append((now, share))
        invocations = int(min(now, ALARMS["seconds"]) / 3600 * self.events_per_hour * share)
        if invocations < ALARMS["least"]:
            return False
        return 100 * int(invocations * self.failing) / invocations > ALARMS["above"]["failed"]


def shift_watched(events_per_hour: float, failing: float) -> CanaryAlarm:
    """Shift to a version of which a part of the records fails; only its alarm may stop it."""
    world = World(["4", "5"], live="4")
    alarm = CanaryAlarm(world, events_per_hour, failing)
    world.codedeploy.group.alarms[f"{FUNCTION}-canary-failed"] = alarm
    try:
        commands.shift(world, "worker")
    except DeployError as error:
        assert re.search(rf"Stopped \(alarm {FUNCTION}-canary-failed.*version 4 serves", str(error))
    return alarm


@pytest.mark.parametrize("failing", [1.0, 0.4])
def test_a_version_that_fails_every_record_is_gone_before_the_bake_is_over(failing: float) -> None:
    """Or many of them. It never has more than its share, for no longer than the bake."""
    alarm = shift_watched(EVENTS_PER_HOUR, failing)
    alias = alarm.world.alias
    assert (alias.version, alias.canary, alias.share) == ("4", None, 0.0)
    assert max(share for _, share in alarm.seen) == SHARE
    assert alarm.seen[-1][0] < INTERVAL_SECONDS


@pytest.mark.parametrize(
    ("events_per_hour", "failing"),
    [(ALARMS["least"] / SHARE / INTERVAL_SECONDS * 3600 * 0.99, 1.0), (EVENTS_PER_HOUR, 0.2)],
    ids=["every record, of fewer than the least", "as many as the threshold, and no more"],
)
def test_what_may_be_chance_ends_no_canary(events_per_hour: float, failing: float) -> None:
    """One failure of four says little: the alarm is silent below the least of invocations, and at its threshold."""
    alarm = shift_watched(events_per_hour, failing)
    assert (alarm.world.alias.version, alarm.world.alias.canary) == ("5", None)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"errorType": "ConfigurationError"}, "ConfigurationError"),
        ({"batchItemFailures": [{"itemIdentifier": "1"}]}, "its answer is not well"),
        ({"statusCode": 503}, "its answer is not well"),
        ({"outcome": "vendor_unauthorized"}, "its sweep ends with vendor_unauthorized"),
        ({"outcome": "secret_unreadable"}, "its sweep ends with secret_unreadable"),
        (WELL, "its sweep ends with no outcome"),
        ({}, "its answer is not well"),
    ],
)
def test_a_version_that_fails_its_synthetic_event_gets_no_traffic(answer: Mapping[str, Any], words: str) -> None:
    """No deployment begins."""
    world = World(["4", "5"], live="4")
    world.functions.answers["5"] = answer
    with pytest.raises(DeployError, match=rf"fails a synthetic event \({words}\): no traffic moves"):
        commands.shift(world, "worker")
    assert world.alias.version == "4"
    assert list(world.codedeploy.paginate(applicationName=FUNCTION, deploymentGroupName="live")) == [
        {"deployments": []}
    ]


@pytest.mark.parametrize(
    "outcome", ["paced", "out_of_time", "vendor_unavailable", "vendor_throttled", "list_forbidden"]
)
def test_what_is_the_vendors_stops_no_release(outcome: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A fix may be for that very outage, and some accounts may not list; that it could not be tried is said."""
    world = World(["4", "5"], live="4")
    world.functions.answers["5"] = {"outcome": outcome}
    commands.shift(world, "worker")
    assert world.alias.version == "5"
    is_told = f"could not be tried against Richpanel ({outcome})" in capsys.readouterr().out
    assert is_told == (outcome not in pretraffic.SWEPT)


def test_what_is_known_of_sweeps_are_the_reasons_that_sweeps_have() -> None:
    """Whoever renames a reason meets it here."""
    assert set(REASONS) >= pretraffic.OUTAGES | pretraffic.WITHOUT_A_LIST
    assert {sweep._FINISHED, sweep._MORE_PAGES, sweep._PACED, sweep._OUT_OF_TIME} == pretraffic.SWEPT


@pytest.mark.parametrize(
    ("live", "consequence"), [("4", "no traffic moves"), ("5", "it serves already")], ids=["canary", "apply"]
)
def test_a_version_of_other_bytes_than_were_released_gets_no_traffic(live: str, consequence: str) -> None:
    """Lambda's CodeSha256 is compared with the digest of releases.json before anything is asked of the version."""
    world = World(["4", "5"], live=live)
    world.release("other bytes")
    with pytest.raises(DeployError, match=f"version 5 holds other bytes .* {consequence}"):
        commands.shift(world, "worker")
    assert (world.alias.version, world.functions.invoked) == (live, [])


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


def test_who_has_the_traffic_is_said_when_the_deployment_that_gives_it_back_has_ended() -> None:
    """CodeDeploy stops the shift and makes another deployment, with an id of its own, of what served before."""
    firing = {"failed": False}
    world = World(["4", "5"], live="4", firing={"canary-failed": lambda: firing["failed"]})
    begun = Shifter(world.codedeploy, FUNCTION)._create(Shift("shift", "4", "5"), {})
    firing["failed"] = True
    world.codedeploy.sleep(10)
    assert world.codedeploy.get_deployment(deploymentId=begun)["deploymentInfo"]["status"] == "Stopped"
    assert (world.alias.version, world.alias.canary, world.alias.share) == ("4", "5", SHARE)
    (back,) = Shifter(world.codedeploy, FUNCTION)._active()
    assert back != begun
    world.codedeploy.sleep(10)
    assert (world.alias.version, world.alias.canary, world.alias.share) == ("4", None, 0.0)

    with pytest.raises(DeployError, match=r"did not stand: Stopped.*version 4 serves"):
        commands.shift(world, "worker", again=True)
    assert not Shifter(world.codedeploy, FUNCTION)._active()


def test_a_group_that_does_not_roll_back_is_not_said_to_have() -> None:
    """Somebody switched it off past Terraform: the canary keeps its share, and whoever deploys hears of it."""
    world = World(["4", "5"], live="4")
    world.codedeploy.group.rollback_events = ()
    world.codedeploy.group.alarms["canary-failed"] = lambda: world.codedeploy.now >= 60
    with pytest.raises(DeployError, match="its traffic was not given back, both versions may have some"):
        commands.shift(world, "worker")
    assert (world.alias.version, world.alias.canary) == ("4", "5")


@pytest.mark.parametrize("begins", [False, True], ids=["none begins", "it fails"])
def test_a_stop_that_gives_nothing_back_is_no_success(monkeypatch: pytest.MonkeyPatch, begins: bool) -> None:
    """The rollback is asked for with the stop; where none succeeds, that is said instead of who has all traffic."""
    world = World(["4", "5"], live="4")
    Shifter(world.codedeploy, FUNCTION)._create(Shift("shift", "4", "5"), {})
    begin = world.codedeploy._roll_back

    def fail(deployment: Any) -> None:
        if begins:
            begin(deployment)
            world.codedeploy._deployments[-1].info["status"] = "Failed"

    monkeypatch.setattr(world.codedeploy, "_roll_back", fail)
    with pytest.raises(DeployError, match="was stopped: its traffic was not given back"):
        commands.roll_back(world, "worker")


def test_a_rollback_by_hand_waits_for_one_that_is_under_way(capsys: pytest.CaptureFixture[str]) -> None:
    """Stopped, it would leave the canary its share."""
    firing = {"failed": False}
    world = World(["3", "4", "5"], live="4", firing={"canary-failed": lambda: firing["failed"]})
    Shifter(world.codedeploy, FUNCTION)._create(Shift("shift", "4", "5"), {})
    firing["failed"] = True
    world.codedeploy.sleep(10)
    (back,) = Shifter(world.codedeploy, FUNCTION)._active()
    commands.roll_back(world, "worker")
    assert world.codedeploy.get_deployment(deploymentId=back)["deploymentInfo"]["status"] == "Succeeded"
    assert (world.alias.version, world.alias.canary) == ("4", None)
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
