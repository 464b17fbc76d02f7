"""Releasing: consumer first, a version built once and promoted byte for byte, nothing destroyed unasked."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tools.release import artefact, commands, releases, state_bucket
from tools.release.__main__ import main
from tools.release.compatibility import MessageVersions, problems
from tools.release.deletions import find_deletions, require_named
from tools.release.environment import Aws, live_release
from tools.release.releases import Release
from tools.release.terraform import DeployError, Stack

V1 = MessageVersions(writes=1, reads_from=1)
V2 = MessageVersions(writes=2, reads_from=1)
V3 = MessageVersions(writes=3, reads_from=2)
ACCOUNT = "123456789012"  # moto's
COMMIT = "c" * 40
BYTES = b"what was built once"
KEY = f"worker/1.4.0/{hashlib.sha256(BYTES).hexdigest()}.zip"
OF_OTHERS = base64.b64encode(hashlib.sha256(b"others").digest()).decode()


@pytest.mark.parametrize(
    ("service", "release", "live", "words"),
    [
        ("worker", V2, {"ingress": V1, "enricher": V2}, None),
        ("ingress", V2, {"worker": V2}, None),
        ("ingress", V2, {"worker": V1}, "deploy the worker first"),
        ("worker", V3, {"ingress": V1}, "reads both first"),
        ("enricher", V2, {}, None),
    ],
)
def test_a_consumer_goes_before_its_producer(
    service: str, release: MessageVersions, live: dict[str, MessageVersions], words: str | None
) -> None:
    """A release is refused when a live neighbour could not read it, or it could not read a live neighbour."""
    found = problems(service, release, live)
    assert (words is None and not found) or any(words in problem for problem in found if words)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The environments of a checkout, with one account for dev and staging and another for prod."""
    for environment, account in (("dev", ACCOUNT), ("staging", ACCOUNT), ("prod", "999999999999")):
        folder = tmp_path / "terraform" / "environments" / environment
        folder.mkdir(parents=True)
        (folder / "common.tfvars").write_text(f'region = "us-east-2"\naccount_ids = ["{account}"]\n', "utf-8")
        (folder / "backend.s3.tfbackend").write_text(f'bucket = "rp-mw-{environment}-state" # made once\n', "utf-8")
    return tmp_path


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Any:
    """AWS with the artefact buckets of dev and staging, and a build that gives the same bytes each time."""
    monkeypatch.setattr(artefact, "build", lambda service: BYTES)
    monkeypatch.setattr(artefact, "declared_version", lambda service: "1.4.0")
    monkeypatch.setattr(commands, "require_clean_commit", lambda root: COMMIT)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "fake")
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-2")
        for environment in ("dev", "staging"):
            s3.create_bucket(
                Bucket=f"rp-mw-{environment}-artefacts-{ACCOUNT}",
                CreateBucketConfiguration={"LocationConstraint": "us-east-2"},
            )
        yield s3


def keys(s3: Any, bucket: str) -> list[str]:
    """Every key of a bucket."""
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def put(s3: Any, bucket: str, key: str, body: bytes) -> None:
    """Put bytes under any key, with the metadata of a release: what somebody with the right to do so can do."""
    metadata = {"commit": COMMIT, "message-version-written": "1", "message-version-read-from": "1"}
    s3.put_object(Bucket=bucket, Key=key, Body=body, Metadata=metadata, ChecksumAlgorithm="SHA256")


def test_the_key_holds_the_digest_of_the_bytes(cloud: Any, checkout: Path) -> None:
    """As sha256sum prints it, so that anybody can compare; and the record leads to it."""
    dev = Aws("dev", checkout)
    commands.release(dev, "worker")
    (key,) = keys(cloud, dev.artefact_bucket)
    digest = hashlib.sha256(cloud.get_object(Bucket=dev.artefact_bucket, Key=key)["Body"].read()).hexdigest()
    assert key == f"worker/1.4.0/{digest}.zip"
    assert artefact.key_of("worker", releases.require_release("dev", "worker", checkout)) == key


def test_what_serves_is_found_by_the_digest_that_lambda_tells(cloud: Any, checkout: Path) -> None:
    """A neighbour's message versions are those of the very bytes that are live."""
    dev = Aws("dev", checkout)
    commands.release(dev, "worker")

    class Lambda:
        """The one call that is made."""

        def get_function_configuration(self, FunctionName: str, Qualifier: str) -> dict[str, str]:
            return {"Description": "Routes tickets. (1.4.0)", "CodeSha256": artefact.sha256_base64(BYTES)}

    live = live_release(Lambda(), "rp-mw-dev-worker")
    assert live is not None
    found = artefact.find_uploaded(cloud, dev.artefact_bucket, "worker", live)
    assert found is not None
    assert found.key == KEY


def test_a_release_is_built_once_and_recorded(cloud: Any, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file names version, hash and commit; S3 keeps the hash it checked; another commit needs another version."""
    dev = Aws("dev", checkout)
    commands.release(dev, "worker")
    named = releases.require_release("dev", "worker", checkout)
    assert named == Release("1.4.0", artefact.sha256_base64(BYTES), COMMIT)
    uploaded = artefact.require_uploaded(cloud, dev.artefact_bucket, "worker", named)
    assert uploaded.release == named
    assert uploaded.messages.writes >= uploaded.messages.reads_from >= 1

    monkeypatch.setattr(artefact, "build", lambda service: pytest.fail("built again"))
    commands.release(dev, "worker")
    monkeypatch.setattr(commands, "require_clean_commit", lambda root: "d" * 40)
    with pytest.raises(DeployError, match="a version is built once: raise the version"):
        commands.release(dev, "worker")


def test_a_promoted_release_is_the_same_to_the_byte(
    cloud: Any, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is built for the next environment."""
    commands.release(Aws("dev", checkout), "worker")
    monkeypatch.setattr(artefact, "build", lambda service: pytest.fail("built again"))
    staging = Aws("staging", checkout)
    commands.promote(Aws("dev", checkout), staging, "worker")
    named = releases.require_release("staging", "worker", checkout)
    assert named == releases.require_release("dev", "worker", checkout)
    for bucket in (Aws("dev", checkout).artefact_bucket, staging.artefact_bucket):
        assert keys(cloud, bucket) == [KEY]
        assert cloud.get_object(Bucket=bucket, Key=KEY)["Body"].read() == BYTES


def test_bytes_that_were_not_released_are_refused(cloud: Any, checkout: Path) -> None:
    """Whoever replaced them: neither deployed nor promoted, nor taken for the release that was built."""
    dev = Aws("dev", checkout)
    commands.release(dev, "worker")
    put(cloud, dev.artefact_bucket, KEY, b"others")
    with pytest.raises(DeployError, match="holds other bytes than were released"):
        commands.deploy(dev, Stack("worker", "dev", checkout), [])
    with pytest.raises(DeployError, match="holds other bytes than were released"):
        commands.promote(dev, Aws("staging", checkout), "worker")
    with pytest.raises(DeployError, match="holds other bytes than were released"):
        commands.release(dev, "worker")
    built = artefact.Artefact("worker", "2.0.0", artefact.sha256_base64(BYTES), COMMIT, V1)
    with pytest.raises(DeployError, match="not those that were released"):
        artefact.upload(cloud, dev.artefact_bucket, built, b"others")


def test_other_bytes_of_a_version_have_a_key_of_their_own_and_are_found_out(cloud: Any, checkout: Path) -> None:
    """A version is built once: a second zip of it stops the next release and promotion, and the deployed one stays."""
    dev, staging = Aws("dev", checkout), Aws("staging", checkout)
    commands.release(dev, "worker")
    other = artefact.key_of("worker", Release("1.4.0", artefact.sha256_base64(b"others")))
    assert other != KEY
    put(cloud, staging.artefact_bucket, other, b"others")
    with pytest.raises(DeployError, match=f"has {other}, not {KEY}"):
        commands.promote(dev, staging, "worker")
    put(cloud, dev.artefact_bucket, other, b"others")
    with pytest.raises(DeployError, match=r"has worker 1\.4\.0 as 2 zips"):
        commands.release(dev, "worker")
    named = releases.require_release("dev", "worker", checkout)
    assert artefact.require_uploaded(cloud, dev.artefact_bucket, "worker", named).key == KEY


def test_two_builds_of_a_version_at_once_are_both_refused(
    cloud: Any, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither saw the other's zip when it began; nothing is recorded."""
    dev = Aws("dev", checkout)

    def meanwhile(service: str) -> bytes:
        put(cloud, dev.artefact_bucket, artefact.key_of(service, Release("1.4.0", OF_OTHERS)), b"others")
        return BYTES

    monkeypatch.setattr(artefact, "build", meanwhile)
    with pytest.raises(DeployError, match="as 2 zips"):
        commands.release(dev, "worker")
    assert releases.find_release("dev", "worker", checkout) is None


def test_an_upload_overwrites_nothing(cloud: Any, checkout: Path) -> None:
    """S3 itself refuses what is there already, the same bytes too."""
    dev = Aws("dev", checkout)
    commands.release(dev, "worker")
    built = artefact.Artefact("worker", "1.4.0", artefact.sha256_base64(BYTES), COMMIT, V1)
    with pytest.raises(cloud.exceptions.ClientError, match="PreconditionFailed"):
        artefact.upload(cloud, dev.artefact_bucket, built, BYTES)


@pytest.mark.parametrize("named", [{}, {"sha256_base64": "none"}, {"sha256_base64": OF_OTHERS[:-2] + "V="}])
def test_a_release_without_a_digest_is_none(checkout: Path, named: dict[str, str]) -> None:
    """There is no key without it; the message says what names it."""
    path = releases.path_of("dev", checkout)
    path.write_text(json.dumps({"worker": {"version": "1.4.0"} | named}), "utf-8")
    with pytest.raises(DeployError, match=r"names no version of worker with the SHA-256 of its zip .*: make release"):
        releases.require_release("dev", "worker", checkout)


def test_a_release_that_was_never_uploaded_is_refused_and_plan_uploads_nothing(cloud: Any, checkout: Path) -> None:
    """The message says how it gets there; a plan looks and does nothing else."""
    releases.record("dev", "worker", Release("1.4.0", artefact.sha256_base64(BYTES)), checkout)
    dev = Aws("dev", checkout)
    with pytest.raises(DeployError, match=f"has no {KEY}: make release builds it"):
        commands.plan(dev, Stack("worker", "dev", checkout))
    assert "Contents" not in cloud.list_objects_v2(Bucket=dev.artefact_bucket)
    with pytest.raises(DeployError, match="names no ingress"):
        commands.plan(dev, Stack("ingress", "dev", checkout))


def test_another_account_is_refused(cloud: Any, checkout: Path) -> None:
    """Before anything is read or written there."""
    with pytest.raises(DeployError, match=f"belong to account {ACCOUNT}, prod may be changed from 999999999999 only"):
        commands.release(Aws("prod", checkout), "worker")


def test_a_release_needs_a_clean_commit(tmp_path: Path) -> None:
    """What is not committed cannot be found again; the file a release writes itself does not count."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    named = tmp_path / "terraform" / "environments" / "dev" / "releases.json"
    named.parent.mkdir(parents=True)
    named.write_text("{}", "utf-8")
    git("init", "-q")
    git("add", ".")
    git("-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "-qm", "Begin")
    named.write_text('{"worker": {"version": "1.0.0"}}', "utf-8")
    assert artefact.require_clean_commit(tmp_path) == git("rev-parse", "HEAD")
    (tmp_path / "handler.py").write_text("", "utf-8")
    with pytest.raises(DeployError, match=r"handler\.py"):
        artefact.require_clean_commit(tmp_path)


def change(address: str, kind: str, *actions: str) -> dict[str, Any]:
    """One resource change as `terraform show -json` writes it."""
    return {"address": address, "type": kind, "change": {"actions": list(actions)}}


@pytest.mark.parametrize("actions", [("delete",), ("delete", "create"), ("create", "delete"), ("forget",)])
@pytest.mark.parametrize(
    "kind",
    [
        "aws_apigatewayv2_api",
        "aws_cloudwatch_log_group",
        "aws_dynamodb_table",
        "aws_kms_key",
        "aws_lambda_function",
        "aws_s3_bucket",
        "aws_secretsmanager_secret",
        "aws_sns_topic",
        "aws_sns_topic_subscription",
        "aws_sqs_queue",
        "aws_ssm_parameter",
    ],
)
def test_what_nobody_gets_back_is_taken_away_only_by_name(kind: str, actions: tuple[str, ...]) -> None:
    """Deleted, replaced or forgotten: the deploy stops and names the address; a wrong name stops it too."""
    address = f'module.renamed["events"].{kind}.this'
    plan = {"resource_changes": [change(address, kind, *actions), change("aws_iam_role.x", "aws_iam_role", "delete")]}
    assert find_deletions(plan) == [address]
    with pytest.raises(DeployError, match="nothing is applied"):
        require_named(plan, [])
    require_named(plan, [address])
    with pytest.raises(DeployError, match=r"does not take away module\.other"):
        require_named(plan, [address, "module.other"])


def test_what_is_kept_or_changed_in_place_needs_no_name() -> None:
    """An ordinary deploy passes."""
    plan = {"resource_changes": [change("a", "aws_sqs_queue", "update"), change("b", "aws_kms_key", "no-op")]}
    require_named(plan, [])
    assert find_deletions(plan) == []


def test_an_exported_workspace_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would overrule the workspace that is selected."""
    monkeypatch.setenv("TF_WORKSPACE", "prod")
    with pytest.raises(DeployError, match="TF_WORKSPACE is exported and says prod, but dev is to be deployed"):
        Stack("worker", "dev").select()
    assert "TF_WORKSPACE" not in Stack("worker", "dev").variables


def test_the_states_bucket_takes_tls_only_and_is_made_twice_without_harm(cloud: Any, checkout: Path) -> None:
    """Versioned, encrypted, closed to the public."""
    for _ in range(2):
        state_bucket.make_bucket(Aws("dev", checkout))
    policy = json.loads(cloud.get_bucket_policy(Bucket="rp-mw-dev-state")["Policy"])
    (tls,) = [s for s in policy["Statement"] if s.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}]
    assert (tls["Effect"], tls["Principal"], tls["Action"]) == ("Deny", "*", "s3:*")
    assert cloud.get_bucket_versioning(Bucket="rp-mw-dev-state")["Status"] == "Enabled"
    blocked = cloud.get_public_access_block(Bucket="rp-mw-dev-state")["PublicAccessBlockConfiguration"]
    assert set(blocked.values()) == {True}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["deploy", "--env", "dev"], "name a stack"),
        (["rollback", "--service", "foundation"], "the foundation has no versions"),
        (["release", "--env", "prod", "--service", "worker"], "make promote FROM=dev ENV=prod"),
        (["promote", "--env", "dev", "--service", "worker", "--from", "dev"], "say from where"),
    ],
)
def test_a_command_that_cannot_be_meant_says_what_to_do(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, exit code 1."""
    assert main(arguments) == 1
    assert words in capsys.readouterr().err
