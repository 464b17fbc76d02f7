"""What `tools/trace_event.py` prints."""

from __future__ import annotations

import re

import pytest

from tools import trace_event


def test_it_prints_its_two_figures_and_no_log_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """So that a program can read them: the worker's own lines go nowhere."""
    monkeypatch.setattr("sys.argv", ["trace_event"])
    assert trace_event.main() == 0
    printed = capsys.readouterr().out
    assert re.fullmatch(r"product files entered: \d+\nswitches between files: \d+\n", printed), printed
