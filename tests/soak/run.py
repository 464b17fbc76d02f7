"""The command: python -m tests.soak.run [--seed N] [--events N] [--selftest]; 1 when a promise did not hold."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from rp_mw_local.errors import LocalError
from rp_mw_local.zips import build_zips
from tests.faults.printing import say
from tests.soak.breakages import Breakage, BreakageError, broken, load_breakages
from tests.soak.drive import SoakError
from tests.soak.report import event_times, lines, write_evidence, write_json
from tests.soak.soak import Size, soak

SHORT = Size(
    120,
    24,
    kills=2,
    rate=9.0,
    drain_seconds=150.0,
    enricher_seconds=10,
    concurrency=3,
    budget_clock=10.0,
)
_SELFTEST = Size(400, 80, kills=3, rate=16.0, drain_seconds=110.0, enricher_seconds=10, concurrency=3)
_FOLDER = Path("build/soak")


def main() -> int:
    """Parse the command line and do what it says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--events", type=int, default=Size().events, help="customer messages (default %(default)s)")
    parser.add_argument("--conversations", type=int, default=Size().conversations)
    parser.add_argument("--rate", type=float, default=Size().rate, help="webhooks a second at most")
    parser.add_argument("--short", action="store_true", help="the form `make test` runs")
    parser.add_argument("--selftest", action="store_true", help="break promises on purpose: each has to be noticed")
    parser.add_argument("--only", default="", help="with --selftest: the breakages whose name contains this")
    parser.add_argument("--json", type=Path, help="where each event's time goes (default build/soak/seed-N.json)")
    parser.add_argument("--keep", type=Path, help="a folder for the tables and logs of the run, to look into findings")
    arguments = parser.parse_args()
    try:
        zips = build_zips(say)
        if arguments.selftest:
            return selftest(zips, arguments.seed, arguments.only)
        size = Size(arguments.events, arguments.conversations, rate=arguments.rate)
        target = arguments.json or _FOLDER / f"seed-{arguments.seed}.json"
        return run(zips, arguments.seed, SHORT if arguments.short else size, target, arguments.keep)
    except (SoakError, LocalError, BreakageError) as error:
        say(f"soak: {error}")
        return 2


def run(zips: Mapping[str, Path], seed: int, size: Size, target: Path, keep: Path | None = None) -> int:
    """Soak once; 0 when every promise held."""
    say(f"soak, seed {seed}: {size.events} events, {size.conversations} conversations")
    soaked = soak(zips, seed, size, say)
    for line in lines(soaked.findings, soaked.figures):
        say(line)
    write_json(target, seed, soaked.findings, soaked.figures, event_times(soaked.facts))
    say(f"each event's time: {target}")
    if keep is not None:
        write_evidence(keep, soaked.facts)
    return 0 if soaked.has_held else 1


def selftest(zips: Mapping[str, Path], seed: int, only: str) -> int:
    """Soak with each breakage in the worker's zip; 0 when each was noticed as what it is."""
    chosen = [breakage for breakage in load_breakages() if only in breakage.name]
    missed = [breakage for breakage in chosen if not _is_noticed(zips, seed, breakage)]
    say(f"{len(chosen) - len(missed)} of {len(chosen)} breakages noticed")
    return 1 if missed else 0


def _is_noticed(zips: Mapping[str, Path], seed: int, breakage: Breakage) -> bool:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="rp-mw-soak-") as folder:
        zip_path = broken(zips["worker"], Path(folder) / "worker-broken.zip", breakage)
        soaked = soak({**zips, "worker": zip_path}, seed, replace(_SELFTEST))
    counts = {kind: len(found) for kind, found in soaked.findings.items() if found}
    is_noticed = any(kind in counts for kind in breakage.expected)
    told = ", ".join(f"{kind} {count}" for kind, count in counts.items()) or "nothing found"
    say(f"{'noticed' if is_noticed else 'MISSED':8} {breakage.name:48} {told}  ({time.monotonic() - started:.0f} s)")
    return is_noticed


if __name__ == "__main__":
    sys.exit(main())
