"""What is deployed is what the owner's document and the product description say; deploying twice changes nothing."""

from __future__ import annotations

import functools
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rp_mw_local.deployment.deploy import Deployment, Vendors, deploy
from rp_mw_local.deployment.functions import role_policy
from rp_mw_local.emulator import Emulator
from rp_mw_local.errors import LocalError
from rp_mw_shared.environments.topology import load_topology, resolve
from rp_mw_shared.errors import ConfigurationError

ENVIRONMENT = "conformance"
VENDORS = Vendors("http://127.0.0.1:1/v1", "http://127.0.0.1:2", "http://127.0.0.1:3/v1", "agent-1")
TOPOLOGY = load_topology(ENVIRONMENT)
SERVICES = tuple(TOPOLOGY.functions)
CONSUMERS = [(key, queue.consumer) for key, queue in TOPOLOGY.queues.items()]


@pytest.fixture(scope="module")
def stub_zips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Functions that do nothing: only their settings matter here."""
    folder = tmp_path_factory.mktemp("zips")
    for service in SERVICES:
        with zipfile.ZipFile(folder / f"{service}.zip", "w") as archive:
            archive.writestr(f"rp_mw_{service}/__init__.py", "")
            archive.writestr(
                f"rp_mw_{service}/handler.py", "def handler(event, context):\n    return {'batchItemFailures': []}\n"
            )
    return {service: folder / f"{service}.zip" for service in SERVICES}


@pytest.fixture(scope="module")
def client(emulator: Emulator) -> Callable[[str], Any]:
    """Clients of the shared empty embedded AWS."""
    return functools.cache(emulator.client)


@pytest.fixture(scope="module")
def deployment(client: Callable[[str], Any], stub_zips: dict[str, Path]) -> Deployment:
    """The topology deployed once."""
    return deploy(load_topology(ENVIRONMENT), client, stub_zips, VENDORS)


@pytest.mark.parametrize(
    ("key", "name", "keys", "days"),
    [
        ("idempotency", "rp_mw_conformance_idempotency", ["event_id"], 30),
        ("conversation_state", "rp_mw_conformance_conversation_state", ["conversation_id"], 90),
        ("audit_trail", "rp_mw_conformance_audit_trail", ["conversation_id", "ts_action_id"], 60),
    ],
)
def test_tables_match_the_owners_document(
    deployment: Deployment, client: Callable[[str], Any], key: str, name: str, keys: list[str], days: int
) -> None:
    """Names, keys, retention, encryption, backups and protection."""
    spec = deployment.topology.tables[key]
    table = client("dynamodb").describe_table(TableName=name)["Table"]
    expiry = client("dynamodb").describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    backups = client("dynamodb").describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    assert (spec.name, spec.ttl_days) == (name, days)
    assert [entry["AttributeName"] for entry in table["KeySchema"]] == keys
    assert table["DeletionProtectionEnabled"] is True
    assert table["SSEDescription"]["SSEType"] == "KMS"
    assert (expiry["AttributeName"], expiry["TimeToLiveStatus"]) == ("expires_at", "ENABLED")
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


@pytest.mark.parametrize(("key", "consumer", "most"), [("events", "worker", 1_000), ("enrichment", "enricher", 5)])
def test_queues_are_high_throughput_fifo_with_a_fifo_dlq(
    deployment: Deployment, client: Callable[[str], Any], key: str, consumer: str, most: int
) -> None:
    """Redrive after five receives, but events, which the worker counts itself; visibility six times the timeout."""
    addresses = deployment.queues[key]
    queue = client("sqs").get_queue_attributes(QueueUrl=addresses.url, AttributeNames=["All"])["Attributes"]
    dead = client("sqs").get_queue_attributes(QueueUrl=addresses.dlq_url, AttributeNames=["All"])["Attributes"]
    redrive = json.loads(queue["RedrivePolicy"])
    assert (redrive["deadLetterTargetArn"], int(redrive["maxReceiveCount"])) == (dead["QueueArn"], most)
    assert int(queue["VisibilityTimeout"]) == 6 * deployment.topology.functions[consumer].timeout_seconds
    for attributes in (queue, dead):
        assert attributes["FifoQueue"] == "true"
        assert attributes["DeduplicationScope"] == "messageGroup"
        assert attributes["FifoThroughputLimit"] == "perMessageGroupId"
        assert attributes["KmsMasterKeyId"] == deployment.key_arn
    assert addresses.url.endswith(".fifo") and addresses.dlq_url.endswith("-dlq.fifo")


def test_every_consumer_reports_failures_one_by_one(deployment: Deployment, client: Callable[[str], Any]) -> None:
    """A batch that half failed must not come back whole; a FIFO batch has at most ten messages."""
    for key, consumer in CONSUMERS:
        arn = deployment.queues[key].arn
        (mapping,) = client("lambda").list_event_source_mappings(EventSourceArn=arn)["EventSourceMappings"]
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping["BatchSize"] <= 10
        assert mapping["FunctionArn"].endswith(f"{deployment.topology.functions[consumer].name}:live")


def test_roles_hold_the_topologys_permissions_and_no_wildcard(
    deployment: Deployment, client: Callable[[str], Any]
) -> None:
    """Ingress may send to one queue and read one secret and no more."""
    for key, spec in deployment.topology.functions.items():
        policy = client("iam").get_role_policy(RoleName=spec.name, PolicyName="least-privilege")["PolicyDocument"]
        actions = {action for statement in policy["Statement"] for action in statement["Action"]}
        granted = {action for grant in spec.permissions for action in grant.actions}
        own = {"logs:CreateLogStream", "logs:PutLogEvents", "kms:Decrypt", "kms:GenerateDataKey"}
        assert actions == granted | own, key
        assert not [action for action in actions if "*" in action]
        assert "*" not in {statement["Resource"] for statement in policy["Statement"]}
    ingress = role_policy(deployment.topology.functions["ingress"], _Any())
    assert sorted(action for statement in ingress["Statement"][:2] for action in statement["Action"]) == [
        "secretsmanager:GetSecretValue",
        "sqs:SendMessage",
    ]


def test_flags_start_in_shadow_with_automation_off(deployment: Deployment, client: Callable[[str], Any]) -> None:
    """A new environment decides and records, and does nothing else."""
    found = client("ssm").get_parameters_by_path(Path="/rp-mw/conformance/flags")["Parameters"]
    values = {entry["Name"].rpartition("/")[2]: entry["Value"] for entry in found}
    assert values["rollout_stage"] == "shadow"
    assert values["automation_enabled"] == "false"
    assert values["automation_enabled_channels"] == "livechat,email"
    assert set(values) == set(deployment.topology.flag_defaults)


def test_a_second_identical_deployment_changes_nothing(
    deployment: Deployment, client: Callable[[str], Any], stub_zips: dict[str, Path]
) -> None:
    """Secrets keep their values, too."""
    again = deploy(load_topology(ENVIRONMENT), client, stub_zips, VENDORS)
    assert again.changes == ()
    assert again.secrets == deployment.secrets


def test_new_code_redeploys_that_function_alone(
    deployment: Deployment, client: Callable[[str], Any], stub_zips: dict[str, Path], tmp_path: Path
) -> None:
    """The alias moves to the new version."""
    changed = tmp_path / "enricher.zip"
    with zipfile.ZipFile(changed, "w") as archive:
        archive.writestr("rp_mw_enricher/__init__.py", "")
        archive.writestr("rp_mw_enricher/handler.py", "def handler(event, context):\n    return 'new'\n")
    again = deploy(load_topology(ENVIRONMENT), client, stub_zips | {"enricher": changed}, VENDORS)
    assert again.changes == ("update of rp-mw-conformance-enricher",)
    answer = client("lambda").invoke(FunctionName="rp-mw-conformance-enricher", Qualifier="live", Payload=b"{}")
    assert json.loads(answer["Payload"].read()) == "new"


def test_a_missing_zip_says_what_to_do(client: Callable[[str], Any], tmp_path: Path) -> None:
    """Not a traceback of a missing file."""
    with pytest.raises(LocalError, match="make build"):
        deploy(load_topology("nozip"), client, dict.fromkeys(SERVICES, tmp_path / "none.zip"), VENDORS)


def test_an_unknown_reference_is_refused() -> None:
    """A typing mistake in the topology must not reach a function as text."""
    with pytest.raises(ConfigurationError, match=r"\$\{queue.evnts.url\}"):
        resolve("${queue.evnts.url}", {"queue.events.url": "x"})


class _Any(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return f"arn:aws:any:::{key}"
