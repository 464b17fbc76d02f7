"""The versioned zip of a service: found or built here, and kept once and for all in the environment's bucket."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rp_mw_shared.messages.types import CURRENT_VERSION, OLDEST_READABLE_VERSION
from tools.release.compatibility import MessageVersions
from tools.release.terraform import ROOT, DeployError

SHA256_METADATA = "sha256-base64"
WRITES_METADATA = "message-version-written"
READS_FROM_METADATA = "message-version-read-from"


@dataclass(frozen=True, slots=True)
class Artefact:
    """One version of one service; `sha256_base64` is what Lambda and Terraform compare."""

    service: str
    version: str
    sha256_base64: str
    messages: MessageVersions

    @property
    def key(self) -> str:
        return key_of(self.service, self.version)

    @property
    def terraform_variables(self) -> list[str]:
        return [f"-var=release_version={self.version}", f"-var=package_sha256_base64={self.sha256_base64}"]


def key_of(service: str, version: str) -> str:
    """Where the bucket keeps this version."""
    return f"{service}/{service}-{version}-lambda.zip"


def declared_version(service: str) -> str:
    """The version in the service's pyproject.toml."""
    project = tomllib.loads((ROOT / "services" / service / "pyproject.toml").read_text("utf-8"))
    return str(project["project"]["version"])


def sha256_base64(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode("ascii")


def _build(service: str, version: str) -> Path:
    path = ROOT / "dist" / f"{service}-{version}-lambda.zip"
    if version != declared_version(service):
        raise DeployError(
            f"{service} {version} is neither uploaded nor what this checkout holds ({declared_version(service)}): "
            f"check out the tag {service}-v{version} and deploy from there"
        )
    command = [sys.executable, "-m", "tools.build_zip", service, "--target", "lambda"]
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0 or not path.exists():
        raise DeployError(f"the build of {service} {version} failed: see its message above")
    return path


def find_uploaded(s3: Any, bucket: str, service: str, version: str) -> Artefact | None:
    """The artefact the bucket has of this version, or None; raises DeployError when its metadata is missing."""
    key = key_of(service, version)
    found = s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("Contents", [])
    if not any(entry["Key"] == key for entry in found):
        return None
    metadata = s3.head_object(Bucket=bucket, Key=key)["Metadata"]
    try:
        messages = MessageVersions(int(metadata[WRITES_METADATA]), int(metadata[READS_FROM_METADATA]))
        return Artefact(service, version, metadata[SHA256_METADATA], messages)
    except KeyError as missing:
        raise DeployError(f"{key} lacks its metadata {missing}: delete it and deploy again") from missing


def require_artefact(s3: Any, bucket: str, service: str, version: str) -> Artefact:
    """Return the artefact of this version, building and uploading it if the bucket does not have it yet.

    An uploaded version is never replaced: other contents need another version. Raises DeployError.
    """
    uploaded = find_uploaded(s3, bucket, service, version)
    if uploaded is not None:
        return uploaded
    body = _build(service, version).read_bytes()
    messages = MessageVersions(writes=CURRENT_VERSION, reads_from=OLDEST_READABLE_VERSION)
    artefact = Artefact(service, version, sha256_base64(body), messages)
    metadata = {
        SHA256_METADATA: artefact.sha256_base64,
        WRITES_METADATA: str(messages.writes),
        READS_FROM_METADATA: str(messages.reads_from),
    }
    s3.put_object(Bucket=bucket, Key=artefact.key, Body=body, Metadata=metadata)
    print(f"uploaded {artefact.key}")
    return artefact
