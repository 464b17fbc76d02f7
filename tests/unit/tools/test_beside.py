"""Checks whose material lies beside the checkout: run, left out in words, or failed; never skipped in silence."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools.beside import main

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("code", [0, 3])
def test_with_the_material_the_command_decides(tmp_path: Path, code: int) -> None:
    """Its exit code is passed on."""
    assert main([str(tmp_path), sys.executable, "-c", f"raise SystemExit({code})"]) == code


@pytest.mark.parametrize(("in_ci", "code", "said"), [("true", 1, "fails"), ("", 0, "left out")])
def test_without_it_a_person_is_told_and_ci_fails(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    in_ci: str,
    code: int,
    said: str,
) -> None:
    """The command is not run, and the line says what is missing and why."""
    monkeypatch.setenv("CI", in_ci)
    assert main([str(tmp_path / "absent"), "/no/such/program"]) == code
    line = capsys.readouterr().err
    assert said in line
    assert "absent is not there" in line


def test_ci_runs_every_check_without_asking_whether_it_could() -> None:
    """Each target decides for itself, and with CI=true it fails where it cannot run."""
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert "export CI=true" in script
    checks = "eval-injection eval-machines eval-ci eval-answers tf eval-text eval-languages eval-field eval-inbox"
    assert f"\nmake --jobs=2 --output-sync=target {checks}\n" in script
    assert "[ -e" not in script
