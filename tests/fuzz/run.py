"""Fuzzes the ingress' parser and credential check: `python -m tests.fuzz.run --minutes 30 [--target parser] [--save]`.

Each target runs in its own process against the saved corpus. What it finds is written to a folder of its own and, with
--save, the inputs that reach new code are merged into the corpus.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGETS = ("parser", "auth")
_RUNS = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
_COVERAGE = re.compile(r"cov: (\d+)")
_MAX_SAVED = 150


@dataclass(frozen=True, slots=True)
class FuzzReport:
    """One target's run: how often it ran, covered edges (0 without atheris), new inputs, and the crash if any."""

    target: str
    executed: int
    covered: int
    new_inputs: int
    crash: bytes | None
    output: str


def fuzz(target: str, seconds: float, *, save: bool = False) -> FuzzReport:
    """Run one target for `seconds` in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="rp-mw-fuzz-") as folder:
        found = Path(folder)
        engine = [
            sys.executable,
            "-m",
            "tests.fuzz.engine",
            target,
            f"{seconds:g}",
            folder,
            str(HERE / "corpus" / target),
        ]
        finished = subprocess.run(
            engine,
            cwd=HERE.parents[1],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds + 120,
            check=False,
        )
        crashes = sorted(found.glob("crash-*"))
        new_inputs = [path for path in found.iterdir() if path not in crashes]
        if save:
            _save(target, new_inputs)
        crash = crashes[0].read_bytes() if crashes else None
        output = finished.stderr
        if finished.returncode != 0 and crash is None:
            crash = b"(no input left: see the output)"
        return FuzzReport(target, _last(_RUNS, output), _last(_COVERAGE, output), len(new_inputs), crash, output)


def _save(target: str, new_inputs: list[Path]) -> None:
    corpus = HERE / "corpus" / target
    room = _MAX_SAVED - len(list(corpus.iterdir()))
    for path in sorted(new_inputs, key=lambda path: path.stat().st_size)[: max(0, room)]:
        shutil.copyfile(path, corpus / path.name)


def _last(pattern: re.Pattern[str], output: str) -> int:
    found = pattern.findall(output)
    return int(found[-1]) if found else 0


def main() -> int:
    """Run the chosen targets one after the other and print one line each; 1 if anything broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="time for each target (default 30)")
    parser.add_argument("--target", choices=TARGETS, action="append", help="only this target (may be repeated)")
    parser.add_argument("--save", action="store_true", help="keep new inputs in the corpus")
    options = parser.parse_args()
    reports = [fuzz(target, options.minutes * 60, save=options.save) for target in options.target or TARGETS]
    for report in reports:
        verdict = "ok" if report.crash is None else f"BROKEN by {report.crash!r}"
        counts = f"{report.executed} runs, {report.covered} edges, {report.new_inputs} new inputs"
        sys.stdout.write(f"{report.target}: {counts}: {verdict}\n")
        if report.crash is not None:
            sys.stdout.write(report.output[-4000:])
    return int(any(report.crash is not None for report in reports))


if __name__ == "__main__":
    sys.exit(main())
