"""Counts what becomes of labelled messages, words and model together, as `rp-mw decide` decides them.

    python -m tools.measure_inbox tests/data/screen/blind*.jsonl [--gates eval-inbox.yaml] [--by-language] [--json]

A row is {"lang", "text", "kind"}; `kind` is near_miss, plain, safety, tier0 or person_please. A figure is
`<group>.<kind>.<what>` over English (`en`), the six languages together (`six`) and, with --by-language, each of them:
`escalated` (routed with mw-escalated), `tier0` (any sign of it: no reply), `words` (by the words alone), `person`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rp_mw_ops.case_reader import parse_case
from rp_mw_ops.exit_codes import FINDING
from rp_mw_ops.field_eval.situations import FLAGS, NOW_EPOCH_MS
from rp_mw_ops.limits import find_broken, load_limits
from rp_mw_ops.screening import ALL_SERVED, SERVED, Tally
from rp_mw_worker.domain.decide import decide
from rp_mw_worker.domain.interpretation import understand
from rp_mw_worker.domain.policy import Policy
from rp_mw_worker.domain.tags import Tag
from rp_mw_worker.policy.loader import load_policy

Row = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one line a figure; FINDING when a gate is broken."""
    args = _parser().parse_args(arguments)
    policy = load_policy()
    rows = [json.loads(line) for path in args.files for line in path.read_text("utf-8").splitlines()]
    figures = measure(rows, policy, by_language=args.by_language)
    broken = find_broken(figures, load_limits(args.gates)) if args.gates else []
    if args.json:
        sys.stdout.write(json.dumps({"figures": figures, "broken": broken}) + "\n")
    else:
        for name, figure in figures.items():
            sys.stdout.write(f"{name:<32}{figure['share']:>7.3f}{figure['found']:>6} of {figure['total']:>4}\n")
        sys.stdout.writelines(f"BROKEN {line}\n" for line in broken)
    return FINDING if broken else 0


def measure(rows: Sequence[Row], policy: Policy, *, by_language: bool = False) -> dict[str, dict[str, Any]]:
    """Return share, found and total of every figure."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    for row in rows:
        outcome = decided(row["text"], policy)
        for group in _groups(row["lang"], by_language=by_language):
            for what, holds in outcome.items():
                tallies[f"{group}.{row['kind']}.{what}"].add(holds)
    return {
        name: {"share": tally.found / tally.total, "found": tally.found, "total": tally.total}
        for name, tally in sorted(tallies.items())
    }


def decided(text: str, policy: Policy) -> dict[str, bool]:
    """Return what becomes of a mail with this body."""
    case = parse_case({"now": NOW_EPOCH_MS, "classify": True, "flags": FLAGS, "raw_text": text}, policy)
    reading = understand(case, policy)
    decision = decide(case, policy, reading)
    return {
        "escalated": Tag.ESCALATED.value in decision.tags,
        "tier0": decision.tier == 0,
        "words": bool(reading.escalation_words),
        "person": reading.human_requested,
    }


def _groups(language: str, *, by_language: bool) -> Iterator[str]:
    if language in SERVED:
        yield ALL_SERVED
    if language not in SERVED or by_language:
        yield language


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+", help="labelled messages, JSONL")
    parser.add_argument("--gates", type=Path, help="a YAML file of limits by figure, such as eval-inbox.yaml")
    parser.add_argument("--by-language", action="store_true", help="each of the six languages too")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
