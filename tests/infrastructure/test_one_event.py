"""docs/one-event.md: a fresh reader's five questions, each answered from three files at most, all of them there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORKER = ROOT / "services" / "worker" / "src" / "rp_mw_worker"
PAGE = (ROOT / "docs" / "one-event.md").read_text(encoding="utf-8")
ANSWERS = re.findall(r"^### (.+?)$\n(.+?)^Files: (.+?)$", PAGE, re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^rp-mw ")


def test_the_five_questions_are_answered() -> None:
    """Each as a heading, an answer and its files."""
    asked = " ".join(question for question, _, _ in ANSWERS)
    assert len(ANSWERS) == 5
    for word in ("reply sent", "Leadership", "65 seconds", "mw-send-unknown", "dies after the reply"):
        assert word in asked


@pytest.mark.parametrize(("question", "answer", "named"), ANSWERS, ids=[question for question, _, _ in ANSWERS])
def test_an_answer_needs_three_files_and_quotes_what_stands_in_them(question: str, answer: str, named: str) -> None:
    """A name that moved makes the answer wrong, so it fails here."""
    files = re.findall(r"`([^`]+)`", named)
    assert 1 <= len(files) <= 3, question
    paths = [ROOT / name if name.startswith("docs/") else WORKER / name for name in files]
    text = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    quoted = [name for name in re.findall(r"`([^`]+)`", answer) if not _COMMAND.match(name)]
    assert [name for name in quoted if name.rpartition(".")[2] not in text] == []
    assert len(quoted) >= 2


def test_every_file_of_the_picture_is_there() -> None:
    """A lane is a file of a service, or of what all share."""
    lanes = re.findall(r"^ ?│?\s*((?:ingress|worker|steps|shared|domain)/[\w/]+\.py)", PAGE, re.MULTILINE)
    roots = {"ingress": "services/ingress/src/rp_mw_ingress", "shared": "packages/shared/src/rp_mw_shared"}
    assert len(lanes) >= 10
    for lane in lanes:
        first, _, rest = lane.partition("/")
        path = ROOT / roots[first] / rest if first in roots else WORKER / (rest if first == "worker" else lane)
        assert path.exists(), lane
