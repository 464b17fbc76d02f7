"""What is measured, as pure functions over predictions; every one is checked by hand in the tests.

Confidence is in [0, 1]. "Covered" rows are those the policy routes by the model (it did not abstain).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypedDict


@dataclass(frozen=True, slots=True)
class Prediction:
    """One row's truth and answer. `routing_confidence` is after the policy's penalties."""

    row_id: str | int
    gold: str
    source: str
    label: str
    confidence: float
    routing_confidence: float
    abstained: bool
    escalated_by_model: bool = False
    escalated_by_words: bool = False
    seconds: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    failed: bool = False
    model: str = ""

    @property
    def correct(self) -> bool:
        """Whether the first guess is the truth."""
        return self.gold == self.label

    @property
    def asked_vendor(self) -> bool:
        """Whether the vendor's model was asked: only its calls use tokens, and only they fail."""
        return self.input_tokens > 0 or self.failed


class LabelScore(TypedDict):
    """One label's counts and ratios; precision is 0 where nothing was predicted."""

    support: int
    predicted: int
    precision: float
    recall: float
    f1: float


class GroupScore(TypedDict):
    """One source's (or the whole file's) figures."""

    rows: int
    accuracy: float
    macro_f1: float
    coverage: float
    covered_precision: float


class Bin(TypedDict):
    """One bin of the reliability plot; `low` <= confidence < `high` (the last bin includes 1)."""

    low: float
    high: float
    rows: int
    confidence: float
    accuracy: float


class CurvePoint(TypedDict):
    """Coverage and precision of the rows whose routing confidence is at least `threshold`."""

    threshold: float
    coverage: float
    precision: float


def ratio(part: float, whole: float) -> float:
    """Return part / whole, 0 for an empty whole."""
    return part / whole if whole else 0.0


def accuracy(predictions: Sequence[Prediction]) -> float:
    """Return the share of rows whose first guess is right."""
    return ratio(sum(one.correct for one in predictions), len(predictions))


def label_scores(predictions: Sequence[Prediction]) -> dict[str, LabelScore]:
    """Return precision, recall and F1 of every label that is true or predicted somewhere, in label order."""
    support = Counter(one.gold for one in predictions)
    predicted = Counter(one.label for one in predictions)
    right = Counter(one.gold for one in predictions if one.correct)
    return {
        label: _label_score(right[label], support[label], predicted[label]) for label in sorted({*support, *predicted})
    }


def _label_score(right: int, support: int, predicted: int) -> LabelScore:
    return {
        "support": support,
        "predicted": predicted,
        "precision": ratio(right, predicted),
        "recall": ratio(right, support),
        "f1": ratio(2 * right, support + predicted),
    }


def macro_f1(predictions: Sequence[Prediction]) -> float:
    """Return the mean F1 of the labels that are true somewhere (a label without a row says nothing)."""
    scores = [score["f1"] for score in label_scores(predictions).values() if score["support"]]
    return ratio(sum(scores), len(scores))


def group_score(predictions: Sequence[Prediction]) -> GroupScore:
    """Return the headline figures of `predictions`."""
    covered = [one for one in predictions if not one.abstained]
    return {
        "rows": len(predictions),
        "accuracy": accuracy(predictions),
        "macro_f1": macro_f1(predictions),
        "coverage": ratio(len(covered), len(predictions)),
        "covered_precision": accuracy(covered),
    }


def scores_by(predictions: Iterable[Prediction], key: Callable[[Prediction], str]) -> dict[str, GroupScore]:
    """Return the headline figures of each group, in order of the group's name."""
    groups: dict[str, list[Prediction]] = {}
    for one in predictions:
        groups.setdefault(key(one), []).append(one)
    return {name: group_score(groups[name]) for name in sorted(groups)}


def confusion(predictions: Iterable[Prediction]) -> dict[str, dict[str, int]]:
    """Return how often each truth (outer) was called each label (inner)."""
    table: dict[str, dict[str, int]] = {}
    for one in predictions:
        row = table.setdefault(one.gold, {})
        row[one.label] = row.get(one.label, 0) + 1
    return {gold: dict(sorted(table[gold].items())) for gold in sorted(table)}


def reliability(predictions: Sequence[Prediction], bins: int = 10) -> list[Bin]:
    """Return equal-width bins of the first guess's confidence, with its mean and the accuracy; empty bins are kept."""
    members: list[list[Prediction]] = [[] for _ in range(bins)]
    for one in predictions:
        members[min(int(one.confidence * bins), bins - 1)].append(one)
    return [
        {
            "low": place / bins,
            "high": (place + 1) / bins,
            "rows": len(group),
            "confidence": ratio(sum(one.confidence for one in group), len(group)),
            "accuracy": accuracy(group),
        }
        for place, group in enumerate(members)
    ]


def expected_calibration_error(predictions: Sequence[Prediction], bins: int = 10) -> float:
    """Return the row-weighted mean distance between confidence and accuracy over equal-width bins.

    Source: Naeini, Cooper, Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 2015.
    """
    gaps = (group["rows"] * abs(group["confidence"] - group["accuracy"]) for group in reliability(predictions, bins))
    return ratio(sum(gaps), len(predictions))


def coverage_curve(predictions: Sequence[Prediction], steps: int = 20) -> list[CurvePoint]:
    """Return coverage and precision at `steps` equally spaced thresholds from 0 on."""
    points: list[CurvePoint] = []
    for step in range(steps):
        kept = [one for one in predictions if one.routing_confidence >= step / steps]
        points.append(
            {"threshold": step / steps, "coverage": ratio(len(kept), len(predictions)), "precision": accuracy(kept)}
        )
    return points


def tier0_recall(predictions: Sequence[Prediction], tier0_labels: frozenset[str]) -> dict[str, float]:
    """Return which share of the tier-0 rows the model, the words and either escalate, and how often either is wrong."""
    positives = [one for one in predictions if one.gold in tier0_labels]
    negatives = [one for one in predictions if one.gold not in tier0_labels]
    return {
        "rows": len(positives),
        "model": ratio(sum(one.escalated_by_model for one in positives), len(positives)),
        "words": ratio(sum(one.escalated_by_words for one in positives), len(positives)),
        "either": ratio(sum(map(_escalated, positives)), len(positives)),
        "false_escalations": ratio(sum(map(_escalated, negatives)), len(negatives)),
    }


def _escalated(one: Prediction) -> bool:
    return one.escalated_by_model or one.escalated_by_words


def quantile(values: Iterable[float], share: float) -> float:
    """Return the value at `share` (0 to 1) of the sorted values by nearest rank; 0 for none."""
    ranked = sorted(values)
    return ranked[min(int(share * len(ranked)), len(ranked) - 1)] if ranked else 0.0
