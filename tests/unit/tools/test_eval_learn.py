"""`make eval-learn`: what is asked of a source, what breaks a gate, and what is said where the rows are not there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tools.train.eval_learn import Outcome, find_broken, needed
from tools.train.eval_learn import main as eval_learn


def _outcome(**changes: Any) -> Outcome:
    known: dict[str, Any] = {"source": "one", "rows": 200, "before": 160, "after": 170, "tier0_before": 5}
    known |= {"tier0_after": 5, "tier0_rows": 6, "fallen": (), "refusals": ()}
    return Outcome(**known | changes)


def test_three_points_are_asked_or_a_quarter_of_the_errors() -> None:
    """Whichever is less: of 20 % errors three points, of 4 % one."""
    assert needed([_outcome()]) == pytest.approx(0.03)
    assert needed([_outcome(before=192)]) == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"after": 165}, ["0.0300 asked"]),
        ({"after": 159}, ["0.0300 asked", "a draw falls"]),
        ({"tier0_after": 4}, ["tier-0 recall falls"]),
    ],
)
def test_what_breaks_a_gate_is_named(changes: dict[str, Any], said: list[str]) -> None:
    """Too little gained, a draw that falls, tier-0 recall that falls."""
    found = find_broken([_outcome(**changes)])
    assert len(found) == len(said)
    assert all(part in line for part, line in zip(said, found, strict=True))


def test_without_the_rows_it_is_left_out_and_in_ci_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Users have no such rows; CI must not skip it."""
    monkeypatch.delenv("CI", raising=False)
    assert eval_learn(["--shared", str(tmp_path)]) == 0
    assert "left out" in capsys.readouterr().err
    monkeypatch.setenv("CI", "true")
    assert eval_learn(["--shared", str(tmp_path)]) == 1
