"""Versions, changelogs, tags and the files every project has."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
import yaml

from tools.check_release import HEADING, changelog_entry
from tools.release.tag import SERVICES, main, parse_tag, to_tag
from tools.release.terraform import DeployError

ROOT = Path(__file__).resolve().parents[2]
PROJECTS = sorted(path.parent for path in ROOT.glob("*/*/pyproject.toml") if path.parts[-3] in {"packages", "services"})


def version_of(project: Path) -> str:
    """The version in the project's pyproject.toml."""
    return str(tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]["version"])


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)
def test_a_changelog_begins_with_the_version_that_is_declared(project: Path) -> None:
    """It says something about it, and versions fall from the newest to the first."""
    text = (project / "CHANGELOG.md").read_text("utf-8")
    versions = [tuple(map(int, version.split("."))) for version in HEADING.findall(text)]
    assert ".".join(map(str, versions[0])) == version_of(project)
    assert versions == sorted(versions, reverse=True)
    assert versions[-1] == (0, 1, 0)
    assert changelog_entry(text, version_of(project)).startswith("- ")


@pytest.mark.parametrize("service", SERVICES)
def test_a_services_tag_is_its_name_and_version(service: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As the deployment reads it."""
    version = version_of(ROOT / "services" / service)
    tag = to_tag(service, version)
    assert parse_tag(tag) == (service, version)
    assert main([tag]) == 0
    assert capsys.readouterr().out == f"{service} {version}\n"


@pytest.mark.parametrize(
    "tag",
    ["worker", "v1.4.0", "worker-1.4.0", "worker-v1.4", "worker-v1.4.0-rc1", "worker-v01.4.0", "foundation-v1.0.0",
     "worker-v1.4.0\n", "Worker-v1.4.0", "worker_v1.4.0", "console-v1.0.0", ""],
)  # fmt: skip
def test_a_tag_of_another_form_is_refused(tag: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With the form it should have."""
    with pytest.raises(DeployError, match=r"worker-v1\.4\.0"):
        parse_tag(tag)
    assert main([tag]) == 1
    assert "worker-v1.4.0" in capsys.readouterr().err


def test_a_tag_that_is_not_this_checkouts_version_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """The line names the right one."""
    assert main(["worker-v99.0.0"]) == 1
    assert f"tag it {to_tag('worker', version_of(ROOT / 'services/worker'))}" in capsys.readouterr().err
    assert main([]) == main(["a", "b"]) == 1


def test_the_deployment_starts_for_every_services_tags() -> None:
    """The workflow's patterns fit the tags; the one reader refuses what else they let in."""
    workflow = yaml.safe_load((ROOT / ".github/workflows/deploy.yml").read_text("utf-8"))
    patterns = workflow[True]["push"]["tags"]  # YAML reads the key `on` as true
    assert all(any(fnmatchcase(to_tag(service, "1.4.0"), pattern) for pattern in patterns) for service in SERVICES)
    (script,) = [step["run"] for step in workflow["jobs"]["deploy"]["steps"] if step.get("name") == "Deploy"]
    assert 'python -m tools.release.tag "$TAG"' in script


@pytest.mark.parametrize(
    ("chosen", "tag", "made"),
    [
        (("", "", ""), None, "deploy ENV=dev SERVICE=worker VERSION={version}"),
        (("worker", "staging", "1.2.3"), "main", "deploy ENV=staging SERVICE=worker VERSION=1.2.3"),
        (("foundation", "prod", ""), "main", "deploy ENV=prod SERVICE=foundation VERSION="),
        (("", "", ""), "worker-v1", None),
    ],
)
def test_the_workflows_script_deploys_what_the_tag_names(
    tmp_path: Path, chosen: tuple[str, str, str], tag: str | None, made: str | None
) -> None:
    """The script itself is run, with a `make` that only says what it was asked for."""
    workflow = yaml.safe_load((ROOT / ".github/workflows/deploy.yml").read_text("utf-8"))
    (script,) = [step["run"] for step in workflow["jobs"]["deploy"]["steps"] if step.get("name") == "Deploy"]
    fake = tmp_path / "make"
    fake.write_text('#!/bin/sh\n[ "$1" = setup ] || echo "$@"\n', "utf-8")
    fake.chmod(0o755)
    version = version_of(ROOT / "services" / "worker")
    told = dict(zip(("CHOSEN_SERVICE", "CHOSEN_ENVIRONMENT", "CHOSEN_VERSION"), chosen, strict=True))
    environment = (
        os.environ | told | {"TAG": tag or to_tag("worker", version), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    )
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == (made or "").format(version=version)
    assert (done.returncode == 0) == (made is not None)


def test_tags_there_are_have_the_form() -> None:
    """Every tag of this repository that names a service; other tags are nobody's release."""
    listed = subprocess.run(["git", "tag"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    releases = [tag for tag in listed if tag.startswith(SERVICES)]
    assert [parse_tag(tag)[0] in SERVICES for tag in releases] == [True] * len(releases)


@pytest.mark.parametrize("name", ["LICENSE", "CONTRIBUTING.md", "SECURITY.md", "CODEOWNERS"])
def test_the_files_a_stranger_looks_for_are_there(name: str) -> None:
    """And say something."""
    assert len((ROOT / name).read_text("utf-8")) > 400


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "SECURITY.md", "LICENSE"])
def test_what_they_name_is_there(name: str) -> None:
    """Paths and make targets in quotes."""
    text = (ROOT / name).read_text("utf-8")
    paths = re.findall(r"`([\w./*-]+/[\w./*-]*|[A-Z]+\.md|CODEOWNERS)`", text)
    places = (".", "services/worker")  # a bare name may be one that each service has
    found = {path for path in paths for place in places if list((ROOT / place).glob(path.rstrip("/")))}
    assert set(paths) - found == set()
    targets = set(re.findall(r"make ([a-z][a-z-]+)", text)) - {"a"}
    known = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert targets <= known


def test_every_path_has_an_owner_and_every_owned_path_is_there() -> None:
    """The first line is everybody's; a path that moved would silently lose its owner."""
    lines = [
        line.split() for line in (ROOT / "CODEOWNERS").read_text("utf-8").splitlines() if line[:1] not in {"#", ""}
    ]
    assert lines[0][0] == "*"
    assert all(len(line) > 1 and all(owner.startswith("@") for owner in line[1:]) for line in lines)
    assert [path for path, *_ in lines[1:] if not (ROOT / path.strip("/")).exists()] == []
