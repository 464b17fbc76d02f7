"""The tickets drawn for labelling, and the accuracy they give once a person has looked them up and named the intent."""

from __future__ import annotations

import csv
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from rp_mw_ops.backtest.outcome import Outcome
from rp_mw_ops.errors import UsageError
from rp_mw_worker.domain.intervals import wilson

COLUMNS = ("ticket", "predicted", "confidence", "label")


def write_sample(path: Path, sample: Sequence[Outcome]) -> None:
    """Write the drawn tickets: number, what we say, and an empty column for what is right. No word of a customer."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        rows.writerows((one.ticket, one.intent, f"{one.confidence:.3f}", one.label) for one in sample)


def read_accuracy(path: Path, known: Collection[str]) -> dict[str, Any]:
    """Return rows, right ones, accuracy and its 95 % interval. Raises UsageError for a file that tells none."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path}: cannot be read ({type(error).__name__})") from None
    if not rows or not {"predicted", "label"} <= set(rows[0]):
        raise UsageError(f"{path}: needs the columns {', '.join(COLUMNS)}, as --sample writes them")
    labelled = [row for row in rows if (row["label"] or "").strip()]
    strange = sorted({row["label"].strip() for row in labelled} - set(known))
    if strange:
        raise UsageError(f"{path}: the label {strange[0]!r} is none of {', '.join(sorted(known))}")
    if not labelled:
        raise UsageError(f"{path}: no row has a label yet; look the tickets up and name their intents")
    right = sum(row["label"].strip() == row["predicted"] for row in labelled)
    low, high = wilson(right, len(labelled))
    return {"rows": len(labelled), "right": right, "accuracy": right / len(labelled), "low": low, "high": high}
