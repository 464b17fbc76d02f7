"""`python -m benchmarks.backtest`: seconds and memory of `rp-mw backtest` over synthetic exports, held to LIMITS.

Each run is a whole process with its helpers; memory is the sum of the largest process and the judging ones at their
peak, so an upper bound. `--tickets 10000` by default; twice as many are read once more to show that memory is flat.

`--read-megabytes 500` reads files of that size instead and judges nothing: a line of JSON a ticket, arrays, and a
CSV whose tickets' rows are scattered over the file. Exit code 1: a limit is broken.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.unit.ops.backtest.exports import Written, write_csv, write_gorgias, write_richpanel, write_zendesk

TICKETS = 10_000
SECONDS, MEMORY, READING = "seconds", "times the memory of half as many", "MB to read a file"
LIMITS = {SECONDS: 60.0, MEMORY: 1.15, READING: 128.0}

ASKED = (
    "Where is my order #{}? It was promised for Friday and nobody answers.",
    "I want my money back for order {}, the lamp arrived with a crack in its glass.",
    "Can I change the address of order {}? We moved last week.",
    "Do you ship to Norway, and what does it cost? I saw number {} on your site.",
    "Wo ist meine Bestellung {}? Ich warte seit zwei Wochen.",
)
LONG_WORDS = 'Where is my order? It was promised, "soon", and nobody\nanswers; at all. '
# Reads one file and prints how many tickets it holds and the process's memory at its peak. That is taken from Linux's
# own account of the process: what `getrusage` tells begins with the memory of the process that started this one.
READ = """
import re, sys
from pathlib import Path
path, kind = Path(sys.argv[1]), sys.argv[2]
if kind == "csv":
    from rp_mw_ops.backtest.csv_export import CsvExport
    found = CsvExport(path).groups("Ticket ID")
else:
    from rp_mw_ops.backtest.json_export import JsonExport
    found = JsonExport(path).tickets()
count = sum(1 for _ in found)
print(count, round(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024))
"""
WRITERS: dict[str, Callable[..., Path]] = {
    "zendesk": write_zendesk,
    "gorgias": write_gorgias,
    "richpanel": write_richpanel,
    "csv": write_csv,
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure with the most that it may be."""

    what: str
    value: float
    limit: float


def main(given: Sequence[str] | None = None) -> int:
    """Measure, print; 1 when a limit is broken."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.backtest")
    parser.add_argument("--tickets", type=int, default=TICKETS)
    parser.add_argument("--read-megabytes", type=int, metavar="MB", help="only read files of this size, judge nothing")
    asked = parser.parse_args(given)
    with tempfile.TemporaryDirectory() as folder:
        if asked.read_megabytes:
            measured = _read_large(Path(folder), asked.read_megabytes * 1_000_000)
        else:
            measured = _judge(Path(folder), asked.tickets)
        results = [_told(one) for one in measured]
    return int(not all(results))


def _told(one: Measured) -> bool:
    """Print the line; return whether the limit holds."""
    is_held = one.value <= one.limit
    print(f"{'ok  ' if is_held else 'FAIL'} {one.value:8.2f} {one.limit:8.2f}  {one.what}", flush=True)
    return is_held


def _judge(folder: Path, tickets: int) -> Iterator[Measured]:
    """Yield seconds for each format, and how much more memory twice the tickets take."""
    seconds_limit = LIMITS[SECONDS] * max(1.0, tickets / TICKETS)
    memory = {}
    for name, write in WRITERS.items():
        seconds, memory[name] = _measure(write(folder / name, _tickets(tickets)))
        yield Measured(f"{name}: {tickets} tickets, {SECONDS}; at most {memory[name]:.0f} MB", seconds, seconds_limit)
    seconds, megabytes = _measure(write_zendesk(folder / "twice", _tickets(2 * tickets)))
    told = f"zendesk: {2 * tickets} tickets in {seconds:.1f} s, at most {megabytes:.0f} MB, {MEMORY}"
    yield Measured(told, megabytes / memory["zendesk"], LIMITS[MEMORY])


def _read_large(folder: Path, most_bytes: int) -> Iterator[Measured]:
    """Yield for each format the memory of the reading process at its peak; the size of the file changes no limit."""
    for name, write in WRITERS.items():
        path = write(folder / name, _long_tickets(most_bytes))
        seconds, tickets, megabytes = _read(path, "csv" if name == "csv" else "json")
        size = path.stat().st_size / 1_000_000
        told = f"{name}: {size:.0f} MB, {tickets} tickets read in {seconds:.0f} s, {READING}"
        yield Measured(told, megabytes, LIMITS[READING])
        path.unlink()


def _read(path: Path, kind: str) -> tuple[float, int, int]:
    """Return seconds, tickets, and megabytes of the reading process at its peak."""
    began = time.perf_counter()
    command = [sys.executable, "-c", READ, str(path), kind]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=1800)
    tickets, megabytes = map(int, done.stdout.split())
    return time.perf_counter() - began, tickets, megabytes


def _long_tickets(most_bytes: int) -> list[Written]:
    """So many that a file of them is about as large; the words are one text, kept once."""
    words = LONG_WORDS * 1_000
    return [Written(str(number), words, "Sales") for number in range(most_bytes // len(words))]


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
