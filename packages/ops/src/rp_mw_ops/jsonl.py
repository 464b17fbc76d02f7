"""Reads JSONL: one JSON object a line, blank lines skipped, a bad line named by its number."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rp_mw_shared.errors import ConfigurationError

Row = dict[str, Any]


class FileUnreadableError(ConfigurationError):
    """A file that was named cannot be read, so nothing was looked at: wrong usage, not a finding."""


def load_lines(path: Path) -> list[str]:
    """Return the lines of a file. Raises FileUnreadableError."""
    try:
        return path.read_text("utf-8").splitlines()
    except OSError as error:
        raise FileUnreadableError([f"{path}: cannot be read ({error.strerror})"]) from error
    except UnicodeDecodeError as error:
        raise FileUnreadableError([f"{path}: cannot be read (it is no UTF-8 text)"]) from error


def numbered(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank with their numbers, from 1."""
    return ((number, line) for number, line in enumerate(lines, 1) if line.strip())


def parse_object(line: str, number: int) -> Row:
    """Return the object on line `number`. Raises ConfigurationError for what is none."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError([f"line {number}: not JSON: {error}"]) from error
    if not isinstance(row, dict):
        raise ConfigurationError([f"line {number}: not an object"])
    return row
