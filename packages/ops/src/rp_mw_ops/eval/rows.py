"""Reads the JSONL that `rp-mw eval` and `rp-mw classify` take; a bad line is named by its number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rp_mw_ops.jsonl import load_lines, numbered, parse_object
from rp_mw_shared.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Row:
    """One message to classify; `intent` and `source` are empty for an unlabelled one."""

    row_id: str | int
    text: str
    intent: str = ""
    source: str = ""


def load_labelled_rows(path: Path, known_labels: frozenset[str]) -> list[Row]:
    """Return the rows of a labelled JSONL file. Raises ConfigurationError listing every bad line (the first ten)."""
    rows, problems = [], []
    for number, line in numbered(load_lines(path)):
        try:
            rows.append(_labelled(parse_row(line, number), number, known_labels))
        except ConfigurationError as error:
            problems += [f"{path}: {problem}" for problem in error.problems]
    if problems or not rows:
        raise ConfigurationError(problems[:10] or [f"{path}: no rows"])
    return rows


def parse_rows(lines: Iterable[str]) -> Iterator[Row]:
    """Yield one row for each line that is not blank. Raises ConfigurationError naming the first bad line."""
    return (parse_row(line, number) for number, line in numbered(lines))


def parse_row(line: str, number: int) -> Row:
    """Return the row on line `number`. Raises ConfigurationError saying what is wrong with it."""
    record = parse_object(line, number)
    text, row_id = record.get("text"), record.get("id")
    if not isinstance(text, str):
        raise ConfigurationError([f'line {number}: "text" is missing or not a string'])
    if not isinstance(row_id, str | int) or isinstance(row_id, bool):
        raise ConfigurationError([f'line {number}: "id" is missing or neither a string nor a number'])
    return Row(row_id, text, str(record.get("intent", "")), str(record.get("source", "")))


def _labelled(row: Row, number: int, known_labels: frozenset[str]) -> Row:
    if row.intent not in known_labels:
        raise ConfigurationError([f'line {number}: "intent" {row.intent!r} is none of the {len(known_labels)} labels'])
    return row
