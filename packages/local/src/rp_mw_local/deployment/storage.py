"""The key, the tables and the queues."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from rp_mw_local.deployment.changes import Target, wait_until
from rp_mw_shared.environments.topology import QueueSpec, TableSpec


@dataclass(frozen=True, slots=True)
class QueueAddresses:
    """Where a queue and its dead-letter queue are."""

    url: str
    arn: str
    dlq_url: str
    dlq_arn: str


def ensure_key(target: Target) -> str:
    """The ARN of the environment's customer-managed key."""
    kms = target.client("kms")
    alias = f"alias/rp-mw-{target.topology.environment}"
    for entry in kms.list_aliases()["Aliases"]:
        if entry["AliasName"] == alias:
            return str(kms.describe_key(KeyId=entry["TargetKeyId"])["KeyMetadata"]["Arn"])
    key = kms.create_key(Description="rp-mw at rest", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]
    kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
    kms.enable_key_rotation(KeyId=key["KeyId"])
    target.changed(f"key {alias}")
    return str(key["Arn"])


def ensure_table(target: Target, spec: TableSpec, key_arn: str) -> str:
    """The table's ARN; on-demand, encrypted, with expiry, point-in-time recovery and deletion protection on."""
    dynamodb = target.client("dynamodb")
    if spec.name not in dynamodb.list_tables()["TableNames"]:
        dynamodb.create_table(**_table_definition(spec, key_arn))
        wait_until(lambda: dynamodb.describe_table(TableName=spec.name)["Table"]["TableStatus"] == "ACTIVE", spec.name)
        target.changed(f"table {spec.name}")
    if dynamodb.describe_time_to_live(TableName=spec.name)["TimeToLiveDescription"]["TimeToLiveStatus"] == "DISABLED":
        dynamodb.update_time_to_live(
            TableName=spec.name, TimeToLiveSpecification={"Enabled": True, "AttributeName": spec.ttl_attribute}
        )
        target.changed(f"expiry of {spec.name}")
    backups = dynamodb.describe_continuous_backups(TableName=spec.name)["ContinuousBackupsDescription"]
    if backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "DISABLED":
        dynamodb.update_continuous_backups(
            TableName=spec.name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
        target.changed(f"point-in-time recovery of {spec.name}")
    return str(dynamodb.describe_table(TableName=spec.name)["Table"]["TableArn"])


def _table_definition(spec: TableSpec, key_arn: str) -> dict[str, Any]:
    return spec.to_definition() | {
        "DeletionProtectionEnabled": True,
        "SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key_arn},
    }


def ensure_queue(target: Target, spec: QueueSpec, key_arn: str) -> QueueAddresses:
    """The queue and its dead-letter queue; high-throughput FIFO, encrypted, redriving after `max_receive_count`."""
    dlq_url = _ensure_fifo(target, spec.dlq_name, _fifo_attributes(key_arn, spec.dlq_retention_seconds))
    dlq_arn = _arn(target, dlq_url)
    attributes = _fifo_attributes(key_arn, spec.retention_seconds) | {
        "VisibilityTimeout": str(spec.visibility_timeout_seconds),
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": dlq_arn, "maxReceiveCount": spec.max_receive_count}),
    }
    url = _ensure_fifo(target, spec.name, attributes)
    return QueueAddresses(url, _arn(target, url), dlq_url, dlq_arn)


def _fifo_attributes(key_arn: str, retention_seconds: int) -> dict[str, str]:
    return {
        "FifoQueue": "true",
        "ContentBasedDeduplication": "false",
        "DeduplicationScope": "messageGroup",
        "FifoThroughputLimit": "perMessageGroupId",
        "KmsMasterKeyId": key_arn,
        "MessageRetentionPeriod": str(retention_seconds),
    }


def _ensure_fifo(target: Target, name: str, attributes: dict[str, str]) -> str:
    sqs = target.client("sqs")
    try:
        url = str(sqs.get_queue_url(QueueName=name)["QueueUrl"])
    except sqs.exceptions.QueueDoesNotExist:
        target.changed(f"queue {name}")
        return str(sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])
    current = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    different = {
        key: value for key, value in attributes.items() if key != "FifoQueue" and not _is_same(current.get(key), value)
    }
    if different:
        sqs.set_queue_attributes(QueueUrl=url, Attributes=different)
        target.changed(f"settings of {name}")
    return url


def _is_same(current: str | None, wanted: str) -> bool:
    if wanted.startswith("{"):
        return current is not None and _comparable(json.loads(current)) == _comparable(json.loads(wanted))
    return current == wanted


def _comparable(policy: dict[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in policy.items()}


def _arn(target: Target, url: str) -> str:
    return str(
        target.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    )
