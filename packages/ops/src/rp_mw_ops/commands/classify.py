"""`rp-mw classify`: JSONL in, JSONL out, in the same order; or one text, for people.

{"id", "text"} -> {"id", "intents": [{"label", "confidence"}], "route", "abstained"}
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from rp_mw_ops.eval.classifiers import NAMES, make_classifier
from rp_mw_ops.eval.routing import route
from rp_mw_ops.eval.rows import parse_rows
from rp_mw_ops.printing import write_lines
from rp_mw_worker.domain.model import Classification
from rp_mw_worker.domain.policy import Policy
from rp_mw_worker.policy.loader import load_policy


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the classifier and an optional text."""
    parser.add_argument("text", nargs="?", help="one text; without it, JSONL is read from standard input")
    parser.add_argument("--classifier", choices=NAMES, default="embedded")
    parser.add_argument("--json", action="store_true", help="with a text: answer in JSON, as JSONL input always is")


def run(args: argparse.Namespace) -> int:
    """0 when every line was answered; a bad line ends the run with its number."""
    policy, classify = load_policy(), make_classifier(args.classifier)
    if args.text is not None:
        _show(args.text, classify(args.text).classification, policy, as_json=args.json)
        return 0
    for row in parse_rows(sys.stdin):
        answer = {"id": row.row_id, **to_answer(row.text, classify(row.text).classification, policy)}
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    return 0


def to_answer(text: str, found: Classification, policy: Policy) -> dict[str, Any]:
    """Return intents, team and whether the policy would rather not route by them; `failure` where there is one."""
    routed = route(text, found, policy)
    answer: dict[str, Any] = {
        "intents": [{"label": intent.label, "confidence": intent.confidence} for intent in found.intents],
        "route": routed.team,
        "abstained": routed.abstained,
    }
    return answer | ({"failure": found.failure} if found.failure else {})


def _show(text: str, found: Classification, policy: Policy, *, as_json: bool) -> None:
    answer = to_answer(text, found, policy)
    if as_json:
        write_lines(json.dumps(answer, ensure_ascii=False))
        return
    lines = [f"{intent['confidence']:.3f}  {intent['label']}" for intent in answer["intents"]]
    doubt = " (unsure: below the routing threshold)" if answer["abstained"] else ""
    write_lines(*lines, f"route: {answer['route']}{doubt}")
