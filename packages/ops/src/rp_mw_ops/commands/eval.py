"""`rp-mw eval`: measure a classifier on a labelled file, compare with an earlier run, hold it to gates.

Exit codes: 0 measured and every gate holds, 1 a gate is broken or the file cannot be used (standard error names it).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from rp_mw_ops.eval.classifiers import NAMES, make_classifier
from rp_mw_ops.eval.gates import find_broken, load_gates
from rp_mw_ops.eval.measure import predict
from rp_mw_ops.eval.progress import with_progress
from rp_mw_ops.eval.report import to_html, to_text
from rp_mw_ops.eval.result import HEADLINES, Result, compare, load_result
from rp_mw_ops.eval.rows import load_labelled_rows
from rp_mw_ops.eval.summary import summarise
from rp_mw_ops.exit_codes import FINDING
from rp_mw_ops.printing import write_lines
from rp_mw_worker.policy.loader import load_policy


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the file, the classifier and what to do with the figures."""
    parser.add_argument("file", type=Path, help='JSONL, one {"id", "text", "intent", "source"} a line')
    parser.add_argument("--classifier", choices=NAMES, default="embedded")
    parser.add_argument("--baseline", type=Path, metavar="RUN.json", help="compare with an earlier run's --json")
    parser.add_argument("--json", action="store_true", help="print every figure as JSON")
    parser.add_argument("--html", type=Path, metavar="REPORT", help="write a page with plots")
    parser.add_argument("--gates", type=Path, metavar="eval.yaml", help="limits; exit 1 when one is broken")
    parser.add_argument("--profile", default="shipped", help="which gates of the file (default: shipped)")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N rows")


def run(args: argparse.Namespace) -> int:
    """0, or 3 when a gate is broken."""
    policy = load_policy()
    gates = load_gates(args.gates, args.profile) if args.gates else None
    baseline = load_result(args.baseline) if args.baseline else None
    rows = load_labelled_rows(args.file, frozenset(policy.intents))[: args.limit]
    classify = make_classifier(args.classifier)
    predictions = [predict(row, classify, policy) for row in with_progress(rows, args.classifier)]
    result = summarise(predictions, args.file.name, args.classifier, policy)
    comparison = compare(result, baseline) if baseline else None
    broken = None if gates is None else find_broken(result, gates)
    show(result, comparison, broken, args)
    return FINDING if broken else 0


def show(result: Result, comparison: Result | None, broken: list[str] | None, args: argparse.Namespace) -> None:
    """Print the figures, write the page, and name what is broken on standard error."""
    threshold = load_policy().settings.thresholds.route
    if args.html:
        args.html.write_text(to_html(result, threshold, broken, comparison), encoding="utf-8")
    if args.json:
        extra = {"comparison": comparison} if comparison else {}
        sys.stdout.write(json.dumps({**result, **extra, "broken_gates": broken or []}, indent=1) + "\n")
    else:
        write_lines(*_lines(result, comparison))
    for line in broken or []:
        sys.stderr.write(f"rp-mw eval: gate broken: {line}\n")


def _lines(result: Result, comparison: Result | None) -> list[str]:
    about = ", ".join(f"{name} {value}" for name, value in result["about"].items() if value)
    lines = [f"{result['rows']} rows ({about})", ""]
    for name in HEADLINES:
        change = f"  ({comparison['headline'].get(name, 0.0):+.4f})" if comparison else ""
        lines.append(f"  {name:<24}{to_text(name, result['headline'][name]):>10}{change}")
    lines += ["", f"  {'source':<24}{'rows':>6}{'accuracy':>10}{'macro-F1':>10}{'routed':>8}{'precision':>11}"]
    for name, score in result["sources"].items():
        lines.append(
            f"  {name:<24}{score['rows']:>6}{score['accuracy']:>10.3f}{score['macro_f1']:>10.3f}"
            f"{score['coverage']:>8.3f}{score['covered_precision']:>11.3f}"
        )
    lines += ["", f"  {'label':<30}{'rows':>6}{'precision':>11}{'recall':>8}{'F1':>7}"]
    for name, label in result["labels"].items():
        lines.append(
            f"  {name:<30}{label['support']:>6}{label['precision']:>11.3f}{label['recall']:>8.3f}{label['f1']:>7.3f}"
        )
    return lines
