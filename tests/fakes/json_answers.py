"""Holds what a command prints with --json against its published schema."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

PUBLISHED = Path(__file__).resolve().parents[2] / "docs" / "rp-mw.schema.json"


@cache
def definitions() -> dict[str, Any]:
    """The published schemas by name."""
    return dict(json.loads(PUBLISHED.read_text("utf-8"))["$defs"])


def require_published(name: str, printed: str) -> Any:
    """Return the one document that was printed; fails where it is not as its schema says."""
    document = json.loads(printed)
    validator = jsonschema_rs.validator_for({"$ref": f"#/$defs/{name}", "$defs": definitions()})
    problems = [f"{'/'.join(map(str, one.instance_path))}: {one.message}" for one in validator.iter_errors(document)]
    assert problems == []
    return document
