"""Ratios inside a round, and verdicts."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from benchmarks.gates import is_kept, judge, to_table
from benchmarks.plot import bars
from benchmarks.ratios import ratios_to, to_spread
from benchmarks.run import bytes_without_encoder


def test_a_ratio_is_taken_inside_its_round() -> None:
    """A machine twice as slow in one round changes no ratio."""
    rounds = [{"a": 1.0, "b": 2.0}, {"a": 2.0, "b": 4.0}, {"a": 1.0, "b": 2.0}]
    assert ratios_to("a", rounds)["b"] == to_spread([2.0, 2.0, 2.0])


def test_one_value_is_its_own_quartiles() -> None:
    """A single round has no spread."""
    assert to_spread([3.0]).q1 == to_spread([3.0]).q3 == 3.0


def test_a_value_over_its_bound_fails_and_one_at_it_passes() -> None:
    """Bounds are inclusive; to reach is told apart from to pass."""
    (at,) = judge({"ingress zip, MB": 2.5})
    (over,) = judge({"ingress zip, MB": 2.51})
    (good,) = judge({"ingress zip, MB": 1.9})
    assert (at.passes, at.reaches) == (True, False)
    assert not over.passes
    assert good.reaches


def test_a_measured_value_without_a_gate_is_an_error() -> None:
    """A misspelt name must not pass unseen."""
    with pytest.raises(ValueError, match="no such gate"):
        judge({"no such gate": 1.0})


@pytest.mark.parametrize(
    ("name", "is_quick", "mark"),
    [
        ("ingress warm CPU, x pydantic + boto3", True, "over"),
        ("ingress warm CPU, x pydantic + boto3", False, "FAIL"),
        ("ingress warm instructions, x pydantic + boto3", True, "FAIL"),
        ("shadow, write units", True, "FAIL"),
    ],
)
def test_a_quick_run_shows_timed_ratios_and_enforces_the_rest(name: str, is_quick: bool, mark: str) -> None:
    """Three rounds on a busy machine say little of a ratio of times."""
    verdicts = judge({name: 99.0})
    assert is_kept(verdicts, is_quick=is_quick) == (mark == "over")
    assert to_table(verdicts, is_quick=is_quick).splitlines()[1].startswith(mark)


def test_names_in_the_plot_are_escaped() -> None:
    """The page is written from variant names."""
    assert "&lt;b&gt;" in bars([("<b>", 1.0, 0.9, 1.1)], "x")


def test_the_encoders_parts_count_for_the_whole_zip_and_not_for_its_growth(tmp_path: Path) -> None:
    """Numpy, its libraries and licences, and the encoder's model; other models and packages stay in."""
    path = tmp_path / "worker.zip"
    sizes = {
        "numpy/__init__.py": 1_000,
        "numpy.libs/libscipy_openblas64_-1.so": 20_000,
        "numpy-2.4.6.dist-info/METADATA": 300,
        "licences/numpy-2.4.6/LICENSE.txt": 4_000,
        "rp_mw_worker/policy/model/encoder.bin": 50_000,
        "rp_mw_worker/policy/model/intents.bin": 600_000,
        "openai/__init__.py": 7_000_000,
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, size in sizes.items():
            archive.writestr(name, bytes(size))
    assert path.stat().st_size - bytes_without_encoder(path) == 75_300
    over, grown = judge({"worker zip, MB": 60.1, "worker zip without the encoder, MB more than the earlier build": 2.1})
    assert not over.passes
    assert not grown.passes
