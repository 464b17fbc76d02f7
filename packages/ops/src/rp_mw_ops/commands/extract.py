"""`rp-mw extract`: JSONL in, JSONL out, in the same order; or one text, for people.

{"id", "text"} -> {"id", "entities": [{"type", "value", "start", "end"}]}
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from rp_mw_ops.printing import write_lines
from rp_mw_ops.text_rows import parse_text_rows
from rp_mw_worker.domain.entities import find_entities
from rp_mw_worker.domain.policy import Policy
from rp_mw_worker.policy.loader import load_policy


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the text and the policy whose order number patterns count."""
    parser.add_argument("text", nargs="?", help="one text; without it, JSONL is read from standard input")
    parser.add_argument("--policy", type=Path, help="a policy directory instead of the shipped one")
    parser.add_argument("--json", action="store_true", help="with a text: answer in JSON, as JSONL input always is")


def run(args: argparse.Namespace) -> int:
    """0 when every line was answered; a bad line ends the run with its number."""
    policy = load_policy(args.policy)
    if args.text is not None:
        _show(to_answer(args.text, policy), as_json=args.json)
        return 0
    for row in parse_text_rows(sys.stdin):
        answer = {"id": row.row_id, **to_answer(row.text, policy)}
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    return 0


def to_answer(text: str, policy: Policy) -> dict[str, Any]:
    """Return the entities of the text, as offsets of it."""
    return {
        "entities": [
            {"type": found.type, "value": found.value, "start": found.start, "end": found.end}
            for found in find_entities(text, policy.settings.order_number_patterns, policy.product_words)
        ]
    }


def _show(answer: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        write_lines(json.dumps(answer, ensure_ascii=False))
        return
    write_lines(*(f"{found['type']:<16} {found['value']}" for found in answer["entities"]))
