"""Lock files hold names, versions and hashes, cover what the packages declare, and name no address."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tools.lock import PROJECTS, input_lines, load_projects, third_party
from tools.zips.layout import Service
from tools.zips.lockfile import parse_lock

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted([*ROOT.glob("*/*/*requirements*.lock"), ROOT / "requirements-dev.lock"])
ADDRESS = re.compile(r"://|--index-url|--find-links|--extra|@ |/")


def shown(path: Path) -> str:
    """The path as the repository knows it."""
    return path.relative_to(ROOT).as_posix()


def declared(project: Path) -> list[Requirement]:
    """What a service or package needs from outside the repository."""
    projects = load_projects()
    return [Requirement(text) for text in third_party(f"rp-mw-{project.name}", frozenset(), projects)]


@pytest.mark.parametrize("path", LOCKS, ids=shown)
def test_a_lock_pins_by_version_and_hash_and_names_no_address(path: Path) -> None:
    """Where packages come from is the machine's setting, never the repository's."""
    assert parse_lock(path)
    assert [line for line in path.read_text("utf-8").splitlines() if ADDRESS.search(line)] == []


@pytest.mark.parametrize("project", PROJECTS, ids=shown)
def test_a_lock_covers_what_its_package_declares(project: Path) -> None:
    """A requirement added without `make lock` is noticed."""
    lock = Service(project.name, project, ROOT / "packages/shared/src").lock
    pins = {pin.name: pin for pin in parse_lock(lock)}
    for requirement in declared(project):
        version = str(pins[canonicalize_name(requirement.name)].requirement.specifier).removeprefix("==")
        assert requirement.specifier.contains(Version(version)), requirement


def test_the_developers_lock_covers_every_package_and_tool() -> None:
    """One environment runs and tests everything."""
    names = {pin.name for pin in parse_lock(ROOT / "requirements-dev.lock")}
    tools = [Requirement(line.partition(" #")[0]) for line in input_lines(ROOT / "requirements-dev.in")]
    wanted = [*tools, *(requirement for project in PROJECTS for requirement in declared(project))]
    assert {canonicalize_name(requirement.name) for requirement in wanted} - names == set()
