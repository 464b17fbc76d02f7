"""`rp-mw eval-machines`: figures and what went wrong, for people and programs; gates; bad rows named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rp_mw_ops.cli import main

PERSON = {"id": "ana", "kind": "person", "expected": "human", "text": "Where is my order #1001?"}
MACHINE = {
    "id": "away",
    "kind": "autoreply",
    "expected": "machine",
    "sender": "ana@example.com",
    "subject": "Automatic reply: your order",
    "text": "I am out of the office until Monday and have no access to my mail.",
}
# a person's words under a machine's label: what is not seen as a machine's
UNSEEN = PERSON | {"id": "unseen", "expected": "machine"}


def written(directory: Path, *rows: Any) -> str:
    """The rows as a file's path."""
    path = directory / "rows.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    return str(path)


def gates(directory: Path) -> str:
    """A file of one gate: no machine is answered."""
    path = directory / "gates.yaml"
    path.write_text("machines_answered: {max: 0}\n", "utf-8")
    return str(path)


def test_machines_and_people_told_apart_pass_the_gate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each figure is a line with its count and what it is of; a figure of nothing is a dash."""
    assert main(["eval-machines", written(tmp_path, PERSON, MACHINE), "--gates", gates(tmp_path)]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["figure", "count", "of", "share", "wrong"]
    assert ["machines_answered", "0", "1", "0.0000"] in lines
    assert ["people_silenced", "0", "1", "0.0000"] in lines
    assert ["forms_answered", "0", "0", "-"] in lines


def test_a_machine_that_is_answered_breaks_the_gate_and_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its row's id, and as JSON by figure."""
    arguments = ["eval-machines", written(tmp_path, PERSON, UNSEEN), "--gates", gates(tmp_path)]
    assert main(arguments) == 1
    shown = capsys.readouterr().out.splitlines()
    assert ["machines_answered", "1", "1", "1.0000", "unseen"] in [line.split() for line in shown]
    assert shown[-1].startswith("BROKEN machines_answered")
    assert main([*arguments, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["wrong"]["machines_answered"] == ["unseen"]
    assert told["figures"]["machines_answered"] == {"count": 1, "of": 1, "share": 1.0}
    assert len(told["broken"]) == 1


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "no messages"),
        ([{"text": "x", "expected": "robot"}], "line 1: needs a text, and expected one of machine, human"),
        ([PERSON, {"expected": "human"}], "line 2: needs a text"),
    ],
)
def test_a_file_that_cannot_be_judged_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: list[Any], said: str
) -> None:
    """In one line."""
    assert main(["eval-machines", written(tmp_path, *rows)]) != 0
    assert said in capsys.readouterr().err
