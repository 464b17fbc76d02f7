"""The audit trail goes to the archive as it is and comes back as rows that can be replayed."""

from __future__ import annotations

import argparse
import functools
import json
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from rp_mw_ops import archive
from rp_mw_ops.commands import archive as command
from rp_mw_ops.environment import Environment
from rp_mw_ops.errors import NotFoundError, UsageError
from rp_mw_shared.environments.topology import load_topology
from rp_mw_shared.idempotency.attributes import to_item

NOW = 1_795_000_000_000
KEPT = {"conversation_id": "c-1", "ts_action_id": "2026-11-18#1", "replay": {"words": 7}, "expires_at": NOW // 1000 + 1}
LATER = {
    "conversation_id": "c-2",
    "ts_action_id": "2026-11-19#1",
    "replay": {"words": 9},
    "expires_at": NOW // 1000 + 2,
}
BUCKET = "rp-mw-dev-archive-123456789012"


@pytest.fixture
def dev(monkeypatch: pytest.MonkeyPatch) -> Iterator[Environment]:
    """An environment whose audit trail holds one row."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-2")
    with mock_aws():
        environment = Environment(load_topology("dev"), functools.cache(boto3.client))
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
        yield environment


def make_bucket(environment: Environment) -> None:
    """The archive is switched on."""
    place: Any = {"LocationConstraint": "us-east-2"}
    environment.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)


def export(environment: Environment) -> None:
    """Start an export and wait for its end: it goes on by itself."""
    arn, dynamodb = archive.start_export(environment), environment.client("dynamodb")
    ends_at = time.monotonic() + 10
    while (status := dynamodb.describe_export(ExportArn=arn)["ExportDescription"]["ExportStatus"]) == "IN_PROGRESS":
        assert time.monotonic() < ends_at, "the export takes too long"
        time.sleep(0.01)
    assert status == "COMPLETED"


def test_the_newest_export_comes_back(
    dev: Environment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One JSON object a line, as `rp-mw replay -` reads them; an older export is left where it is."""
    make_bucket(dev)
    export(dev)
    assert list(archive.load_rows(dev)) == [KEPT]
    time.sleep(1.1)  # S3 tells times by the second
    dev.client("dynamodb").put_item(TableName=dev.table("audit_trail"), Item=to_item(LATER))
    export(dev)
    monkeypatch.setattr(command, "open_environment", lambda _: dev)
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    assert command.run(parser.parse_args(["rows", "--env", "dev"])) == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [KEPT, LATER]


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
