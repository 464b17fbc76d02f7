"""Reads JSONL rows with a text, for the commands that answer line by line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rp_mw_ops.jsonl import numbered, parse_object
from rp_mw_shared.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class TextRow:
    """One row: its id as given (a line number without one), its text, and values to mask that came with it."""

    row_id: object
    text: str
    known_values: tuple[str, ...] = ()


def parse_text_rows(lines: Iterable[str]) -> Iterator[TextRow]:
    """Yield the rows of JSONL; empty lines are skipped. Raises ConfigurationError with the number of a bad line."""
    return (_to_row(number, line) for number, line in numbered(lines))


def _to_row(number: int, line: str) -> TextRow:
    row = parse_object(line, number)
    if not isinstance(row.get("text"), str):
        raise ConfigurationError([f'line {number}: "text" is missing or not a string'])
    known = row.get("known_values", [])
    if not isinstance(known, list) or not all(isinstance(value, str) for value in known):
        raise ConfigurationError([f'line {number}: "known_values" is a list of texts'])
    return TextRow(row.get("id", number), row["text"], tuple(known))
