"""User-space instructions from spawn to ready, counted by valgrind: repeatable, so these gate CI."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

from benchmarks.bed import Bed
from benchmarks.variants import BARE, INGRESS, WORKER, Variant

GATED = (BARE, INGRESS, WORKER)
_REFERENCES = re.compile(r"I\s+refs:\s+([\d,]+)")
NOT_THERE = "instructions not counted: valgrind is not on the path (apt-get install valgrind); CI must have it"


def is_countable() -> bool:
    """Whether valgrind is there."""
    return shutil.which("valgrind") is not None


def count_all(bed: Bed, *, only_gated: bool) -> dict[str, int]:
    """Return instructions by variant; two processes at a time."""
    chosen = [variant for variant in bed.variants if not only_gated or variant.name in GATED]
    with ThreadPoolExecutor(2) as pool:
        counts = list(pool.map(lambda variant: count(bed, variant), chosen))
    return {variant.name: number for variant, number in zip(chosen, counts, strict=True)}


def count(bed: Bed, variant: Variant) -> int:
    """Return the instructions one process executes until it is ready. Raises CalledProcessError when it fails."""
    valgrind = shutil.which("valgrind") or "valgrind"
    command = [valgrind, "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    # A second run finds what a first one may have written.
    environment = bed.environment(variant) | {"PYTHONHASHSEED": "0", "PATH": os.environ.get("PATH", os.defpath)}
    done = subprocess.run(
        [*command, *bed.command(variant, "ready")],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=300,
        check=True,
    )
    found = _REFERENCES.search(done.stderr)
    if found is None:
        raise RuntimeError(f"valgrind told no instruction count: {done.stderr[-200:]}")
    return int(found[1].replace(",", ""))
