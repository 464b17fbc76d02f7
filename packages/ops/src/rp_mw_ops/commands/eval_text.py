"""`rp-mw eval-text DIR`: measures redaction and entity recognition on labelled texts, and gates CI.

DIR holds pii/spans.jsonl, pii/email_edge_cases.jsonl, pii/phone_examples.jsonl, entities/dev.jsonl,
field/messages.jsonl, tracking_numbers.json and intents/dev.jsonl; a file that is not there is left out. Exit code 1: a
gate is broken.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rp_mw_ops.eval.progress import with_progress
from rp_mw_ops.exit_codes import FINDING
from rp_mw_ops.jsonl import load_lines, numbered, parse_object
from rp_mw_ops.limits import find_broken, load_limits
from rp_mw_ops.printing import write_json, write_lines
from rp_mw_ops.text_eval import measures
from rp_mw_shared.errors import ConfigurationError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the directory, the gates and how much to say."""
    parser.add_argument("directory", type=Path, help="the directory of the labelled files")
    parser.add_argument("--gates", type=Path, help="a YAML file of limits by figure, such as eval-text.yaml")
    parser.add_argument(
        "--show-missed", type=int, default=0, metavar="N", help="show the first N misses of each figure"
    )
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(args: argparse.Namespace) -> int:
    """0 when measured and no gate is broken, 3 when one is."""
    if not args.directory.is_dir():
        raise ConfigurationError([f"{args.directory} is no directory"])
    gates = load_limits(args.gates) if args.gates else {}
    kept: dict[str, list[str]] = {}
    started = time.monotonic()
    figures = measure(args.directory, _keeper(kept, args.show_missed))
    broken = find_broken(figures, gates)
    if args.json:
        write_json(
            {"figures": figures, "broken": broken, "missed": kept, "seconds": round(time.monotonic() - started, 1)}
        )
    else:
        _print(figures, gates, kept)
        write_lines(*(f"BROKEN {line}" for line in broken))
    return FINDING if broken else 0


def measure(directory: Path, missed: measures.Missed) -> dict[str, dict[str, Any]]:
    """Return share, found, total and typed of every figure whose file is there."""
    tallies: dict[str, measures.Tally] = {}
    if rows := _load_rows(directory / "pii" / "spans.jsonl"):
        tallies |= measures.measure_spans(with_progress(rows, "spans"), missed)
        clean = [row["text"] for row in rows if not row["spans"]]
        tallies["false_words_span_free"] = measures.measure_false_redactions(clean, missed, "false_words_span_free")
    if rows := _load_rows(directory / "pii" / "email_edge_cases.jsonl"):
        valid = [row["text"] for row in rows if row["valid"]]
        tallies["email_edge"] = measures.measure_in_sentences(valid, measures.EMAIL_SENTENCES, "email", missed)
    if rows := _load_rows(directory / "pii" / "phone_examples.jsonl"):
        values = [row["text"] for row in rows]
        tallies["phone_regions"] = measures.measure_in_sentences(values, measures.PHONE_SENTENCES, "phone", missed)
    if (path := directory / "tracking_numbers.json").exists():
        tallies |= measures.measure_tracking(json.loads(path.read_text("utf-8"))["numbers"], missed)
    names: frozenset[str] = frozenset()
    if rows := _load_rows(directory / "entities" / "dev.jsonl"):
        names = measures.labelled_names(rows)
        tallies |= measures.measure_orders(with_progress(rows, "orders"), missed)
    if rows := _load_rows(directory / "field" / "messages.jsonl"):
        tallies |= measures.measure_prose(rows, missed)
    if rows := _load_rows(directory / "intents" / "dev.jsonl"):
        texts = [row["text"] for row in rows]
        tallies["false_words_support"] = measures.measure_false_redactions(
            with_progress(texts, "support texts"), missed, "false_words_support"
        )
        tallies["false_words"] = measures.measure_false_redactions(texts, missed, "false_words", names)
    return {
        name: {"share": tally.share, "found": tally.found, "typed": tally.typed, "total": tally.total}
        for name, tally in tallies.items()
        if tally.total
    }


def _load_rows(path: Path) -> list[measures.Row]:
    if not path.exists():
        return []
    return [parse_object(line, number) for number, line in numbered(load_lines(path))]


def _keeper(kept: dict[str, list[str]], limit: int) -> Callable[[str, str, str], None]:
    def keep(figure: str, value: str, text: str) -> None:
        if len(kept.setdefault(figure, [])) < limit:
            kept[figure].append(f"{value!r} in {text[:160]!r}")

    return keep


def _print(figures: dict[str, dict[str, Any]], gates: dict[str, Any], kept: dict[str, list[str]]) -> None:
    write_lines(f"{'figure':<26}{'share':>8}{'found':>8}{'of':>8}  limit")
    for name, figure in figures.items():
        limit = " ".join(f"{key} {value}" for key, value in gates.get(name, {}).items())
        write_lines(f"{name:<26}{figure['share']:>8.4f}{figure['found']:>8}{figure['total']:>8}  {limit}")
        write_lines(*(f"    {line}" for line in kept.get(name, ())))
