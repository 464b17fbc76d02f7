"""The zip of a release: built once, from a clean commit, and carried from environment to environment byte for byte."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rp_mw_shared.messages.types import CURRENT_VERSION, OLDEST_READABLE_VERSION
from tools.release.compatibility import MessageVersions
from tools.release.releases import Release
from tools.release.terraform import ROOT, DeployError

COMMIT_METADATA = "commit"
WRITES_METADATA = "message-version-written"
READS_FROM_METADATA = "message-version-read-from"
NOT_BUILT_FROM = ":(exclude)terraform/environments/*/releases.json"  # a release writes it itself


@dataclass(frozen=True, slots=True)
class Artefact:
    """One version of one service; `sha256_base64` is what S3, Lambda and Terraform compare."""

    service: str
    version: str
    sha256_base64: str
    commit: str
    messages: MessageVersions

    @property
    def key(self) -> str:
        return key_of(self.service, self.release)

    @property
    def release(self) -> Release:
        return Release(self.version, self.sha256_base64, self.commit)


def key_of(service: str, release: Release) -> str:
    """Where a bucket keeps a release. The key holds the digest: it cannot name other bytes without saying so."""
    return f"{service}/{release.version}/{release.sha256_hex}.zip"


def declared_version(service: str) -> str:
    """The version in the service's pyproject.toml."""
    project = tomllib.loads((ROOT / "services" / service / "pyproject.toml").read_text("utf-8"))
    return str(project["project"]["version"])


def sha256_base64(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode("ascii")


def require_clean_commit(root: Path = ROOT) -> str:
    """The commit that is checked out; raises DeployError when the checkout differs from it."""
    changed = _git(root, "status", "--porcelain", "--", ".", NOT_BUILT_FROM)
    if changed:
        raise DeployError(
            f"the checkout differs from its commit ({changed.splitlines()[0].strip()}, …): a release is built from "
            "what is committed; commit or stash first"
        )
    return _git(root, "rev-parse", "HEAD")


def build(service: str) -> bytes:
    """Build the service's zip for Lambda from this checkout and return it; raises DeployError when that fails."""
    path = ROOT / "dist" / f"{service}-{declared_version(service)}-lambda.zip"
    command = [sys.executable, "-m", "tools.build_zip", service, "--target", "lambda"]
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0 or not path.exists():
        raise DeployError(f"the build of {service} failed: see its message above")
    return path.read_bytes()


def find_built(s3: Any, bucket: str, service: str, version: str) -> Artefact | None:
    """The one artefact a bucket has of this version, whatever its digest, or None.

    Raises DeployError when there are several, or one that was not uploaded by a release.
    """
    keys = _keys(s3, bucket, f"{service}/{version}/")
    if len(keys) > 1:
        raise DeployError(
            f"{bucket} has {service} {version} as {len(keys)} zips ({', '.join(keys)}), and a version is built once: "
            f"raise the version in services/{service}/pyproject.toml"
        )
    if not keys:
        return None
    named = re.fullmatch(r".*/([0-9a-f]{64})\.zip", keys[0])
    if named is None:
        raise DeployError(f"{keys[0]} in {bucket} names no SHA-256: it was not uploaded by make release")
    digest = base64.b64encode(bytes.fromhex(named[1])).decode("ascii")
    return find_uploaded(s3, bucket, service, Release(version, digest))


def find_uploaded(s3: Any, bucket: str, service: str, release: Release) -> Artefact | None:
    """The artefact a bucket has of this release, or None.

    Raises DeployError when its bytes are not those of the digest in its key, or it was not uploaded by a release.
    """
    key = key_of(service, release)
    if key not in _keys(s3, bucket, key):
        return None
    head = s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    metadata = head["Metadata"]
    try:
        messages = MessageVersions(int(metadata[WRITES_METADATA]), int(metadata[READS_FROM_METADATA]))
        artefact = Artefact(service, release.version, head["ChecksumSHA256"], metadata[COMMIT_METADATA], messages)
    except KeyError as missing:
        raise DeployError(
            f"{key} lacks its {missing}: it was not uploaded by make release or make promote"
        ) from missing
    if artefact.sha256_base64 != release.sha256_base64:
        raise DeployError(
            f"{key} in {bucket} holds other bytes than were released ({artefact.sha256_base64}, not "
            f"{release.sha256_base64}): nothing is deployed; find out who replaced it"
        )
    return artefact


def require_uploaded(s3: Any, bucket: str, service: str, release: Release) -> Artefact:
    """The artefact of a release; raises DeployError when the bucket lacks it or holds other bytes."""
    artefact = find_uploaded(s3, bucket, service, release)
    if artefact is None:
        raise DeployError(
            f"{bucket} has no {key_of(service, release)}: make release builds it for dev, make promote brings it here"
        )
    return artefact


def publish(s3: Any, bucket: str, service: str, commit: str) -> Artefact:
    """Build the declared version and upload it, or return what was uploaded from this very commit.

    Raises DeployError when the version was built from another commit, or by somebody else at the same time: a version
    is built once.
    """
    version = declared_version(service)
    uploaded = find_built(s3, bucket, service, version)
    if uploaded is not None:
        if uploaded.commit != commit:
            raise DeployError(
                f"{service} {version} was built from commit {uploaded.commit[:12]} already, and a version is built "
                f"once: raise the version in services/{service}/pyproject.toml (make check-release says what else)"
            )
        return uploaded
    body = build(service)
    messages = MessageVersions(writes=CURRENT_VERSION, reads_from=OLDEST_READABLE_VERSION)
    artefact = Artefact(service, version, sha256_base64(body), commit, messages)
    upload(s3, bucket, artefact, body)
    find_built(s3, bucket, service, version)  # a second build has a key of its own: S3 refuses the same key only
    return artefact


def upload(s3: Any, bucket: str, artefact: Artefact, body: bytes) -> None:
    """Put the bytes under the artefact's key, unless something is there. S3 checks the hash and keeps it.

    Source: S3 User Guide, "Checking object integrity" and "Conditional writes".
    """
    if sha256_base64(body) != artefact.sha256_base64:
        raise DeployError(f"{artefact.key}: the bytes are not those that were released; nothing is uploaded")
    metadata = {
        COMMIT_METADATA: artefact.commit,
        WRITES_METADATA: str(artefact.messages.writes),
        READS_FROM_METADATA: str(artefact.messages.reads_from),
    }
    s3.put_object(
        Bucket=bucket,
        Key=artefact.key,
        Body=body,
        Metadata=metadata,
        ChecksumAlgorithm="SHA256",
        ChecksumSHA256=artefact.sha256_base64,
        IfNoneMatch="*",
    )
    print(f"uploaded {artefact.key} to {bucket}")


def download(s3: Any, bucket: str, artefact: Artefact) -> bytes:
    """The artefact's bytes; raises DeployError when they are not what was released."""
    body: bytes = s3.get_object(Bucket=bucket, Key=artefact.key)["Body"].read()
    if sha256_base64(body) != artefact.sha256_base64:
        raise DeployError(f"{artefact.key} in {bucket}: the bytes are not those that were released")
    return body


def _keys(s3: Any, bucket: str, prefix: str) -> list[str]:
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise DeployError(f"git {arguments[0]}: {done.stderr.strip() or 'failed'}; a release is built from a commit")
    return done.stdout.strip()
