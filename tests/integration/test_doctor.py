"""`rp-mw doctor`: all in order, and each thing that may not be, with what to do; never a secret's value."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from rp_mw_ingress.domain.authentication import AuthMode, WebhookSecrets, is_authentic
from rp_mw_local.deployment.changes import Target
from rp_mw_local.deployment.configuration import ensure_flags, ensure_secrets
from rp_mw_local.deployment.storage import ensure_key, ensure_queue, ensure_table
from rp_mw_local.simulators.richpanel import RichpanelSimulator
from rp_mw_local.simulators.shopify import ShopifySimulator
from rp_mw_ops.commands import doctor
from rp_mw_ops.commands.local import furnish_helpdesk
from rp_mw_ops.environment import LOCAL, Environment
from rp_mw_ops.flags import load_flags, set_flag
from rp_mw_shared.clock import SystemClock
from rp_mw_shared.environments.topology import load_topology
from tests.fakes.http_stub import HttpStub, StubReply, StubRequest
from tests.fakes.json_answers import require_published
from tests.fakes.policy import load_policy, policy_directory

TOPOLOGY = load_topology("doctored")
HOOK = WebhookSecrets(tokens=("hook-secret",), hmac_keys=("hook-key",))
SECRETS: dict[str, Any] = {
    "webhook": {"token_current": "hook-secret", "token_previous": None, "hmac_secret": None},
    "richpanel": {"api_key": "desk-secret"},
    "openai": {"api_key": "model-secret"},
    "shopify": {"access_token": "shop-secret"},
    "hash_salt": {"salt": "salt-secret"},
}


@dataclass
class Outside:
    """What is beside AWS: what each stub answers, and the vendors' simulators."""

    richpanel: RichpanelSimulator
    shopify: ShopifySimulator
    webhook: HttpStub
    model: HttpStub
    auth_mode: str = "token"
    statuses: dict[str, int] = field(default_factory=lambda: {"without": 401, "with": 200, "model": 200})


class Functions:
    """Lambda's answer about a deployed function: its settings, and its release."""

    def __init__(self, outside: Outside) -> None:
        self.settings = {
            "RICHPANEL_BASE_URL": f"{outside.richpanel.url}/v1",
            "RICHPANEL_AUTHOR_ID": "agent-1",
            "OPENAI_BASE_URL": outside.model.url,
            "OPENAI_MODEL": "gpt-6-luna",
            "SHOPIFY_BASE_URL": outside.shopify.url,
            "SHOPIFY_API_VERSION": "2026-10",
            "SHOPIFY_ORDER_NAME_PREFIX": "#",
            "SHOPIFY_ORDER_NAME_SUFFIX": "none",
        }

    def get_function_configuration(self, **_: str) -> dict[str, Any]:
        """The same for each function."""
        return {"Environment": {"Variables": self.settings}, "Description": "rp-mw (0.0.1)", "State": "Active"}


@pytest.fixture
def outside() -> Iterator[Outside]:
    """A furnished helpdesk, a shop, a webhook that asks for its token, and a model's vendor."""
    richpanel, shopify = RichpanelSimulator("desk-secret"), ShopifySimulator("id", "secret", static_token="shop-secret")
    made: list[Outside] = []

    def webhook(request: StubRequest) -> StubReply:
        mode, now = AuthMode(made[0].auth_mode), SystemClock().now_epoch_ms() // 1000
        is_let_in = is_authentic(mode, request.headers, request.body, HOOK, now)
        assert request.json()["is_operator"] is True  # what is let in is ignored: nothing is queued
        return StubReply(made[0].statuses["with" if is_let_in else "without"], b"{}", {})

    def model(request: StubRequest) -> StubReply:
        assert request.path == "/models/gpt-6-luna"
        return StubReply(made[0].statuses["model"], b"{}", {})

    for simulator in (richpanel, shopify):
        simulator.start()
    furnish_helpdesk(richpanel.url, load_policy())
    with HttpStub(webhook) as hook, HttpStub(model) as vendor:
        made.append(Outside(richpanel, shopify, hook, vendor))
        yield made[0]
    for simulator in (richpanel, shopify):
        simulator.stop()


@pytest.fixture(scope="module")
def stored(aws: Callable[[str], Any]) -> Callable[[str], Any]:
    """Tables, queues, secrets, log groups and alarms of an environment in AWS."""
    target = Target(TOPOLOGY, aws)
    key = ensure_key(target)
    for table in TOPOLOGY.tables.values():
        ensure_table(target, table, key)
        backups = {"PointInTimeRecoveryEnabled": True}
        aws("dynamodb").update_continuous_backups(TableName=table.name, PointInTimeRecoverySpecification=backups)
        aws("dynamodb").update_table(TableName=table.name, DeletionProtectionEnabled=True)
    for queue in TOPOLOGY.queues.values():
        ensure_queue(target, queue, key)
    for function in TOPOLOGY.functions.values():
        name = f"/aws/lambda/{function.name}"
        aws("logs").create_log_group(logGroupName=name)
        aws("logs").put_retention_policy(logGroupName=name, retentionInDays=30)
    topic = aws("sns").create_topic(Name="rp-mw-doctored-alarms")["TopicArn"]
    aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:000000000000:pager")
    aws("cloudwatch").put_metric_alarm(
        AlarmName="rp-mw-doctored-worker-errors",
        MetricName="Errors",
        Namespace="AWS/Lambda",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[topic],
    )
    return aws


@dataclass
class Ward:
    """The environment, and the command in it."""

    environment: Environment
    outside: Outside
    functions: Functions
    capsys: pytest.CaptureFixture[str]

    def doctor(self, *arguments: str) -> tuple[int, str]:
        """Exit code and what was printed."""
        parser = argparse.ArgumentParser()
        doctor.add_arguments(parser)
        args = parser.parse_args(["--policy", str(policy_directory()), *arguments])
        return doctor.run_in(self.environment, args, SystemClock()), self.capsys.readouterr().out

    def findings(self) -> dict[str, str]:
        """What is not in order, by part, with what to do."""
        _, printed = self.doctor("--json")
        checks = require_published("doctor", printed)["checks"]
        return {one["part"]: one["to_do"] for one in checks if one["state"] == "finding"}


@pytest.fixture
def ward(stored: Callable[[str], Any], outside: Outside, capsys: pytest.CaptureFixture[str]) -> Ward:
    """Everything is in order."""
    target = Target(TOPOLOGY, stored)
    ensure_secrets(target, SECRETS)
    ensure_flags(target, dict(TOPOLOGY.flag_defaults))
    functions = Functions(outside)
    local = {"webhook_url": f"{outside.webhook.url}/v1/richpanel/events"}
    environment = Environment(TOPOLOGY, lambda name: functions if name == "lambda" else stored(name), local)
    return Ward(environment, outside, functions, capsys)


def test_all_in_order_is_exit_code_0_and_shows_no_secret(ward: Ward) -> None:
    """Every part is named; what cannot be seen through an API is said."""
    code, printed = ward.doctor()
    assert code == 0, printed
    for part in (
        "clock",
        "webhook",
        "queue events",
        "expiry of audit_trail",
        "point-in-time",
        "flags",
        "secret shopify",
    ):
        assert f"ok    {part}" in printed, printed
    for part in ("helpdesk's tags", "channels nobody knows", "shop's scopes", "model", "log retention", "who hears"):
        assert f"ok    {part}" in printed, printed
    assert "note  automatic replies: off: the rollout is in shadow" in printed
    assert "note  shop's order names: orders are called #1001: compare" in printed
    assert "note  function worker: version 0.0.1, and the checkout has" in printed
    assert not any(str(value) in printed for fields in SECRETS.values() for value in fields.values() if value)


def test_what_the_local_helpdesk_leaves_out_is_no_finding_and_anything_else_is(ward: Ward) -> None:
    """A newcomer's first look is clean and says what is missing on purpose; in AWS nothing is excused."""
    store = ward.outside.richpanel.store
    del store.teams["team-TikTok Support"], store.tags["tag-mw-intent-tiktok_support_request"]
    assert set(ward.findings()) == {"helpdesk's tags", "helpdesk's teams"}
    ward.environment = replace(ward.environment, topology=replace(TOPOLOGY, environment=LOCAL))
    assert ward.findings() == {}
    code, printed = ward.doctor()
    assert code == 0, printed
    assert "note  helpdesk's teams: 11 of 12 there; the local helpdesk leaves out TikTok Support on purpose" in printed
    del store.teams["team-Sales"]
    assert ward.findings() == {
        "helpdesk's teams": "make them in Richpanel: Sales, TikTok Support (rp-mw drift)",
    }


def test_an_open_webhook_and_one_that_refuses_its_own_token_are_told(ward: Ward) -> None:
    """The one lets anybody in, the other nobody."""
    ward.outside.statuses |= {"without": 200, "with": 401}
    assert ward.findings() == {
        "webhook without its token": "anybody may post: look at AUTH_MODE of the ingress",
        "webhook with its token": "runbook, Auth failures",
    }
    assert ward.doctor()[0] == 1


@pytest.mark.parametrize(("key", "found"), [("hook-key", set()), ("old-key", {"webhook with its signature"})])
def test_a_webhook_that_asks_for_a_signature_gets_one(
    ward: Ward, stored: Callable[[str], Any], key: str, found: set[str]
) -> None:
    """As the ingress checks it: the mode is the ingress' own setting, and no token need be there."""
    ward.outside.auth_mode = ward.functions.settings["AUTH_MODE"] = "hmac"
    ensure_secrets(Target(TOPOLOGY, stored), SECRETS | {"webhook": {"hmac_secret": key}})
    assert set(ward.findings()) == found
    code, printed = ward.doctor()
    assert (code, "ok    webhook without its signature" in printed) == (int(bool(found)), True)
    assert key not in printed


def test_a_dead_letter_a_missing_flag_and_an_empty_secret_are_told(ward: Ward, stored: Callable[[str], Any]) -> None:
    """Each with what to do."""
    dead = ward.environment.queue_url("events", dead_letters=True)
    stored("sqs").send_message(QueueUrl=dead, MessageBody="x", MessageGroupId="g", MessageDeduplicationId="d")
    stored("ssm").delete_parameter(Name=f"{TOPOLOGY.flags_path}/rollout_stage")
    stored("secretsmanager").put_secret_value(SecretId=TOPOLOGY.secrets["hash_salt"], SecretString='{"salt": ""}')
    found = ward.findings()
    stored("sqs").purge_queue(QueueUrl=dead)
    assert found["dead letters of events"].startswith("rp-mw dlq list")
    assert found["flags"] == "no reply goes out: set rollout_stage"
    assert found["secret hash_salt"].startswith("put salt into rp-mw/doctored/internal/hash-salt")


def test_a_flag_that_was_set_past_the_tool_is_told(ward: Ward, stored: Callable[[str], Any]) -> None:
    """Nobody said who and why; set again with the tool, it is in order."""
    path = f"{TOPOLOGY.flags_path}/safe_mode"
    stored("ssm").put_parameter(Name=path, Value="true", Type="String", Overwrite=True)
    assert ward.findings()["who set the flags"].startswith("somebody set it in SSM: who, CloudTrail says")
    assert "who set the flags: past rp-mw: safe_mode" in ward.doctor()[1]
    set_flag(ward.environment, "safe_mode", "false", who="dana", why="test")
    set_flag(ward.environment, "safe_mode", "true", who="dana", why="test")
    assert "who set the flags" not in ward.findings()
    stored("ssm").put_parameter(Name=path, Value="false", Type="String", Overwrite=True)
    assert "who set the flags" in ward.findings()
    set_flag(ward.environment, "safe_mode", "false", who="dana", why="test")


def test_a_table_without_expiry_recovery_and_protection_is_told(ward: Ward, stored: Callable[[str], Any]) -> None:
    """Each has its own line."""
    name, client = TOPOLOGY.tables["idempotency"].name, stored("dynamodb")
    expiry = {"AttributeName": "expires_at"}

    def switch(is_on: bool) -> None:
        client.update_time_to_live(TableName=name, TimeToLiveSpecification={"Enabled": is_on, **expiry})
        client.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": is_on}
        )
        client.update_table(TableName=name, DeletionProtectionEnabled=is_on)

    switch(False)
    found = ward.findings()
    switch(True)
    assert set(found) == {
        f"{part} of idempotency" for part in ("expiry", "point-in-time recovery", "deletion protection")
    }


def test_a_vendor_that_refuses_is_told_by_its_name(ward: Ward) -> None:
    """The shop's app, the model's key, and a retired API version."""
    ward.outside.shopify.static_token = "another"
    assert set(ward.findings()) == {"shop's app"}
    ward.outside.shopify.static_token = "shop-secret"
    ward.functions.settings["SHOPIFY_API_VERSION"] = "2020-01"
    assert set(ward.findings()) == {"shop's API version"}
    ward.environment.client("ssm").put_parameter(
        Name=f"{TOPOLOGY.flags_path}/classifier", Value="openai", Type="String", Overwrite=True
    )
    ward.outside.statuses["model"] = 401
    found = ward.findings()["model"]
    assert found == "put a valid key into its secret; until then: rp-mw flags set classifier embedded"


def test_what_cannot_be_seen_is_incomplete_and_leaves_the_other_checks(ward: Ward) -> None:
    """Exit code 3: nothing is wrong as far as one sees."""
    ward.outside.richpanel.api_key = "rotated"
    code, printed = ward.doctor()
    assert code == 3
    assert "??    helpdesk's tags: Richpanel refuses the key" in printed
    assert "ok    shop's scopes" in printed


def test_a_firing_alarm_and_one_that_tells_nobody_are_told(ward: Ward, stored: Callable[[str], Any]) -> None:
    """And log lines that are kept for ever."""
    client, name = stored("cloudwatch"), "rp-mw-doctored-worker-errors"
    client.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")
    assert ward.findings()["alarms that fire"] == "docs/runbook.md has a section for each"
    client.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="test")
    group = f"/aws/lambda/{TOPOLOGY.functions['worker'].name}"
    stored("logs").delete_retention_policy(logGroupName=group)
    found = ward.findings()
    stored("logs").put_retention_policy(logGroupName=group, retentionInDays=30)
    assert found["log retention of worker"].startswith("lines are kept for ever")


def probe(ward: Ward, *arguments: str) -> tuple[str, str]:
    """The probe's state and what it said."""
    _, printed = ward.doctor("--probe-notes", "t1", "--who", "dana", "--json", *arguments)
    (one,) = require_published("doctor", printed)["checks"]
    return one["state"], one["said"]


def proof(ward: Ward) -> str:
    """The flag that the worker reads."""
    return str(load_flags(ward.environment)["notes_are_private"]["value"])


def test_notes_are_proved_private_by_the_helpdesk_and_by_a_person_together(ward: Ward) -> None:
    """One note is written; the flag is set once somebody has looked, and who did is recorded."""
    ward.outside.richpanel.seed(
        {"customer_message": {"conversation_id": "t1", "text": "test", "email": "us@shop.example"}}
    )
    assert probe(ward)[0] == "unread"
    assert proof(ward) == "false"
    assert probe(ward, "--customer-saw-nothing") == ("good", "proved: stage draft may be opened")
    assert proof(ward) == "true"
    assert load_flags(ward.environment)["notes_are_private"]["last_change"]["who"] == "dana"
    comments = ward.outside.richpanel.state()["tickets"]["t1"]["comments"]
    assert [one["public"] for one in comments] == [True, False]


@pytest.mark.parametrize("public", ["ignored", "hidden"])
def test_an_account_that_does_not_call_its_notes_private_is_refused(ward: Ward, public: str) -> None:
    """Whatever the person says; a proof of before is withdrawn."""
    richpanel = ward.outside.richpanel
    richpanel.switch(public=public)
    richpanel.seed({"customer_message": {"conversation_id": "t1", "text": "test", "email": "us@shop.example"}})
    path = f"{TOPOLOGY.flags_path}/notes_are_private"
    ward.environment.client("ssm").put_parameter(Name=path, Value="true", Type="String", Overwrite=True)
    assert probe(ward, "--customer-saw-nothing")[0] == "finding"
    assert proof(ward) == "false"
    assert ward.doctor("--probe-notes", "t1")[0] == 1


def test_an_account_that_lies_is_found_by_the_person_alone(ward: Ward) -> None:
    """It calls private what it shows to the customer: without the person's word there is no proof."""
    richpanel = ward.outside.richpanel
    richpanel.switch(public="echoed")
    richpanel.seed({"customer_message": {"conversation_id": "t1", "text": "test", "channel": "livechat"}})
    assert ward.doctor("--probe-notes", "t1")[0] == 3
    assert proof(ward) == "false"
    assert [one["reached_customer"] for one in richpanel.state()["deliveries"]] == [True]
