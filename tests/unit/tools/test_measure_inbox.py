"""The measure of the inbox: words and model together, by kind and group of languages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.measure_inbox import main

ROWS = [
    {"lang": "en", "kind": "tier0", "text": "My lawyer will sue you."},
    {"lang": "en", "kind": "near_miss", "text": "Do you stock the mug in blue?"},
    {"lang": "de", "kind": "person_please", "text": "Ich möchte mit einem Mitarbeiter sprechen."},
]


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Three labelled messages."""
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, ROWS)) + "\n", "utf-8")
    return path


def test_figures_are_by_kind_and_group(rows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """English apart, the six together."""
    assert main([str(rows), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)["figures"]
    assert figures["en.tier0.words"] == {"share": 1.0, "found": 1, "total": 1}
    assert figures["en.near_miss.tier0"]["found"] == 0
    assert figures["six.person_please.person"]["found"] == 1
    assert not any(name.startswith("de.") for name in figures)


def test_each_language_is_told_where_asked(rows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And a text for people has a line a figure."""
    assert main([str(rows), "--by-language"]) == 0
    assert "de.person_please.person" in capsys.readouterr().out


def test_a_broken_gate_is_named(rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A figure that was not measured breaks its gate too."""
    gates = tmp_path / "gates.yaml"
    gates.write_text("en.tier0.escalated: {max: 0.5}\nen.safety.escalated: {min: 0.5}\n", "utf-8")
    assert main([str(rows), "--gates", str(gates)]) != 0
    shown = capsys.readouterr().out
    assert "BROKEN en.tier0.escalated" in shown
    assert "en.safety.escalated: not measured" in shown
