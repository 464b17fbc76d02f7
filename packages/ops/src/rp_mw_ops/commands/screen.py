"""`rp-mw screen`: what the worker reads in a message by its words and its own models. JSONL in, JSONL out, in order.

{"id", "text", "subject", "sender_address"}
    -> {"id", "hits", "doubted", "labels", "human_requested", "language", "machine_marks"}
`hits` are categories of the policy's screen files, `labels` the tier-0 labels they stand for; a message with one is
never answered. `doubted` are hits of tier 0 that the model of the language holds for harmless: they forbid a reply too,
and decide no team. `subject` and `sender_address` may be left out. `machine_marks` are what shows a machine's writing.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from rp_mw_ops.eval.classifiers import make_embedded
from rp_mw_ops.jsonl import Row, numbered, parse_object
from rp_mw_ops.printing import write_lines
from rp_mw_ops.screening import to_answer
from rp_mw_shared.errors import ConfigurationError
from rp_mw_worker.policy.loader import load_policy
from rp_mw_worker.policy_engine import PolicyEngine

_OPTIONAL = ("subject", "sender_address")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the text and the policy whose words count."""
    parser.add_argument("text", nargs="?", help="one text; without it, JSONL is read from standard input")
    parser.add_argument("--policy", type=Path, help="a policy directory instead of the shipped one")
    parser.add_argument("--json", action="store_true", help="with a text: answer in JSON, as JSONL input always is")


def run(args: argparse.Namespace) -> int:
    """0 when every line was answered; a bad line ends the run with its number."""
    engine = PolicyEngine(load_policy(args.policy))
    classify = make_embedded()
    if args.text is not None:
        _show(to_answer({"text": args.text}, engine, classify), as_json=args.json)
        return 0
    for number, line in numbered(sys.stdin):
        row = _checked(parse_object(line, number), number)
        answer = {"id": row.get("id", number), **to_answer(row, engine, classify)}
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    return 0


def _checked(row: Row, number: int) -> Row:
    if not isinstance(row.get("text"), str):
        raise ConfigurationError([f'line {number}: "text" is missing or not a string'])
    for name in _OPTIONAL:
        if not isinstance(row.get(name), str | None):
            raise ConfigurationError([f'line {number}: "{name}" is not a string'])
    return row


def _show(answer: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        write_lines(json.dumps(answer, ensure_ascii=False))
        return
    write_lines(
        *(f"{name:<16} {', '.join(value) if isinstance(value, list) else value}" for name, value in answer.items())
    )
