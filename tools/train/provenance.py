"""Writes where a model file came from, beside it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tools.train.neighbours import NEIGHBOURS_FILE
from tools.train.recipe import Recipe, Row
from tools.train.synthesise import TEMPLATES

_LICENCES = {
    "bitext": "CDLA-Sharing-1.0",
    "hint3_curekart": "ODbL-1.0 (contents DbCL-1.0)",
    "hint3_powerplay11": "ODbL-1.0 (contents DbCL-1.0)",
    "cucom": "Apache-2.0",
    "banking77": "CC-BY-4.0",
    "multidogo": "CDLA-Permissive-1.0",
    "clinc150": "CC-BY-3.0",
    "convabuse": "CC-BY-4.0",
}


def write_provenance(
    model_file: Path, rows_file: Path | None, rows: Sequence[Row], temperature: float, recipe: Recipe
) -> None:
    """Write `<model>.provenance.json`: inputs, licences, recipe and hashes; no time of day, so that it repeats.

    `rows_file` None: the model knows no public row.
    """
    counts = Counter(row.source for row in rows)
    record = {
        "model_sha256": _sha256(model_file.read_bytes()),
        "command": "make train SHARED=../shared" if rows_file else "make train",
        "recipe": asdict(recipe),
        "temperature": round(temperature, 4),
        "own_templates": {
            "folder": "tools/train/templates",
            "sha256": templates_digest(),
        },
        "neighbours": {
            "file": "tools/train/neighbours.txt",
            "sha256": _sha256(NEIGHBOURS_FILE.read_bytes()),
            "made_with": "sentence-transformers/all-MiniLM-L6-v2, Apache-2.0 (words only, no weights)",
        },
        "public_rows": {
            "file": "data/intents/dev.jsonl" if rows_file else None,
            "sha256": _sha256(rows_file.read_bytes()) if rows_file else None,
            "sources": {
                source: {"rows": count, "licence": _LICENCES.get(source, "see its README")}
                for source, count in sorted(counts.items())
            },
        },
    }
    path = model_file.with_suffix(".provenance.json")
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def templates_digest() -> str:
    """Return the digest of every template file."""
    return _sha256(b"".join(path.read_bytes() for path in sorted(TEMPLATES.glob("*.txt"))))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
