"""The evaluation's figures against numbers worked out by hand."""

from __future__ import annotations

import pytest

from rp_mw_ops.eval import metrics
from rp_mw_ops.eval.metrics import Prediction


def _prediction(gold: str, label: str, confidence: float = 0.9, **more: object) -> Prediction:
    values: dict[str, object] = {
        "row_id": "r",
        "gold": gold,
        "source": "s",
        "label": label,
        "confidence": confidence,
        "routing_confidence": confidence,
        "abstained": confidence < 0.6,
    }
    return Prediction(**(values | more))  # type: ignore[arg-type]


# a: 3 rows, 2 right; b: 2 rows, 1 right; c: never true, once answered.
FIVE = [
    _prediction("a", "a", 0.95),
    _prediction("a", "a", 0.65),
    _prediction("a", "b", 0.55),
    _prediction("b", "b", 0.85),
    _prediction("b", "c", 0.35),
]


def test_accuracy_is_the_share_of_right_first_guesses() -> None:
    """Three of five."""
    assert metrics.accuracy(FIVE) == pytest.approx(0.6)


def test_label_scores_are_precision_recall_and_f1() -> None:
    """a: 2 of 2 answers, 2 of 3 rows, F1 4/5; b: 1 of 2 and 1 of 2, F1 1/2; c: nothing right."""
    scores = metrics.label_scores(FIVE)
    assert scores["a"] == pytest.approx({"support": 3, "predicted": 2, "precision": 1.0, "recall": 2 / 3, "f1": 0.8})
    assert scores["b"] == pytest.approx({"support": 2, "predicted": 2, "precision": 0.5, "recall": 0.5, "f1": 0.5})
    assert scores["c"] == pytest.approx({"support": 0, "predicted": 1, "precision": 0.0, "recall": 0.0, "f1": 0.0})


def test_macro_f1_is_over_the_labels_that_have_rows() -> None:
    """(0.8 + 0.5) / 2; c has no row and does not count by itself."""
    assert metrics.macro_f1(FIVE) == pytest.approx(0.65)


def test_coverage_and_its_precision_count_what_is_routed() -> None:
    """Three rows are at or above 0.6, all right."""
    score = metrics.group_score(FIVE)
    assert (score["coverage"], score["covered_precision"]) == (pytest.approx(0.6), pytest.approx(1.0))


def test_confusion_counts_truth_by_answer() -> None:
    """Rows of the table are the truth."""
    assert metrics.confusion(FIVE) == {"a": {"a": 2, "b": 1}, "b": {"b": 1, "c": 1}}


def test_calibration_error_weighs_each_bins_gap() -> None:
    """Two bins: (0.35: wrong) gap 0.35 x 1/5; (0.55 wrong, 0.65, 0.85, 0.95 right) gap |0.75 - 0.75| = 0."""
    assert metrics.expected_calibration_error(FIVE, bins=2) == pytest.approx(0.35 / 5)


def test_full_confidence_falls_into_the_last_bin() -> None:
    """1.0 is in the last bin, empty bins stay."""
    bins = metrics.reliability([_prediction("a", "a", 1.0), _prediction("a", "b", 0.0)], bins=4)
    assert [group["rows"] for group in bins] == [1, 0, 0, 1]
    assert bins[3]["accuracy"] == 1.0
    assert bins[0]["accuracy"] == 0.0


def test_the_curve_trades_coverage_for_precision() -> None:
    """At 0 everything, from 0.5 on four rows with three right, from 0.75 on two rows, both right."""
    curve = metrics.coverage_curve(FIVE, steps=4)
    assert [point["coverage"] for point in curve] == pytest.approx([1.0, 1.0, 0.8, 0.4])
    assert [point["precision"] for point in curve] == pytest.approx([0.6, 0.6, 0.75, 1.0])


def test_tier0_recall_counts_model_and_words_apart_and_together() -> None:
    """Of two threats the model finds one, the words the other; one of two harmless rows is escalated."""
    rows = [
        _prediction("legal_threat", "x", escalated_by_model=True),
        _prediction("legal_threat", "x", escalated_by_words=True),
        _prediction("a", "a", escalated_by_words=True),
        _prediction("a", "a"),
    ]
    assert metrics.tier0_recall(rows, frozenset({"legal_threat"})) == {
        "rows": 2,
        "model": 0.5,
        "words": 0.5,
        "either": 1.0,
        "false_escalations": 0.5,
    }


def test_groups_are_judged_apart() -> None:
    """One source all right, the other all wrong."""
    rows = [_prediction("a", "a", source="one"), _prediction("a", "b", source="two")]
    scores = metrics.scores_by(rows, lambda one: one.source)
    assert {name: score["accuracy"] for name, score in scores.items()} == {"one": 1.0, "two": 0.0}


def test_nothing_measured_is_zero_not_a_crash() -> None:
    """An empty run has figures."""
    assert metrics.group_score([])["accuracy"] == 0.0
    assert metrics.expected_calibration_error([]) == 0.0
    assert metrics.quantile([], 0.5) == 0.0


@pytest.mark.parametrize(("share", "value"), [(0.0, 1.0), (0.5, 3.0), (0.95, 4.0), (1.0, 4.0)])
def test_quantiles_are_by_nearest_rank(share: float, value: float) -> None:
    """Of 1 to 4."""
    assert metrics.quantile([4.0, 2.0, 1.0, 3.0], share) == value
