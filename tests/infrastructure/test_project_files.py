"""Versions, changelogs, tags and the files every project has."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml

from rp_mw_ops.cli import build_parser
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


def script_of(job: str, step: str) -> str:
    """One step's script of the deployment's workflow."""
    workflow = yaml.safe_load((ROOT / ".github/workflows/deploy.yml").read_text("utf-8"))
    (script,) = [entry["run"] for entry in workflow["jobs"][job]["steps"] if entry.get("name") == step]
    return str(script)


def run_script(folder: Path, script: str, told: dict[str, str]) -> tuple[int, list[str]]:
    """Run it with a `make` and a Python that only say what they were asked for, but for the reader of tags."""
    reader = f'[ "$2" = tools.release.tag ] && cd {ROOT} && exec {sys.executable} "$@"'
    python = f"#!/bin/sh\n{reader}\nprintf '[%s]' \"$@\"\necho\n"
    for name, text in {"make": "#!/bin/sh\n", ".venv/bin/python": python}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        path.chmod(0o755)
    environment = (
        os.environ | told | {"PATH": f"{folder}:{os.environ['PATH']}", "GITHUB_OUTPUT": str(folder / "output")}
    )
    command = ["bash", "-eo", "pipefail", "-c", script]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.splitlines()


def test_a_release_starts_for_every_services_tags() -> None:
    """The workflow's patterns fit the tags; the one reader refuses what else they let in."""
    workflow = yaml.safe_load((ROOT / ".github/workflows/deploy.yml").read_text("utf-8"))
    patterns = workflow[True]["push"]["tags"]  # YAML reads the key `on` as true
    assert all(any(fnmatchcase(to_tag(service, "1.4.0"), pattern) for pattern in patterns) for service in SERVICES)


def test_a_tag_builds_its_release_and_deploys_it_to_dev(tmp_path: Path) -> None:
    """Once, and nowhere else."""
    tag = to_tag("worker", version_of(ROOT / "services" / "worker"))
    code, made = run_script(tmp_path, script_of("release", "Release and deploy to dev"), {"TAG": tag})
    assert code == 0
    assert made == [
        "[-m][tools.release][release][--service][worker]",
        "[-m][tools.release][deploy][--env][dev][--service][worker]",
    ]
    assert run_script(tmp_path, script_of("release", "Release and deploy to dev"), {"TAG": "worker-v1"})[1] == []


@pytest.mark.parametrize(
    ("action", "service", "made"),
    [
        ("deploy", "worker", "[worker]"),
        ("promote", "worker", "[worker][--from][staging]"),
        ("shift", "worker; echo stolen", "[worker; echo stolen]"),
    ],
)
def test_what_is_chosen_by_hand_reaches_the_tool_as_one_argument(
    tmp_path: Path, action: str, service: str, made: str
) -> None:
    """An input is text; no shell reads it."""
    told = {"ACTION": action, "CHOSEN_ENVIRONMENT": "prod", "CHOSEN_SERVICE": service, "CHOSEN_SOURCE": "staging"}
    expected = f"[-m][tools.release][{action}][--env][prod][--service]{made}"
    assert run_script(tmp_path, script_of("act", "Do it"), told) == (0, [expected])


def report_workflow() -> dict[Any, Any]:
    """The workflow that mails the week's report."""
    loaded: dict[Any, Any] = yaml.safe_load((ROOT / ".github/workflows/report.yml").read_text("utf-8"))
    return loaded


def test_the_week_is_reported_by_itself_once_an_environment_is_named(tmp_path: Path) -> None:
    """Each Monday, in one GitHub environment of its own, with a role that it takes and nothing that is stored."""
    workflow = report_workflow()
    (job,) = workflow["jobs"].values()
    assert workflow[True]["schedule"] == [{"cron": "0 6 * * 1"}]
    assert job["if"] == "vars.REPORT_ENVIRONMENT != ''" and job["environment"].endswith("-report")
    assert job["permissions"] == {"contents": "read", "id-token": "write"}
    assert "secrets." not in (ROOT / ".github/workflows/report.yml").read_text("utf-8")


def test_the_report_s_job_runs_a_command_that_there_is(tmp_path: Path) -> None:
    """It publishes seven days of the environment that is named, and leaves no figure in the job's log."""
    (job,) = report_workflow()["jobs"].values()
    (script,) = [step["run"] for step in job["steps"] if "run" in step]
    told = tmp_path / "told"
    tool = tmp_path / ".venv/bin/rp-mw"
    tool.parent.mkdir(parents=True)
    tool.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" >{told}\necho a figure\n", "utf-8")
    tool.chmod(0o755)
    assert run_script(tmp_path, script, {"CHOSEN_ENVIRONMENT": "prod"}) == (0, [])
    chosen = told.read_text("utf-8").splitlines()
    args = build_parser(chosen[0]).parse_args(chosen)
    assert (args.period, args.publish, args.env, args.until) == ("week", True, "prod", "yesterday")
    assert args.confirm == "prod"


def test_no_script_of_a_workflow_holds_an_expression() -> None:
    """GitHub pastes those in before any shell reads them: what comes from outside comes as a variable."""
    for path in (ROOT / ".github/workflows").glob("*.yml"):
        jobs = yaml.safe_load(path.read_text("utf-8"))["jobs"]
        scripts = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
        assert scripts and not [script for script in scripts if "${{" in script]


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


def test_one_terraform_is_the_least_everywhere() -> None:
    """In every module and stack, in both workflows, for the hook, the checks and whoever reads the page."""
    needs = {
        "terraform": (r'required_version\s*=\s*"([^"]+)"', ">= 1.11"),
        ".github/workflows": (r'terraform_version: "([^"]+)"', "~> 1.11"),
        ".pre-commit-config.yaml": (r"install Terraform ([0-9.]+) or later", "1.11"),
        "tools/tf/workspace.py": (r"install Terraform ([0-9.]+) or later", "1.11"),
        "docs/deploy.md": (r"Terraform ([0-9.]+) or later", "1.11"),
    }
    for place, (pattern, wanted) in needs.items():
        root = ROOT / place
        files = [root] if root.is_file() else [*root.rglob("*.tf"), *root.rglob("*.yml")]
        found = {(file.name, one) for file in files for one in re.findall(pattern, file.read_text("utf-8"))}
        assert found, place
        assert {one for _, one in found} == {wanted}, found
