"""One evaluation's result as plain JSON: built from predictions, read back, compared with an earlier one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rp_mw_ops.eval import metrics
from rp_mw_ops.eval.metrics import Prediction
from rp_mw_shared.errors import ConfigurationError

FORMAT = 1
Result = dict[str, Any]
# Shown in the comparison, and whether more is better.
HEADLINES = {
    "accuracy": True,
    "macro_f1": True,
    "covered_precision": True,
    "coverage": True,
    "ece": False,
    "tier0_recall": True,
    "false_escalations": False,
    "model_asked": False,
    "cost_dollars_per_1000": False,
    "saved_dollars_per_1000": True,
    "latency_ms_p95": False,
}


def build_result(
    predictions: Sequence[Prediction],
    *,
    about: dict[str, str],
    tier0_labels: frozenset[str],
    cost_dollars: float,
) -> Result:
    """Return every figure of the run; `about` says which file, classifier and versions it was."""
    whole = metrics.group_score(predictions)
    tier0 = metrics.tier0_recall(predictions, tier0_labels)
    seconds = [one.seconds for one in predictions]
    asked = sum(one.asked_vendor for one in predictions)
    headline: dict[str, float] = {
        "accuracy": whole["accuracy"],
        "macro_f1": whole["macro_f1"],
        "coverage": whole["coverage"],
        "covered_precision": whole["covered_precision"],
        "ece": metrics.expected_calibration_error(predictions),
        "tier0_recall": tier0["either"],
        "tier0_recall_model": tier0["model"],
        "false_escalations": tier0["false_escalations"],
        "model_asked": metrics.ratio(asked, len(predictions)),
        "failures": metrics.ratio(sum(one.failed for one in predictions), len(predictions)),
        "cost_dollars_per_1000": metrics.ratio(cost_dollars * 1000, len(predictions)),
        "saved_dollars_per_1000": _saved(cost_dollars, asked, len(predictions)) * 1000,
        "latency_ms_p50": metrics.quantile(seconds, 0.50) * 1000,
        "latency_ms_p95": metrics.quantile(seconds, 0.95) * 1000,
    }
    return {
        "format": FORMAT,
        "about": about,
        "rows": len(predictions),
        "headline": {name: round(value, 5) for name, value in headline.items()},
        "tier0": tier0,
        "labels": metrics.label_scores(predictions),
        "sources": metrics.scores_by(predictions, lambda one: one.source or "(none)"),
        "confusion": metrics.confusion(predictions),
        "reliability": metrics.reliability(predictions),
        "curve": metrics.coverage_curve(predictions),
        "answers": {str(one.row_id): one.label for one in predictions},
    }


def _saved(cost_dollars: float, asked: int, rows: int) -> float:
    """Return the dollars a message that asking the model about every one would have cost more; 0 if it never was."""
    return metrics.ratio(cost_dollars, asked) * metrics.ratio(rows - asked, rows)


def load_result(path: Path) -> Result:
    """Return the result that `rp-mw eval --json` wrote to `path`. Raises ConfigurationError when it is none."""
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
        if result["format"] != FORMAT or not isinstance(result["headline"], dict):
            raise ValueError(f"format {result['format']!r}, not {FORMAT}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError([f"{path}: not a result of `rp-mw eval --json`: {error}"]) from error
    return dict(result)


def compare(result: Result, baseline: Result) -> Result:
    """Return the headline differences, the labels that moved most, and how many rows changed their answer."""
    now, then = result["headline"], baseline["headline"]
    labels = {
        label: round(score["f1"] - baseline["labels"][label]["f1"], 5)
        for label, score in result["labels"].items()
        if label in baseline["labels"]
    }
    common = result["answers"].keys() & baseline.get("answers", {}).keys()
    changed = sorted(row for row in common if result["answers"][row] != baseline["answers"][row])
    return {
        "about": baseline["about"],
        "headline": {name: round(now[name] - then[name], 5) for name in HEADLINES if name in now and name in then},
        "label_f1": dict(sorted(labels.items(), key=lambda pair: pair[1])),
        "common_rows": len(common),
        "changed_rows": changed,
    }
