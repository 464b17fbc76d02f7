"""`rp-mw redact`: JSONL in, JSONL out, in the same order; or one text, for people.

{"id", "text", "known_values"?: [...]} -> {"id", "redacted", "spans": [{"start", "end", "type"}]}
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from rp_mw_ops.printing import write_lines
from rp_mw_ops.text_rows import parse_text_rows
from rp_mw_shared.redaction import redact


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the text and the customer's known values."""
    parser.add_argument("text", nargs="?", help="one text; without it, JSONL is read from standard input")
    parser.add_argument("--known", action="append", default=[], metavar="VALUE", help="a value to mask wherever it is")
    parser.add_argument("--json", action="store_true", help="with a text: answer in JSON, as JSONL input always is")


def run(args: argparse.Namespace) -> int:
    """0 when every line was answered; a bad line ends the run with its number."""
    if args.text is not None:
        answer = to_answer(args.text, args.known)
        write_lines(json.dumps(answer, ensure_ascii=False) if args.json else answer["redacted"])
        return 0
    for row in parse_text_rows(sys.stdin):
        answer = {"id": row.row_id, **to_answer(row.text, [*args.known, *row.known_values])}
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    return 0


def to_answer(text: str, known_values: list[str]) -> dict[str, Any]:
    """Return the redacted text and its spans, as offsets of the given text."""
    redaction = redact(text, known_values)
    spans = [{"start": span.start, "end": span.end, "type": span.type} for span in redaction.spans]
    return {"redacted": redaction.text, "spans": spans}
