"""What the checks put where a person writes an environment's own values, and where its states are kept meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tools.release.releases import Release, record
from tools.tf.workspace import ROOT, Workspace
from tools.topology import service_names

ENVIRONMENTS = ("dev", "staging", "prod")
# stack, file below the environment's folder, what a fresh checkout holds, what the checks write for it
PLACEHOLDERS = (
    ("worker", "common.tfvars", '"000000000000"', '"123456789012"'),
    ("foundation", "foundation.tfvars", "= []", '= ["oncall@shop.test"]'),
    ("worker", "worker.tfvars", '"set-me"', '"agent-of-the-checks"'),
    ("enricher", "enricher.tfvars", "//example.myshopify", "//shop-of-the-checks.myshopify"),
)

# What each environment of the checks names for each service: no zip is built, the stand-in finds whatever is asked for.
RELEASE = Release("1.0.0", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")

# What staging of the checks has besides, so that whatever can be switched on is planned in one of the environments.
OPTIONS = (
    (
        "foundation.tfvars",
        """github_repository         = "shop/of-the-checks"
archive_retention_days    = 365
archive_reader_role_arns  = ["arn:aws:iam::123456789012:role/auditor"]
table_data_events_enabled = true
promoting_account_ids     = ["111122223333"]
""",
    ),
    ("ingress.tfvars", "silence_hours = 3\n"),
)


def fill_in(workspace: Workspace) -> None:
    """Write a value for every placeholder of every environment of the copy, and switch every option of staging on.

    Each service gets a release, which a fresh checkout names none of.
    """
    for environment in ENVIRONMENTS:
        for _, file, placeholder, value in PLACEHOLDERS:
            path = workspace.folder / "terraform" / "environments" / environment / file
            text = path.read_text("utf-8")
            if placeholder not in text:
                raise RuntimeError(f"{path.name} of {environment} does not hold {placeholder}")
            path.write_text(text.replace(placeholder, value), "utf-8")
        for service in service_names(ROOT):
            record(environment, service, RELEASE, workspace.folder)
    for file, lines in OPTIONS:
        path = workspace.folder / "terraform" / "environments" / "staging" / file
        path.write_text(path.read_text("utf-8") + lines, "utf-8")


@contextmanager
def state_buckets(workspace: Workspace) -> Iterator[None]:
    """The embedded AWS with each environment's bucket, where Terraform's S3 backend finds it."""
    from rp_mw_local.emulator import Emulator

    with Emulator() as store:
        for environment in ENVIRONMENTS:
            backend = workspace.folder / "terraform" / "environments" / environment / "backend.s3.tfbackend"
            (bucket,) = re.findall(r'^bucket\s*=\s*"([^"]+)"', backend.read_text("utf-8"), re.MULTILINE)
            make_bucket(store.client("s3"), bucket)
        workspace.aws_endpoint = store.endpoint_url
        yield


def make_bucket(s3: Any, bucket: str) -> None:
    """Make a bucket where the environments are."""
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-east-2"})
