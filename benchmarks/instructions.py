"""User-space instructions, counted by valgrind: repeatable on any machine, so these gate CI."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.bed import Bed
from benchmarks.spawn import run_process
from benchmarks.variants import BARE, INGRESS, INGRESS_BEFORE, POWERTOOLS, PYDANTIC, WORKER, WORKER_BEFORE, Variant

GATED_READY = (BARE, POWERTOOLS, INGRESS, WORKER, INGRESS_BEFORE, WORKER_BEFORE)
GATED_WARM = (PYDANTIC, INGRESS, INGRESS_BEFORE)
NOT_THERE = "instructions not counted: valgrind is not on the path (apt-get install valgrind); CI must have it"
_REFERENCES = re.compile(r"I\s+refs:\s+([\d,]+)")
# Enough for a hash table that grows now and then to weigh nothing.
_WARM_EVENTS = 150


def is_countable() -> bool:
    """Whether valgrind is there."""
    return shutil.which("valgrind") is not None


def until_ready(bed: Bed, *, only_gated: bool) -> dict[str, float]:
    """Return, by variant, the instructions from spawn to ready. Raises VariantFailed."""
    chosen = [one for one in bed.variants if not only_gated or one.name in GATED_READY]
    return _by_variant(chosen, lambda one: _count(bed, one, "ready"))


def per_warm_event(bed: Bed, *, only_gated: bool) -> dict[str, float]:
    """Return, by variant that takes webhooks, the instructions of one event in a warm process. Raises VariantFailed."""
    chosen = [one for one in bed.variants if one.answers and (not only_gated or one.name in GATED_WARM)]

    def count(one: Variant) -> float:
        return (_count(bed, one, "warm", _WARM_EVENTS) - _count(bed, one, "warm", 0)) / _WARM_EVENTS

    return _by_variant(chosen, count)


def _by_variant(chosen: Sequence[Variant], count: Callable[[Variant], float]) -> dict[str, float]:
    with ThreadPoolExecutor(2) as pool:
        return {one.name: number for one, number in zip(chosen, pool.map(count, chosen), strict=True)}


def _count(bed: Bed, variant: Variant, mode: str, events: int = 0) -> float:
    return count_instructions(bed.command(variant, mode, events), bed.environment(variant))


def count_instructions(run: Sequence[str], environment: Mapping[str, str]) -> int:
    """Return the instructions of a command, which must succeed. Raises VariantFailed."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "valgrind.log"
        command = [shutil.which("valgrind") or "valgrind", "--tool=cachegrind", "--cache-sim=no"]
        command += ["--cachegrind-out-file=/dev/null", f"--log-file={log}", *run]
        run_process(command, {**environment, "PYTHONHASHSEED": "0", "PATH": os.environ["PATH"]})
        found = _REFERENCES.search(log.read_text("utf-8"))
        if found is None:
            raise RuntimeError(f"valgrind told no instruction count: {log.read_text('utf-8')[-200:]}")
        return int(found[1].replace(",", ""))
