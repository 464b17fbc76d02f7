"""`rp-mw eval-languages FILE …`: what words, models and language detection make of labelled messages, and gates CI.

A FILE is JSONL, {"lang", "text", "intent", "human_request", "near_miss"} a line; the last two may be left out. Figures
are shares by language, and over all but English (`six.`): tier-0 recall, near misses and other messages escalated,
requests for a person seen, languages told right. Exit code 1: a gate is broken.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from rp_mw_ops.eval.classifiers import make_embedded
from rp_mw_ops.exit_codes import FINDING
from rp_mw_ops.limits import find_broken, load_limits
from rp_mw_ops.printing import write_json, write_lines
from rp_mw_ops.screening import load_rows, measure
from rp_mw_worker.policy.loader import load_policy
from rp_mw_worker.policy_engine import PolicyEngine


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the files, the gates and how much to say."""
    parser.add_argument("files", type=Path, nargs="+", help="labelled messages, JSONL")
    parser.add_argument("--gates", type=Path, help="a YAML file of limits by figure, such as eval-languages.yaml")
    parser.add_argument("--policy", type=Path, help="a policy directory instead of the shipped one")
    parser.add_argument(
        "--show-missed", type=int, default=0, metavar="N", help="show the first N misses of each figure"
    )
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(args: argparse.Namespace) -> int:
    """0 when measured and no gate is broken, 3 when one is."""
    engine = PolicyEngine(load_policy(args.policy))
    gates = load_limits(args.gates) if args.gates else {}
    figures, missed = measure([row for path in args.files for row in load_rows(path)], engine, make_embedded())
    broken = find_broken(figures, gates)
    shown = {name: texts[: args.show_missed] for name, texts in missed.items() if args.show_missed}
    if args.json:
        write_json({"figures": figures, "broken": broken, "missed": shown})
    else:
        for name, figure in figures.items():
            write_lines(f"{name:<28}{figure['share']:>8.3f}{figure['found']:>7} of {figure['total']:>6}")
            write_lines(*(f"    {text}" for text in shown.get(name, ())))
        write_lines(*(f"BROKEN {line}" for line in broken))
    return FINDING if broken else 0
