"""docs/deploy.md names what is there: targets, files, values, secrets; make tf walks its plain commands."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rp_mw_shared.environments.topology import load_topology
from tools.intent.expected import load as load_intent
from tools.release import artefact
from tools.release.compatibility import MessageVersions
from tools.release.deletions import KEPT
from tools.release.terraform import ENVIRONMENTS, STACKS
from tools.tf.environments import PLACEHOLDERS
from tools.tf.lint import read_folders
from tools.tf.offline import ACCOUNT, make_what_is_put_into

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "deploy.md").read_text("utf-8")
COMMANDS = "\n".join(line[4:] for line in PAGE.splitlines() if line.startswith("    "))


def test_every_target_it_tells_to_make_is_there() -> None:
    """And so are the variables given to it."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    told = set(re.findall(r"(?:^|`)make ([a-z-]+)", COMMANDS + PAGE, re.MULTILINE))
    assert {"release", "promote", "deploy", "shift", "rollback", "state-bucket", "offline-account"} <= told
    assert told <= set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    given = set(re.findall(r"\b([A-Z]+)='?[a-z]", COMMANDS)) - {"RP_MW_ENV"}
    assert {name for name in given if f"$({name})" not in makefile} == set()


def test_its_plain_commands_are_those_that_are_walked() -> None:
    """Word for word, for every stack."""
    walked = (ROOT / "tools" / "tf" / "commands.py").read_text("utf-8")
    assert 'f"-backend-config=../../environments/{environment}/backend.s3.tfbackend"' in walked
    for stack in ("foundation", "$stack"):
        plain = f"terraform -chdir=terraform/stacks/{stack}"
        assert f"{plain} init -backend-config=../../environments/dev/backend.s3.tfbackend" in COMMANDS
        assert f"{plain} workspace select -or-create dev" in COMMANDS
        assert f"{plain} apply" in COMMANDS
    (loop,) = re.findall(r"for stack in ([a-z ]+); do", COMMANDS)
    assert {"foundation", *loop.split()} == set(STACKS)


def test_every_secret_is_put_and_no_other() -> None:
    """By the name the topology gives it."""
    put = re.findall(r"put-secret-value --secret-id (\S+)", COMMANDS)
    assert set(put) == set(load_topology("dev").secrets.values())


def test_what_stands_in_for_the_account_takes_the_secrets_and_the_zips(aws: Callable[[str], Any]) -> None:
    """Steps 4 and 5 go there as written: what they put something into is there."""
    make_what_is_put_into(aws)
    for name in re.findall(r"put-secret-value --secret-id (\S+)", COMMANDS):
        aws("secretsmanager").put_secret_value(SecretId=name, SecretString='{"salt": "0123"}')
        assert aws("secretsmanager").get_secret_value(SecretId=name)["SecretString"] == '{"salt": "0123"}'
    zipped = artefact.Artefact("worker", "1.4.0", artefact.sha256_base64(b"zip"), "c" * 40, MessageVersions(1, 1))
    for bucket in (f"rp-mw-{environment}-artefacts-{ACCOUNT}" for environment in ENVIRONMENTS):
        artefact.upload(aws("s3"), bucket, zipped, b"zip")
        assert artefact.require_uploaded(aws("s3"), bucket, "worker", zipped.release) == zipped
        assert artefact.find_built(aws("s3"), bucket, "worker", "1.4.0") == zipped


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_placeholder_is_in_the_environments_files_and_on_the_page(environment: str) -> None:
    """What is to be filled in is named where a person reads of it."""
    for _, file, placeholder, _ in PLACEHOLDERS:
        text = (ROOT / "terraform" / "environments" / environment / file).read_text("utf-8")
        (line,) = [line for line in text.splitlines() if placeholder in line]
        assert line.split("=")[0].strip() in PAGE
        assert f"`{file}`" in PAGE


def test_every_value_of_the_page_is_one_that_a_stack_takes() -> None:
    """The first table's second column."""
    declared = {
        name
        for path in (ROOT / "terraform" / "stacks").glob("*/resources/*.tf")
        for name in re.findall(r'^variable "([a-z_]+)"', path.read_text("utf-8"), re.MULTILINE)
    }
    table = PAGE.partition("| file | value |")[2].partition("\n\n")[0]
    columns = [row.split("|")[2] for row in table.splitlines() if row.count("|") > 3]
    named = {name.partition(".")[0] for column in columns for name in re.findall(r"`([a-z_.]+)`", column)}
    assert len(named) > 8
    assert named - declared == {"bucket"}  # of the state, which Terraform needs before it reads anything


def test_the_buckets_that_it_calls_protected_are() -> None:
    """All but those of modules that a value switches on and off, which it names; the intent keeps the same ones."""
    folders = {folder.path: folder for folder in read_folders(ROOT)}
    unprotected = {
        path.rpartition("/")[2]
        for path, folder in folders.items()
        for (kind, _), body in folder.labelled("resource", 2)
        if kind == "aws_s3_bucket" and not any(one.get("prevent_destroy") for one in body.get("lifecycle", []))
    }
    foundation = folders["terraform/stacks/foundation/resources"]
    switched = {name for (name,), body in foundation.labelled("module") if "count" in body}
    assert unprotected == switched == {"archive", "table_audit"}
    _, _, page = PAGE.partition("## Taking an environment down")
    assert "The buckets of `archive` and `table_audit` are not" in page
    for row in (row for row in load_intent()["resources"] if row["type"] == "aws_s3_bucket"):
        assert row.get("kept", False) == ("when" not in row), row["these"]
    assert "aws_s3_bucket" in KEPT
