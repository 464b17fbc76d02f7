"""The archive: table audit_trail as DynamoDB exports it, in a bucket that only named roles may read.

Rows are what audit_trail holds: codes, counts and digests, no text, no contact (docs/decisions/0035). No function
writes here; a person starts an export where compliance asks for longer keeping. Off unless the foundation's tfvars say
`archive_retention_days`. Source: DynamoDB Developer Guide, "Exporting a table to Amazon S3" and its output format.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rp_mw_ops.audit_trail import TABLE, Row
from rp_mw_ops.environment import LOCAL, Environment
from rp_mw_ops.errors import NotFoundError, UsageError
from rp_mw_shared.clients.aws_errors import mapped_aws_errors
from rp_mw_shared.idempotency.attributes import from_item

PREFIX = "audit-trail"


def start_export(environment: Environment) -> str:
    """Ask DynamoDB to export the audit trail as it is now; returns the export's ARN. It takes some minutes.

    Raises UsageError for the local environment, PermanentError where there is no archive or no permission.
    """
    dynamodb, bucket = environment.client("dynamodb"), _bucket(environment)
    with mapped_aws_errors("dynamodb"):
        table = dynamodb.describe_table(TableName=environment.table(TABLE))["Table"]
        answer = dynamodb.export_table_to_point_in_time(
            TableArn=table["TableArn"], S3Bucket=bucket, S3Prefix=PREFIX, ExportFormat="DYNAMODB_JSON"
        )
    return str(answer["ExportDescription"]["ExportArn"])


def load_rows(environment: Environment) -> Iterator[Row]:
    """Yield the rows of the newest export, kept as long as the bucket keeps them; raises NotFoundError without one."""
    s3, bucket = environment.client("s3"), _bucket(environment)
    for key in _newest_files(s3, bucket):
        with mapped_aws_errors("s3"):
            body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        yield from (from_item(json.loads(line)["Item"]) for line in gzip.decompress(body).splitlines())


def _newest_files(s3: Any, bucket: str) -> list[str]:
    """The data files of the newest export: <prefix>/AWSDynamoDB/<export>/data/<file>.gz."""
    with mapped_aws_errors("s3"), _switched_on(s3):
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{PREFIX}/AWSDynamoDB/")
        files = [entry for page in pages for entry in page.get("Contents", []) if "/data/" in entry["Key"]]
    if not files:
        raise NotFoundError(
            "the archive holds no export yet: rp-mw archive export starts one, which takes some minutes"
        )
    newest = max(files, key=lambda entry: entry["LastModified"])["Key"].partition("/data/")[0]
    return sorted(entry["Key"] for entry in files if entry["Key"].startswith(f"{newest}/data/"))


@contextmanager
def _switched_on(s3: Any) -> Iterator[None]:
    try:
        yield
    except s3.exceptions.NoSuchBucket as error:
        raise NotFoundError("there is no archive: archive_retention_days of the foundation turns it on") from error


def _bucket(environment: Environment) -> str:
    name = environment.topology.environment
    if name == LOCAL:
        raise UsageError("the local system has no archive: give --env dev, staging or prod")
    with mapped_aws_errors("sts"):
        account = environment.client("sts").get_caller_identity()["Account"]
    return f"rp-mw-{name}-archive-{account}"
