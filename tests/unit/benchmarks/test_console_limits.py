"""The console's benchmark fails where a limit is broken, and beside an earlier build below 20 times as fast."""

from __future__ import annotations

import contextlib
import sys

import pytest

from benchmarks import console

GOOD = {
    "first page, server, ms": 90.0,
    "first page, browser, ms": 400.0,
    "new event seen, ms": 700.0,
    "server, MB": 120.0,
}


@pytest.mark.parametrize(
    ("measured", "broken"),
    [
        (GOOD, []),
        (GOOD | {"server, MB": 150.1}, ["server, MB"]),
        (GOOD | {"times faster": 20.0}, []),
        (GOOD | {"times faster": 19.9}, ["times faster"]),
        ({"first page, server, ms": 90.0}, []),
    ],
)
def test_what_breaks_its_bound_is_found(measured: dict[str, float], broken: list[str]) -> None:
    """A limit from above, the factor from below; what was not measured breaks nothing."""
    assert console.find_broken(measured) == broken


@pytest.mark.parametrize(("took_ms", "code"), [(1_790.0, 1), (1_810.0, 0)])
def test_a_run_beside_an_earlier_build_ends_by_the_factor(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], took_ms: float, code: int
) -> None:
    """Without --beside nothing is compared."""
    monkeypatch.setattr(console, "Emulator", contextlib.nullcontext)
    for name in ("make_environment", "_told"):
        monkeypatch.setattr(console, name, lambda *_: None)
    monkeypatch.setattr(console, "measure", lambda *_: dict(GOOD))
    monkeypatch.setattr(console, "_beside", lambda _, __, ours_ms: {"times faster": took_ms / ours_ms})
    monkeypatch.setattr(sys, "argv", ["console", "--beside", "an-earlier-one"])
    assert console.main() == code
    assert ("FAIL" in capsys.readouterr().out) is bool(code)
    monkeypatch.setattr(sys, "argv", ["console"])
    assert console.main() == 0
