"""`make bench`: measures our functions beside what one would build instead, in one run on one machine.

--quick measures what gates CI: instructions, calls, write units, dollars, zip sizes, and a few timed rounds to look at.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks import calls, cold, gates, instructions, local_aws, plot, prices, ratios
from benchmarks.bed import Bed, prepared_bed
from benchmarks.spawn import VariantFailed, run_process
from benchmarks.variants import BARE, INGRESS, POWERTOOLS, PYDANTIC, WORKER
from tools.zips.layout import BuildError

RESULTS = Path(__file__).resolve().parent / "results"
Results = dict[str, Any]
# Ratios of times differ from run to run on a busy machine: in CI they are shown, not enforced.
TIMED = ("ready, x", "ready with", "warm CPU", "first TLS")


def main(arguments: list[str] | None = None) -> int:
    """Measure, write the results and the plot page, print the verdicts; 1 when a gate fails."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--quick", action="store_true", help="what gates CI, in a few minutes")
    parser.add_argument("--rounds", type=int, help="timed rounds (default 21, quick 3)")
    parser.add_argument("--only", choices=("processes", "calls", "local"), action="append", help="one part")
    chosen = parser.parse_args(arguments)
    rounds = chosen.rounds or (3 if chosen.quick else 21)
    parts = set(chosen.only or ("processes", "calls", "local"))
    started = time.monotonic()
    values: dict[str, float] = {}
    try:
        if "processes" in parts:
            values |= _processes(rounds, quick=chosen.quick)
        if "calls" in parts:
            values |= _calls()
        if "local" in parts and not chosen.quick:
            _write("local_aws", local_aws.measure())
    except (BuildError, VariantFailed) as error:
        sys.stderr.write(f"bench: {error}\n")
        return 1
    verdicts = gates.judge(values)
    if verdicts:
        _write_verdicts("quick" if chosen.quick else "verdicts", gates.to_json(verdicts))
    plot.write_page(RESULTS)
    print(gates.to_table(verdicts))
    print(f"{time.monotonic() - started:.0f} s; results in benchmarks/results/")
    enforced = [one for one in verdicts if not chosen.quick or not any(word in one.name for word in TIMED)]
    return int(_is_instructions_missing() or not all(one.passes for one in enforced))


def _processes(rounds: int, *, quick: bool) -> dict[str, float]:
    with prepared_bed() as bed:
        values = {"ingress zip, MB": bed.zips["ingress"].stat().st_size / 1e6}
        values |= _instructions(bed, quick=quick)
        ready = _timed("ready_ms", BARE, lambda: cold.ready_ms(bed, rounds))
        values["ingress ready, x boto3.client"] = ready[INGRESS].median
        values["worker ready with classifier, x boto3.client"] = ready[WORKER].median
        first = _timed("first_event_ms", POWERTOOLS, lambda: cold.first_event_ms(bed, rounds))
        values["ingress first TLS event, x Powertools + pydantic + boto3"] = first[INGRESS].median
        warm = _timed("warm_us", PYDANTIC, lambda: cold.warm_us(bed, rounds, 150 if quick else 400))
        values["ingress warm CPU, x pydantic + boto3"] = warm[INGRESS].median
        if not quick:
            _timed("ready_over_tls_ms", BARE, lambda: cold.ready_ms(bed, max(3, rounds // 3), tls=True))
            _timed("marginal_ms", BARE, lambda: cold.marginal_ms(bed, max(3, rounds // 3)))
            _timed("warm_tls_us", PYDANTIC, lambda: cold.warm_us(bed, max(3, rounds // 3), 300, tls=True))
        _write("footprint", _footprint(bed))
    return values


def _timed(name: str, reference: str, measure: Callable[[], list[cold.Round]]) -> Mapping[str, ratios.Spread]:
    measured = measure()
    compared = ratios.ratios_to(reference, measured)
    _write(
        name,
        {
            "reference": reference,
            "machine": _machine(),
            "ratio": ratios.to_json(compared),
            "absolute": ratios.to_json(ratios.medians(measured)),
        },
    )
    return compared


def _instructions(bed: Bed, *, quick: bool) -> dict[str, float]:
    if not instructions.is_countable():
        sys.stderr.write(f"bench: {instructions.NOT_THERE}\n")
        return {}
    counts = instructions.count_all(bed, only_gated=quick)
    ratio = {name: round(number / counts[BARE], 4) for name, number in counts.items()}
    _write("instructions", {"reference": BARE, "ratio": ratio, "count": counts})
    return {
        "ingress instructions, x boto3.client": ratio[INGRESS],
        "worker instructions, x boto3.client": ratio[WORKER],
    }


def _is_instructions_missing() -> bool:
    return bool(os.environ.get("CI")) and not instructions.is_countable()


def _footprint(bed: Bed) -> Results:
    by_variant = {
        one.name: run_process(bed.command(one, "footprint"), bed.environment(one)).result for one in bed.variants
    }
    zips = {name: round(path.stat().st_size / 1e6, 2) for name, path in bed.zips.items()}
    return {"by_variant": by_variant, "zip_mb": zips}


def _calls() -> dict[str, float]:
    measured = calls.measure()
    bill = prices.bill_of_mix(measured, prices.load_prices())
    _write("calls", {"by_kind": {kind: cost.to_json() for kind, cost in measured.items()}, "bill": bill})
    return calls.gated_values(measured) | {"dollars per million events": bill["total_usd_per_million"]}


def _write_verdicts(name: str, measured: list[Results]) -> None:
    """A run of one part keeps what an earlier run found of the others."""
    path = RESULTS / f"{name}.json"
    earlier = json.loads(path.read_text("utf-8"))["gates"] if path.is_file() else []
    by_name = {one["name"]: one for one in earlier} | {one["name"]: one for one in measured}
    ordered = [by_name[gate.name] for gate in gates.GATES if gate.name in by_name]
    _write(name, {"machine": _machine(), "gates": ordered})


def _machine() -> Results:
    load = os.getloadavg()
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "load_average": [round(one, 1) for one in load],
        "measured_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def _write(name: str, content: Results) -> None:
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(content, indent=1, sort_keys=True)
    (RESULTS / f"{name}.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
