"""The backtest's benchmark ends with 1 when a limit is broken, and measures every format."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import backtest
from tests.unit.ops.backtest.exports import write_richpanel

GOOD = [(30.0, 300.0)] * 4 + [(60.0, 340.0)]


def measure(monkeypatch: pytest.MonkeyPatch, runs: list[tuple[float, float]]) -> list[str]:
    """Have the runs take these seconds and megabytes; returns the names of the files that were measured."""
    left: Iterator[tuple[float, float]] = iter(runs)
    seen: list[str] = []

    def run(export: Path) -> tuple[float, float]:
        seen.append(export.name)
        return next(left)

    monkeypatch.setattr(backtest, "_measure", run)
    return seen


@pytest.mark.parametrize(
    ("tickets", "place", "run", "code"),
    [
        ("10000", 0, (30.0, 300.0), 0),
        ("10000", 0, (60.1, 300.0), 1),
        ("10000", 2, (60.1, 300.0), 1),
        ("10000", 4, (200.0, 345.0), 0),
        ("10000", 4, (60.0, 346.0), 1),
        ("100", 1, (59.0, 300.0), 0),
        ("100", 1, (61.0, 300.0), 1),
        ("20000", 1, (119.0, 300.0), 0),
        ("20000", 1, (121.0, 300.0), 1),
    ],
)
def test_one_broken_limit_is_exit_code_1(
    tickets: str,
    place: int,
    run: tuple[float, float],
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """60 s for 10,000 tickets in each format, in proportion above that; twice as many take 1.15 times the memory."""
    monkeypatch.setattr(backtest, "_tickets", lambda count: [])
    seen = measure(monkeypatch, [*GOOD[:place], run, *GOOD[place + 1 :]])
    assert backtest.main(["--tickets", tickets]) == code
    assert seen == ["zendesk", "gorgias", "richpanel", "csv", "twice"]
    assert ("FAIL" in capsys.readouterr().out) is bool(code)


@pytest.mark.parametrize(("megabytes", "code"), [(128, 0), (129, 1)])
def test_reading_has_a_limit_that_no_files_size_changes(
    megabytes: int, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One format over it is enough."""
    peaks = iter([60, 60, megabytes, 60])
    monkeypatch.setattr(backtest, "_read", lambda path, kind: (1.0, 1, next(peaks)))
    assert backtest.main(["--read-megabytes", "1"]) == code


def test_a_file_is_read_by_a_process_of_its_own(tmp_path: Path) -> None:
    """Its tickets are counted, and its memory is its own."""
    tickets = backtest._long_tickets(1_000_000)
    _, found, megabytes = backtest._read(write_richpanel(tmp_path / "export", tickets), "json")
    assert found == len(tickets)
    assert 5 < megabytes < backtest.LIMITS[backtest.READING]
