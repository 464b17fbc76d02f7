"""Writes a correction's file: numbers by label, the version that names them, and where they came from."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rp_mw_ops.learn.examples import Material
from rp_mw_ops.learn.trial import Fitted, Trial
from rp_mw_worker.classifiers.correction import FORMAT, digest_of

COMMAND = "rp-mw learn"


def to_document(
    name: str, fitted: Fitted, trial: Trial, material: Material, labels: Sequence[str], model: str
) -> dict[str, Any]:
    """Return what the file holds. No text, no number of a ticket and no name of a file is among it."""
    document: dict[str, Any] = {
        "format": FORMAT,
        "model": model,
        "labels": list(labels),
        "kept": sorted([labels[one], labels[other]] for one, other in fitted.kept),
        "least": fitted.least,
        "bias": fitted.bias,
        "weights": fitted.weights,
        "provenance": provenance(trial, material, labels),
    }
    return {"version": f"{name}-{digest_of(document)}", **document}


def provenance(trial: Trial, material: Material, labels: Sequence[str]) -> dict[str, Any]:
    """Return how many messages of which label it was learnt from, and what it was measured at."""
    counts = Counter(labels[one.gold] for one in material.examples)
    low, high = trial.interval
    return {
        "command": COMMAND,
        "messages": len(material.examples),
        "of_each_label": dict(sorted(counts.items())),
        "held_back": {
            "right_before": trial.before.right,
            "right_after": trial.after.right,
            "mended": trial.better,
            "spoilt": trial.worse,
            "gain": round(trial.gain, 4),
            "gain_95": [round(low, 4), round(high, 4)],
            "tier0_found_before": trial.before.tier0_found,
            "tier0_found_after": trial.after.tier0_found,
            "tier0_messages": trial.before.tier0_rows,
        },
    }


def write_document(path: Path, document: dict[str, Any]) -> None:
    """Write it with one row of numbers a line, so that a change can be read in a review."""
    lines = [f" {json.dumps(key)}: {_to_line(key, value)}" for key, value in document.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


def _to_line(key: str, value: Any) -> str:
    if key == "weights":
        return "[\n" + ",\n".join(f"  {json.dumps(row)}" for row in value) + "\n ]"
    return json.dumps(value, ensure_ascii=False)
