"""The audit trail goes to the archive as it is and comes back as rows that can be replayed."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from rp_mw_ops import archive
from rp_mw_ops.cli import main
from rp_mw_ops.commands import archive as command
from rp_mw_ops.environment import Environment, Where
from rp_mw_ops.errors import NotFoundError, OpsError, UsageError
from rp_mw_shared.environments.topology import load_topology
from rp_mw_shared.idempotency.attributes import to_item
from tests.fakes.json_answers import require_published

NOW = 1_795_000_000_000
KEPT = {"conversation_id": "c-1", "ts_action_id": "2026-11-18#1", "replay": {"words": 7}, "expires_at": NOW // 1000 + 1}
LATER = {
    "conversation_id": "c-2",
    "ts_action_id": "2026-11-19#1",
    "replay": {"words": 9},
    "expires_at": NOW // 1000 + 2,
}
BUCKET = "rp-mw-dev-archive-123456789012"
PLACE = Where("dev", "123456789012", "us-east-2")


@pytest.fixture
def dev(monkeypatch: pytest.MonkeyPatch) -> Iterator[Environment]:
    """An environment whose audit trail holds one row."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-2")
    with mock_aws():
        environment = Environment(load_topology("dev"), functools.cache(boto3.client), None, PLACE)
        keep_a_row(environment)
        yield environment


def keep_a_row(environment: Environment) -> None:
    """The audit trail, as the worker's stack makes it, with one row."""
    dynamodb = environment.client("dynamodb")
    keys = (("conversation_id", "HASH"), ("ts_action_id", "RANGE"))
    name = environment.table("audit_trail")
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
    )
    dynamodb.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    dynamodb.put_item(TableName=name, Item=to_item(KEPT))


def make_bucket(environment: Environment, name: str = BUCKET) -> None:
    """The archive is switched on."""
    place: Any = {"LocationConstraint": "us-east-2"}
    environment.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=place)


def export(environment: Environment) -> None:
    """Start an export and wait for its end: it goes on by itself."""
    arn, dynamodb = archive.start_export(environment), environment.client("dynamodb")
    ends_at = time.monotonic() + 10
    while (status := dynamodb.describe_export(ExportArn=arn)["ExportDescription"]["ExportStatus"]) == "IN_PROGRESS":
        assert time.monotonic() < ends_at, "the export takes too long"
        time.sleep(0.01)
    assert status == "COMPLETED"


def exports_of(environment: Environment) -> int:
    """How many exports were asked for."""
    dynamodb = environment.client("dynamodb")
    arn = dynamodb.describe_table(TableName=environment.table("audit_trail"))["Table"]["TableArn"]
    return len(dynamodb.list_exports(TableArn=arn)["ExportSummaries"])


def files_of(environment: Environment) -> list[str]:
    """The archive's data files, the newest last."""
    entries = environment.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
    data = sorted((entry for entry in entries if "/data/" in entry["Key"]), key=lambda entry: entry["LastModified"])
    return [entry["Key"] for entry in data]


def write_manifests(environment: Environment, rows: int) -> None:
    """What DynamoDB writes last, and the embedded AWS does not: the list of files, then the summary.

    Source: DynamoDB Developer Guide, "DynamoDB table export output format".
    """
    s3, file = environment.client("s3"), files_of(environment)[-1]
    export, _, name = file.partition("/data/")
    key = export.removeprefix(f"{archive.PREFIX}/")
    listed = {"itemCount": rows, "md5Checksum": "x", "etag": "x", "dataFileS3Key": f"{key}/data/{name}"}
    s3.put_object(Bucket=BUCKET, Key=f"{export}/manifest-files.json", Body=json.dumps(listed).encode() + b"\n")
    summary = {"version": "2020-06-30", "itemCount": rows, "outputFormat": "DYNAMODB_JSON"}
    s3.put_object(Bucket=BUCKET, Key=f"{export}/manifest-summary.json", Body=json.dumps(summary).encode())


def test_the_newest_export_comes_back(
    dev: Environment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One JSON object a line, as `rp-mw replay -` reads them; an older export is left where it is."""
    make_bucket(dev)
    export(dev)
    write_manifests(dev, 1)
    assert list(archive.load_rows(dev)) == [KEPT]
    time.sleep(1.1)  # S3 tells times by the second
    dev.client("dynamodb").put_item(TableName=dev.table("audit_trail"), Item=to_item(LATER))
    export(dev)
    write_manifests(dev, 2)
    monkeypatch.setattr(command, "open_environment", lambda _: dev)
    assert main(["archive", "rows", "--env", "dev"]) == 0
    shown = capsys.readouterr()
    assert [json.loads(line) for line in shown.out.splitlines()] == [KEPT, LATER]
    assert shown.err == f"{PLACE.line}\n"
    assert main(["archive", "rows", "--env", "dev", "--json"]) == 0
    told = require_published("archive_rows", capsys.readouterr().out)
    assert (told["environment"]["name"], told["rows"]) == ("dev", [KEPT, LATER])


def test_an_export_says_where_it_is_from(
    dev: Environment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On the first line for people, in a field of its own for programs."""
    make_bucket(dev)
    monkeypatch.setattr(command, "open_environment", lambda _: dev)
    assert main(["archive", "export", "--env", "dev"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == PLACE.line
    assert second.startswith("asked for: arn:aws:dynamodb:") and second.endswith("reads it in some minutes)")
    assert main(["archive", "export", "--env", "dev", "--json"]) == 0
    told = require_published("archive_export", capsys.readouterr().out)
    assert told["environment"]["account"] == "123456789012"
    assert told["export"].startswith("arn:aws:dynamodb:")


def test_an_export_in_prod_asks_for_the_name(
    dev: Environment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It writes and costs; without the name DynamoDB is asked for nothing."""
    prod = Environment(load_topology("prod"), dev.client, None, Where("prod", "123456789012", "us-east-2"))
    keep_a_row(prod)
    make_bucket(prod, "rp-mw-prod-archive-123456789012")
    monkeypatch.setattr(command, "open_environment", lambda _: prod)
    assert main(["archive", "export", "--env", "prod"]) == 2
    assert "exporting the audit trail in prod needs --confirm prod" in capsys.readouterr().err
    assert exports_of(prod) == 0
    assert main(["archive", "export", "--env", "prod", "--confirm", "prod"]) == 0
    assert exports_of(prod) == 1


def test_an_export_that_has_not_ended_is_not_read(dev: Environment) -> None:
    """Its files may be some of many: without one that ended nothing is read, beside one that ended that one is."""
    make_bucket(dev)
    export(dev)
    with pytest.raises(NotFoundError, match="no export has ended yet"):
        list(archive.load_rows(dev))
    write_manifests(dev, 1)
    time.sleep(1.1)
    dev.client("dynamodb").put_item(TableName=dev.table("audit_trail"), Item=to_item(LATER))
    export(dev)
    assert list(archive.load_rows(dev)) == [KEPT]


def test_a_file_that_lost_rows_is_told(dev: Environment) -> None:
    """The manifest says how many there are."""
    make_bucket(dev)
    export(dev)
    write_manifests(dev, 2)
    with pytest.raises(OpsError, match="holds 1 rows, the export's manifest says 2"):
        list(archive.load_rows(dev))


def test_an_archive_without_an_export_says_how_to_get_one(dev: Environment) -> None:
    """It is empty until somebody asks."""
    make_bucket(dev)
    with pytest.raises(NotFoundError, match="rp-mw archive export starts one"):
        list(archive.load_rows(dev))


def test_without_the_archive_nothing_is_read(dev: Environment) -> None:
    """It is off by default."""
    with pytest.raises(NotFoundError, match="archive_retention_days of the foundation turns it on"):
        list(archive.load_rows(dev))


def test_the_local_system_has_none(dev: Environment) -> None:
    """The message says where there is one."""
    with pytest.raises(UsageError, match="give --env"):
        archive.start_export(Environment(load_topology("local"), dev.client))
