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
from rp_mw_ops.errors import NotFoundError, OpsError, UsageError
from rp_mw_shared.audit_form import from_stored
from rp_mw_shared.clients.aws_errors import mapped_aws_errors
from rp_mw_shared.idempotency.attributes import from_item

PREFIX = "audit-trail"
SUMMARY, FILES = "manifest-summary.json", "manifest-files.json"


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
    """Yield the rows of the newest export that has ended, kept as long as the bucket keeps them.

    Raises NotFoundError where none has ended, OpsError where a file does not hold what the export's manifest says.
    """
    s3, bucket = environment.client("s3"), _bucket(environment)
    for key, count in _files(s3, bucket, _newest_export(s3, bucket)):
        lines = gzip.decompress(_read(s3, bucket, key)).splitlines()
        if len(lines) != count:
            raise OpsError(f"{key} holds {len(lines)} rows, the export's manifest says {count}: export again")
        yield from (from_stored(from_item(json.loads(line)["Item"])) for line in lines)


def _newest_export(s3: Any, bucket: str) -> str:
    """The folder of the newest export that has ended, <prefix>/AWSDynamoDB/<export>: its summary is written last."""
    with mapped_aws_errors("s3"), _switched_on(s3):
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{PREFIX}/AWSDynamoDB/")
        entries = [entry for page in pages for entry in page.get("Contents", [])]
    ended = [entry for entry in entries if entry["Key"].endswith(f"/{SUMMARY}")]
    if not ended:
        raise NotFoundError(
            "no export has ended yet: one that was asked for takes some minutes, try again then"
            if entries
            else "the archive holds no export yet: rp-mw archive export starts one, which takes some minutes"
        )
    newest: str = max(ended, key=lambda entry: entry["LastModified"])["Key"]
    return newest.removesuffix(f"/{SUMMARY}")


def _files(s3: Any, bucket: str, export: str) -> Iterator[tuple[str, int]]:
    """Key and number of rows of each data file, from the export's own list."""
    for line in _read(s3, bucket, f"{export}/{FILES}").splitlines():
        listed = json.loads(line)
        yield f"{export}/data/{listed['dataFileS3Key'].rpartition('/')[2]}", int(listed["itemCount"])


def _read(s3: Any, bucket: str, key: str) -> bytes:
    with mapped_aws_errors("s3"):
        body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


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
