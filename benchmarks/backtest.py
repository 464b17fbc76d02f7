"""`python -m benchmarks.backtest`: seconds and memory of `rp-mw backtest` over synthetic exports in three formats.

Each run is a whole process with its helpers; memory is the sum of the largest process and the judging ones at their
peak, so an upper bound. `--tickets 10000` by default; twice as many are read once more to show that memory is flat.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.unit.ops.backtest.exports import Written, write_csv, write_gorgias, write_zendesk

ASKED = (
    "Where is my order #{}? It was promised for Friday and nobody answers.",
    "I want my money back for order {}, the lamp arrived with a crack in its glass.",
    "Can I change the address of order {}? We moved last week.",
    "Do you ship to Norway, and what does it cost? I saw number {} on your site.",
    "Wo ist meine Bestellung {}? Ich warte seit zwei Wochen.",
)
WRITERS: dict[str, Callable[..., Path]] = {"zendesk": write_zendesk, "gorgias": write_gorgias, "csv": write_csv}


def main() -> int:
    """Print one line for each format."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tickets", type=int, default=10_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name, write in WRITERS.items():
            seconds, megabytes = _measure(write(Path(folder) / name, _tickets(args.tickets)))
            print(f"{name:8} {args.tickets} tickets: {seconds:.1f} s, at most {megabytes:.0f} MB")
        seconds, megabytes = _measure(write_zendesk(Path(folder) / "twice", _tickets(2 * args.tickets)))
        print(f"zendesk  {2 * args.tickets} tickets: {seconds:.1f} s, at most {megabytes:.0f} MB")
    return 0


def _tickets(count: int) -> list[Written]:
    return [Written(str(number), ASKED[number % len(ASKED)].format(1000 + number), "Sales") for number in range(count)]


def _measure(export: Path) -> tuple[float, float]:
    """Return seconds and megabytes of one run with two judging processes."""
    code = (
        "import json, resource, sys; from rp_mw_ops.cli import main; main(sys.argv[1:]);"
        "peak = lambda who: resource.getrusage(who).ru_maxrss / 1024;"
        "sys.stderr.write('\\n' + json.dumps(peak(resource.RUSAGE_SELF) + 2 * peak(resource.RUSAGE_CHILDREN)))"
    )
    began = time.perf_counter()
    command = [sys.executable, "-c", code, "backtest", str(export), "--yes", "--json", "--processes", "2"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=1800)
    return time.perf_counter() - began, float(done.stderr.splitlines()[-1])


if __name__ == "__main__":
    sys.exit(main())
