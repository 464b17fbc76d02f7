"""docs/security.md and docs/threat-model.md name what is there: a reviewer can repeat every claim."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("docs/security.md", "docs/threat-model.md")
FOLDERS = r"(?:benchmarks|config|docs|packages|services|terraform|tests|tools|\.github)"
PATH = re.compile(rf"(?<![\w/.-]){FOLDERS}/[\w/.*-]*\w(?:::\w+)?")
LINK = re.compile(r"\]\(([\w./-]+)\)")
MODULE = re.compile(r"python -m ((?:benchmarks|tests|tools)[\w.]*)")


def find_missing(page: str, text: str) -> list[str]:
    """Return the paths, tests, modules, targets and records that a page names and that are not there."""
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    folder = (ROOT / page).parent
    missing = [name for name in PATH.findall(text) if not _is_there(name)]
    missing += [name for name in LINK.findall(text) if not (folder / name).exists()]
    missing += [name for name in MODULE.findall(text) if not (ROOT / f"{name.replace('.', '/')}.py").exists()]
    missing += [f"make {name}" for name in re.findall(r"\bmake ([a-z][a-z0-9-]*)", _code(text)) if name not in targets]
    records = re.findall(r"\brecord (\d{4})", text)
    return missing + [number for number in records if not list(ROOT.glob(f"docs/decisions/{number}-*.md"))]


def _code(text: str) -> str:
    """What is shown as a command: in backticks, or indented."""
    return "\n".join(one or other for one, other in re.findall(r"`([^`\n]+)`|^    (.+)$", text, re.MULTILINE))


def _is_there(name: str) -> bool:
    path, _, test = name.partition("::")
    found = list(ROOT.glob(path)) if "*" in path else [ROOT / path]
    return all(one.exists() and f"def {test}" in one.read_text("utf-8") if test else one.exists() for one in found)


@pytest.mark.parametrize("page", PAGES)
def test_every_path_and_target_that_a_page_names_is_there(page: str) -> None:
    """Files, single tests, modules that are run, targets of make, records of decisions."""
    text = (ROOT / page).read_text("utf-8")
    assert len(PATH.findall(text)) > 10
    assert find_missing(page, text) == []


@pytest.mark.parametrize("target", ["privacy", "attack", "privacy-selftest"])
def test_ci_runs_each_proof_in_under_five_minutes(target: str) -> None:
    """As a step by itself, in a job that has time for all."""
    job = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))["jobs"]["privacy"]
    limits = [step["timeout-minutes"] for step in job["steps"] if step.get("run") == f"make {target}"]
    assert limits == [5]
    assert job["timeout-minutes"] >= 20


def test_make_attack_runs_what_the_page_calls_an_attack() -> None:
    """Of the first three parts, apart from what is an operator's own act; every file is there."""
    makefile = (ROOT / "Makefile").read_text("utf-8").replace("\\\n", " ")
    attacks = re.findall(r"^ATTACKS = (.*)$", makefile, re.MULTILINE)[0].split()
    assert [path for path in attacks if not (ROOT / path).exists()] == []
    parts = (ROOT / "docs" / "security.md").read_text("utf-8").split("## No secret leaves")[0]
    shown = {path for command in re.findall(r"`pytest ([^`]+)`", parts) for path in command.split()}
    missing = {path for path in shown if not any(path.startswith(attack) for attack in attacks)}
    assert missing == {"tests/integration/test_secret_rotation.py"}


def test_what_is_not_there_is_found() -> None:
    """Of each kind one."""
    text = "`tests/gone.py` `tests/infrastructure/test_zip.py::test_gone` [x](gone.md) `python -m tests.gone` "
    text += "`make gone` record 9999"
    found = find_missing("docs/security.md", text)
    named = (
        "tests/gone.py",
        "tests/infrastructure/test_zip.py::test_gone",
        "gone.md",
        "tests.gone",
        "make gone",
        "9999",
    )
    assert tuple(found) == named
