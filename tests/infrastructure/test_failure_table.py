"""The failure table of ARCHITECTURE.md: every row names what proves it, and what it names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.faults.selftest import load_mutations
from tests.faults.stories import STORIES
from tests.faults.switchboard import Action

ROOT = Path(__file__).resolve().parents[2]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").partition("### The process")[2].splitlines()
    if line.startswith("| ") and not line.startswith("| fault")
]
ACTIONS = {action.value for action in Action} | {"stall_*", "intrude_*"}
SERVICES = {"ssm", "secretsmanager", "queue.delete", "sqs.SendMessage"}


def test_the_table_is_found_whole() -> None:
    """What happens, how it is seen, what the operator does, and the proof, for more than forty faults."""
    assert len(ROWS) >= 40
    assert {len(row) for row in ROWS} == {5}
    assert all(all(row) for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_every_row_names_a_proof_that_exists(row: list[str]) -> None:
    """Test files, mutations and what the schedules strike with."""
    proof = row[-1]
    quoted = re.findall(r"`([^`]+)`", proof)
    files = [name for name in quoted if "test" in name]
    assert [name for name in files if not _exists(name)] == []
    mutations = re.findall(r'mutation "([^"]+)"', proof)
    assert set(mutations) <= {mutation.name for mutation in load_mutations()}
    struck = [name for name in quoted if name not in files and not name.startswith("run ")]
    assert set(struck) <= ACTIONS | SERVICES
    assert files or mutations or "schedules" in proof or "run --outages" in proof


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_every_story_a_row_names_is_played(row: list[str]) -> None:
    """In brackets after `schedules` or the quick form: the beginning or an ingredient of a story's name."""
    names = [name for part in re.findall(r"\(([^()]+)\)", row[-1]) for name in part.split(", ")]
    played = " / ".join(story.name for story in STORIES)
    assert [name for name in names if name not in played and "faults.md" not in name] == []


def _exists(name: str) -> bool:
    return (ROOT / name).exists() or any((ROOT / "tests").rglob(Path(name).name))
