"""`make bench`: measures our functions beside what one would build instead, in one run on one machine.

A whole run writes benchmarks/results/, which is kept. --quick measures what gates CI (instructions, calls, write
units, dollars, zip sizes, and a few timed rounds to look at) and writes build/bench/results/.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import calls, cold, gates, helpdesk_calls, hostile, instructions, local_aws, plot, prices, ratios
from benchmarks.bed import FOLDER, ROOT, Bed, prepared_bed
from benchmarks.spawn import VariantFailed, run_process
from benchmarks.variants import BARE, EARLIER, INGRESS, POWERTOOLS, PYDANTIC, WORKER, WORKER_BEFORE
from tools.zips.layout import BuildError

KEPT = Path(__file__).resolve().parent / "results"
QUICK = FOLDER / "results"
Results = dict[str, Any]
PARTS = ("processes", "calls", "hostile", "local")
# What the worker's zip carries for the encoder of six languages alone: the limit on growth leaves it out.
ENCODER_PARTS = ("numpy", "licences/numpy-", "rp_mw_worker/policy/model/encoder")


def main(arguments: list[str] | None = None) -> int:
    """Measure, write the results and the plot page, print the verdicts; 1 when a gate fails."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--quick", action="store_true", help="what gates CI, in a few minutes")
    parser.add_argument("--rounds", type=int, help="timed rounds (default 21, quick 3)")
    parser.add_argument("--only", choices=PARTS, action="append", help="one part")
    parser.add_argument(
        "--before", type=Path, metavar="FOLDER", help="zips of an earlier `make build`, measured beside"
    )
    chosen = parser.parse_args(arguments)
    parts = set(chosen.only or PARTS)
    run = Run(
        QUICK if chosen.quick else KEPT, chosen.rounds or (3 if chosen.quick else 21), chosen.quick, chosen.before
    )
    run.folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    try:
        values = run.measure(parts)
    except (BuildError, VariantFailed) as error:
        sys.stderr.write(f"bench: {error}\n")
        return 1
    verdicts = gates.judge(values)
    if verdicts:
        run.write_verdicts(gates.to_json(verdicts))
    page = plot.write_page(run.folder)
    print(gates.to_table(verdicts, is_quick=chosen.quick))
    print(f"{time.monotonic() - started:.0f} s; drawn in {page.relative_to(ROOT)}")
    return int(_is_instructions_missing() or not gates.is_kept(verdicts, is_quick=chosen.quick))


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the benchmarks: where its results go, how many timed rounds, and whether it only gates CI."""

    folder: Path
    rounds: int
    is_quick: bool
    before: Path | None

    def measure(self, parts: set[str]) -> dict[str, float]:
        """Return what was measured by the names of the gates. Raises BuildError, VariantFailed."""
        values: dict[str, float] = {}
        if "processes" in parts:
            _tell("builds the zips and installs what they are compared to")
            with prepared_bed(before=self.before) as bed:
                values |= self._processes(bed)
        if "calls" in parts:
            values |= self._calls()
        if "hostile" in parts:
            _tell("CPU of the worst texts, stage by stage")
            values |= hostile.measure()
        if "local" in parts and not self.is_quick:
            _tell("throughput through the local AWS")
            self._write("local_aws", local_aws.measure())
        return values

    def write_verdicts(self, measured: list[Results]) -> None:
        """Write what passed; a run of one part keeps what an earlier run found of the others."""
        path = self.folder / "verdicts.json"
        earlier = json.loads(path.read_text("utf-8"))["gates"] if path.is_file() else []
        by_name = {one["name"]: one for one in earlier} | {one["name"]: one for one in measured}
        ordered = [by_name[gate.name] for gate in gates.GATES if gate.name in by_name]
        self._write("verdicts", {"machine": _machine(), "gates": ordered})

    def _processes(self, bed: Bed) -> dict[str, float]:
        rounds, few = self.rounds, max(3, self.rounds // 3)
        values = {f"{name} zip, MB": bed.zips[name].stat().st_size / 1e6 for name in ("ingress", "worker")}
        values |= self._instructions(bed)
        ready = cold.ready_ms(bed, rounds)
        to_bare = self._timed("ready_ms", BARE, lambda: ready)
        values["ingress ready, x boto3.client"] = to_bare[INGRESS].median
        values["worker ready with classifier, x boto3.client"] = to_bare[WORKER].median
        values["ingress ready, x Powertools + pydantic + boto3"] = ratios.ratios_to(POWERTOOLS, ready)[INGRESS].median
        values |= _more_than_before(bed, to_bare)
        first = self._timed("first_event_ms", POWERTOOLS, lambda: cold.first_event_ms(bed, rounds))
        values["ingress first TLS event, x Powertools + pydantic + boto3"] = first[INGRESS].median
        warm = self._timed("warm_us", PYDANTIC, lambda: cold.warm_us(bed, rounds, 150 if self.is_quick else 400))
        values["ingress warm CPU, x pydantic + boto3"] = warm[INGRESS].median
        if not self.is_quick:
            self._timed("ready_over_tls_ms", BARE, lambda: cold.ready_ms(bed, few, tls=True))
            self._timed("marginal_ms", BARE, lambda: cold.marginal_ms(bed, few))
            self._timed("warm_tls_us", PYDANTIC, lambda: cold.warm_us(bed, few, 300, tls=True))
        self._write("footprint", _footprint(bed))
        return values

    def _timed(self, name: str, reference: str, measure: Callable[[], list[cold.Round]]) -> Mapping[str, ratios.Spread]:
        _tell(f"{name}, {self.rounds} rounds")
        machine, measured = _machine(), measure()
        compared = ratios.ratios_to(reference, measured)
        absolute = ratios.to_json(ratios.medians(measured))
        ratio = ratios.to_json(compared)
        self._write(name, {"reference": reference, "machine": machine, "ratio": ratio, "absolute": absolute})
        return compared

    def _instructions(self, bed: Bed) -> dict[str, float]:
        if not instructions.is_countable():
            sys.stderr.write(f"bench: {instructions.NOT_THERE}\n")
            return {}
        _tell("instructions until ready, and of a warm event")
        ready = self._counted("instructions", BARE, instructions.until_ready(bed, only_gated=self.is_quick))
        warm = self._counted("warm_instructions", PYDANTIC, instructions.per_warm_event(bed, only_gated=self.is_quick))
        return {
            "ingress instructions, x boto3.client": ready[INGRESS],
            "worker instructions, x boto3.client": ready[WORKER],
            "ingress warm instructions, x pydantic + boto3": warm[INGRESS],
        }

    def _counted(self, name: str, reference: str, counts: Mapping[str, float]) -> dict[str, float]:
        ratio = {variant: round(number / counts[reference], 4) for variant, number in counts.items()}
        self._write(name, {"reference": reference, "ratio": ratio, "count": dict(counts)})
        return ratio

    def _calls(self) -> dict[str, float]:
        _tell("calls and write units of each kind of event")
        measured = calls.measure()
        bill = prices.bill_of_mix(measured, prices.load_prices())
        by_kind = {kind: cost.to_json() for kind, cost in measured.items()}
        by_load = prices.totals_by_load(measured)
        self._write("calls", {"by_kind": by_kind, "bill": bill, "total_by_events_per_hour": by_load})
        found = helpdesk_calls.to_json(measured, helpdesk_calls.measure_conventional())
        self._write("helpdesk_calls", found)
        print(helpdesk_calls.to_table(found))
        values = calls.gated_values(measured) | helpdesk_calls.gated_values(measured)
        return values | {"dollars per million events": bill["total_usd_per_million"]}

    def _write(self, name: str, content: Results) -> None:
        text = json.dumps(content, indent=1, sort_keys=True)
        (self.folder / f"{name}.json").write_text(text + "\n", "utf-8")


def _more_than_before(bed: Bed, ready: Mapping[str, ratios.Spread]) -> dict[str, float]:
    earlier = bed.zips.get(f"worker{EARLIER}")
    if earlier is None:
        return {}
    return {
        "worker ready, x boto3.client, more than the earlier build": ready[WORKER].median - ready[WORKER_BEFORE].median,
        "worker zip without the encoder, MB more than the earlier build": (
            bytes_without_encoder(bed.zips["worker"]) - bytes_without_encoder(earlier)
        )
        / 1e6,
    }


def bytes_without_encoder(zip_path: Path) -> int:
    """Return the zip's size less the compressed bytes of ENCODER_PARTS."""
    with zipfile.ZipFile(zip_path) as archive:
        encoder = [entry for entry in archive.infolist() if entry.filename.startswith(ENCODER_PARTS)]
    return zip_path.stat().st_size - sum(entry.compress_size for entry in encoder)


def _is_instructions_missing() -> bool:
    return bool(os.environ.get("CI")) and not instructions.is_countable()


def _footprint(bed: Bed) -> Results:
    by_variant = {
        one.name: run_process(bed.command(one, "footprint"), bed.environment(one)).result for one in bed.variants
    }
    zips = {name: round(path.stat().st_size / 1e6, 2) for name, path in bed.zips.items()}
    return {"by_variant": by_variant, "zip_mb": zips}


def _machine() -> Results:
    load = os.getloadavg()
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "load_average": [round(one, 1) for one in load],
        "measured_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def _tell(stage: str) -> None:
    sys.stderr.write(f"bench: {stage}\n")


if __name__ == "__main__":
    raise SystemExit(main())
