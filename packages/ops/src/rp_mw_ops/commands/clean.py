"""`rp-mw clean`: JSONL in, JSONL out, in the same order; or one body, for people.

{"id", "text"?: plain body, "html"?: HTML body} -> {"id", "text"}: the customer's own words, as the worker reads them
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from rp_mw_ops.jsonl import numbered, parse_object
from rp_mw_ops.printing import write_lines
from rp_mw_shared.errors import ConfigurationError
from rp_mw_worker.domain.message_text import clean_text
from rp_mw_worker.policy.mail_marks import load_mail_marks


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the body and the form of the answer."""
    parser.add_argument("body", nargs="?", help="one body; without it, JSONL is read from standard input")
    parser.add_argument("--json", action="store_true", help="with a body: answer in JSON, as JSONL input always is")


def run(args: argparse.Namespace) -> int:
    """0 when every line was answered; a bad line ends the run with its number."""
    marks = load_mail_marks()
    if args.body is not None:
        text = clean_text(args.body, marks)
        write_lines(json.dumps({"text": text}, ensure_ascii=False) if args.json else text)
        return 0
    for row_id, body in _bodies(sys.stdin):
        answer = {"id": row_id, "text": clean_text(body, marks)}
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    return 0


def _bodies(lines: Iterable[str]) -> Iterator[tuple[object, str]]:
    """Yield each row's id, a line number without one, and its plain body, else its HTML: as the worker chooses."""
    for number, line in numbered(lines):
        row: dict[str, Any] = parse_object(line, number)
        given = [row[key] for key in ("text", "html") if row.get(key) is not None]
        if not given or not all(isinstance(body, str) for body in given):
            raise ConfigurationError([f'line {number}: give a "text" or an "html", each a string'])
        yield row.get("id", number), next((body for body in given if body.strip()), "")
