"""Each promise that the soak's self-test breaks can still be broken: `make soak-selftest` runs only now and then."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.soak.breakages import Breakage, broken, load_breakages


@pytest.mark.parametrize("breakage", load_breakages(), ids=lambda breakage: breakage.name)
def test_it_fits_the_worker_of_today(breakage: Breakage, zips: Mapping[str, Path], tmp_path: Path) -> None:
    """The broken zip differs from the built one in just the files named, and those are Python."""
    for name in {edit.file for edit in breakage.edits}:
        assert name.endswith(".py")
    made = broken(zips["worker"], tmp_path / "worker.zip", breakage)
    assert made.read_bytes() != zips["worker"].read_bytes()
    _compile(made, {edit.file for edit in breakage.edits})


def _compile(path: Path, names: set[str]) -> None:
    with zipfile.ZipFile(path) as zipped:
        for name in names:
            compile(zipped.read(name), name, "exec")
