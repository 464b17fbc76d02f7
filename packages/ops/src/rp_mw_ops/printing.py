"""Writes results: JSON for programs, plain text for people."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any


def write_json(value: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, sort_keys=True, default=to_plain) + "\n")


def write_lines(*lines: str) -> None:
    """Lines of plain text on standard output."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def to_time(epoch_ms: int | Decimal | None) -> str:
    """Epoch milliseconds as a UTC time for people."""
    if epoch_ms is None:
        return "-"
    return datetime.fromtimestamp(int(epoch_ms) / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def to_plain(value: Any) -> Any:
    """What JSON has no word for, as numbers, lists and texts."""
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return str(value)
