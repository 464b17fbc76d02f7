"""`rp-mw eval-languages FILE …`: what the screen and the language detection make of labelled messages, and gates CI.

A FILE is JSONL, {"lang", "text", "intent", "human_request", "near_miss"} a line; the last two may be left out. Figures
are shares by language, and over all but English (`six.`): tier-0 recall, near misses and other messages escalated,
requests for a person seen, languages told right. Exit code 3: a gate is broken.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rp_mw_ops.commands.screen import to_answer
from rp_mw_ops.eval.progress import with_progress
from rp_mw_ops.jsonl import Row, load_lines, numbered, parse_object
from rp_mw_ops.limits import GATE_BROKEN, find_broken, load_limits
from rp_mw_ops.printing import write_json, write_lines
from rp_mw_shared.errors import ConfigurationError
from rp_mw_worker.domain.policy import BASE_LANGUAGE
from rp_mw_worker.policy.loader import load_policy
from rp_mw_worker.policy_engine import PolicyEngine

SERVED = ("de", "fr", "es", "it", "nl", "pt")
ALL_SERVED = "six"
OTHERS = "others"
TIER0, NEAR_MISS, ORDINARY, HUMAN, LANGUAGE = "tier0", "near_miss", "ordinary", "human_request", "language"
RIGHT = frozenset({TIER0, HUMAN, LANGUAGE})  # of these a row that counts is right, of the others it is wrong


@dataclass(slots=True)
class Tally:
    """How many rows a figure is over, and how many of them count."""

    found: int = 0
    total: int = 0

    def add(self, counts: bool) -> None:
        """Adds one row."""
        self.found += counts
        self.total += 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the files, the gates and how much to say."""
    parser.add_argument("files", type=Path, nargs="+", help="labelled messages, JSONL")
    parser.add_argument("--gates", type=Path, help="a YAML file of limits by figure, such as eval-languages.yaml")
    parser.add_argument("--policy", type=Path, help="a policy directory instead of the shipped one")
    parser.add_argument("--show-missed", type=int, default=0, metavar="N", help="show the first N misses of each figure")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(args: argparse.Namespace) -> int:
    """0 when measured and no gate is broken, 3 when one is."""
    engine = PolicyEngine(load_policy(args.policy))
    gates = load_limits(args.gates) if args.gates else {}
    figures, missed = measure([row for path in args.files for row in load_rows(path)], engine)
    broken = find_broken(figures, gates)
    shown = {name: texts[: args.show_missed] for name, texts in missed.items() if args.show_missed}
    if args.json:
        write_json({"figures": figures, "broken": broken, "missed": shown})
    else:
        for name, figure in figures.items():
            write_lines(f"{name:<28}{figure['share']:>8.3f}{figure['found']:>7} of {figure['total']:>6}")
            write_lines(*(f"    {text}" for text in shown.get(name, ())))
        write_lines(*(f"BROKEN {line}" for line in broken))
    return GATE_BROKEN if broken else 0


def load_rows(path: Path) -> list[Row]:
    """Return the rows of `path`. Raises ConfigurationError naming the first line that lacks a text or a label."""
    rows = []
    for number, line in numbered(load_lines(path)):
        row = parse_object(line, number)
        if not all(isinstance(row.get(name), str) for name in ("text", "intent")):
            raise ConfigurationError([f'{path}, line {number}: "text" or "intent" is missing or not a string'])
        rows.append(row)
    if not rows:
        raise ConfigurationError([f"{path}: no rows"])
    return rows


def measure(rows: list[Row], engine: PolicyEngine) -> tuple[dict[str, dict[str, Any]], dict[str, list[str]]]:
    """Return share, found and total of every figure, and the texts that were got wrong, by `<language>.<figure>`."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    missed: dict[str, list[str]] = defaultdict(list)
    for row in with_progress(rows, "messages"):
        for name, counts in _outcomes(row, engine):
            if counts != (name in RIGHT):
                missed[f"{_group(row)}.{name}"].append(row["text"])
            for group in _groups(row):
                tallies[f"{group}.{name}"].add(counts)
    figures = {
        name: {"share": tally.found / tally.total, "found": tally.found, "total": tally.total}
        for name, tally in sorted(tallies.items())
    }
    return figures, missed


def _outcomes(row: Row, engine: PolicyEngine) -> Iterator[tuple[str, bool]]:
    answer = to_answer(row, engine)
    is_escalated = bool(answer["labels"])
    if row["intent"] in engine.policy.tier0_labels:
        yield TIER0, is_escalated
    else:
        yield NEAR_MISS if row.get("near_miss") else ORDINARY, is_escalated
    if row.get("human_request"):
        yield HUMAN, answer["human_requested"]
    yield LANGUAGE, answer["language"] == row.get("lang", BASE_LANGUAGE)


def _group(row: Row) -> str:
    language = str(row.get("lang", BASE_LANGUAGE))
    return language if language in {*SERVED, BASE_LANGUAGE} else OTHERS


def _groups(row: Row) -> tuple[str, ...]:
    group = _group(row)
    return (group, ALL_SERVED) if group in SERVED else (group,)
