"""`rp-mw screen` and `eval-languages`: JSONL in the same order, a bad line named, gates that gate."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from rp_mw_ops.cli import main


def test_screen_answers_every_row_in_order(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The subject counts too, and a person asked for is no escalation."""
    rows = [
        {"id": "a", "text": "see above", "subject": "My lawyer will write"},
        {"id": "b", "text": "Ich möchte mit einem Menschen sprechen.", "sender_address": None},
    ]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(map(json.dumps, rows))))
    assert main(["screen", "--json"]) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["id"] == "a"
    assert first["labels"] == ["legal_threat"]
    assert second == {
        "id": "b",
        "hits": ["human_request"],
        "doubted": [],
        "labels": [],
        "human_requested": True,
        "language": "de",
        "machine_marks": [],
    }


@pytest.mark.parametrize("line", ['{"id": 1}', '{"text": "x", "subject": 3}', "no json"])
def test_screen_names_a_bad_line(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its number, not its words."""
    monkeypatch.setattr("sys.stdin", io.StringIO(line))
    assert main(["screen"]) == 1
    assert "line 1" in capsys.readouterr().err


def test_a_broken_gate_ends_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The figure is named, and the code is 3."""
    messages, gates = tmp_path / "messages.jsonl", tmp_path / "gates.yaml"
    messages.write_text(json.dumps({"lang": "en", "text": "all fine", "intent": "legal_threat"}), "utf-8")
    gates.write_text("en.tier0: {min: 0.9}\n", "utf-8")
    assert main(["eval-languages", str(messages), "--gates", str(gates)]) == 1
    assert "BROKEN en.tier0" in capsys.readouterr().out
