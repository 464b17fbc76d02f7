"""The bucket of an environment's Terraform state: made before Terraform can run, so not by Terraform.

Versioned, encrypted, closed to the public, TLS only. Run it as often as you like.
"""

from __future__ import annotations

import json
import re
from typing import Any

from tools.release.environment import Aws
from tools.release.terraform import DeployError

EVERYTHING_BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
_BUCKET = re.compile(r'^bucket\s*=\s*"([^"]+)"', re.MULTILINE)


def state_bucket(aws: Aws) -> str:
    """The bucket's name, from the environment's backend.s3.tfbackend."""
    path = aws.root / "terraform" / "environments" / aws.environment / "backend.s3.tfbackend"
    found = _BUCKET.search(path.read_text("utf-8"))
    if found is None:
        raise DeployError(f"{path.name} of {aws.environment} names no bucket")
    return found[1]


def make_bucket(aws: Aws) -> None:
    """Make it, or put its settings right; raises DeployError when somebody else has the name."""
    bucket, s3, account = state_bucket(aws), aws.client("s3"), aws.account
    place = {} if aws.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": aws.region}}
    try:
        s3.create_bucket(Bucket=bucket, **place)
    except s3.exceptions.BucketAlreadyOwnedByYou:
        pass
    except s3.exceptions.BucketAlreadyExists as error:
        raise DeployError(
            f"bucket {bucket} belongs to somebody else (names are world-wide): choose another in "
            f"terraform/environments/{aws.environment}/backend.s3.tfbackend"
        ) from error
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=EVERYTHING_BLOCKED)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=_encryption())
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(_policy(bucket)))
    print(f"{bucket} in account {account} holds the state of {aws.environment}")


def _encryption() -> dict[str, Any]:
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}]}


def _policy(bucket: str) -> dict[str, Any]:
    arn = f"arn:aws:s3:::{bucket}"
    statement = {
        "Sid": "DenyWithoutTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    deletion = {
        "Sid": "DenyDeletion",
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["s3:DeleteBucket", "s3:DeleteObjectVersion"],
        "Resource": [arn, f"{arn}/*"],
    }
    return {"Version": "2012-10-17", "Statement": [statement, deletion]}
