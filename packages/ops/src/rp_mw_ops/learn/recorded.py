"""What agents' corrections teach, from the environment's own rows: no text is needed, and none is there.

    decision: the embedded model's scores ──┐
                                            ├── the scores, with the label that the agents left it with
    newest outcome: the agents' label ──────┘

A ticket that people had open and left with our team and our intent confirms that intent: without such rows only our
mistakes would be learnt from, and every change would look like a gain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from rp_mw_ops.learn.examples import Example, Material, to_scores
from rp_mw_shared.errors import ConfigurationError
from rp_mw_worker.classifiers.cascade import LANGUAGES
from rp_mw_worker.classifiers.embedded import EmbeddedClassifier
from rp_mw_worker.domain.figures import decision_key, is_decision, latest_outcomes
from rp_mw_worker.domain.outcomes import DECISION_ENDING, Agreement
from rp_mw_worker.domain.screen import escalations
from rp_mw_worker.policy_engine import PolicyEngine

Row = Mapping[str, Any]


class NotUsed(StrEnum):
    """Why a decision teaches nothing."""

    NOT_READ_BACK = "not_read_back"  # its ticket is open, or not in the sample
    UNTOLD = "untold"  # nothing says whether the intent was right
    OTHER_MODEL = "other_model"  # another model decided, or another version, or one with a correction
    NO_SCORES = "no_scores"  # the model failed, or its labels are not this model's


def add_recorded(rows: Iterable[Row], classifier: EmbeddedClassifier, engine: PolicyEngine, material: Material) -> None:
    """Add what one day's rows teach to `material`; a decision that teaches nothing is counted by why."""
    kept = list(rows)
    found = {decision_key(row): row for row in latest_outcomes(kept)}
    for decision in filter(is_decision, kept):
        key = (str(decision["conversation_id"]), str(decision["ts_action_id"]).removesuffix(DECISION_ENDING))
        _add(decision, found.get(key), classifier, engine, material)


def _add(
    decision: Row, outcome: Row | None, classifier: EmbeddedClassifier, engine: PolicyEngine, material: Material
) -> None:
    record, label = decision.get("replay") or {}, find_label(outcome) if outcome else None
    if outcome is None or label is None:
        material.not_used[NotUsed.UNTOLD if outcome else NotUsed.NOT_READ_BACK] += 1
    elif (language := record.get("g")) in LANGUAGES:
        material.left_out[str(language)] += 1
    elif (decision.get("versions") or [""])[-1] != classifier.model_version:
        material.not_used[NotUsed.OTHER_MODEL] += 1
    elif (scores := _find_scores(record, classifier)) is None or label not in classifier.labels:
        material.not_used[NotUsed.NO_SCORES] += 1
    else:
        is_risk = bool(escalations(record.get("s") or (), engine.policy.screen))
        material.examples.append(Example(scores, classifier.labels.index(label), True, is_risk))
        material.corrected += label != decision.get("intent")


def find_label(outcome: Row) -> str | None:
    """Return the intent that the agents left the ticket with, None where nothing tells it.

    An agent's own intent tag counts before all. Ours is confirmed where the ticket stayed with our team and nobody
    marked a reply as wrong.
    """
    if outcome.get("label"):
        return str(outcome["label"])
    is_confirmed = outcome["agreement"] == Agreement.SAME.value and not outcome.get("marks")
    return str(outcome["intent"]) if is_confirmed else None


def _find_scores(record: Row, classifier: EmbeddedClassifier) -> tuple[float, ...] | None:
    if record.get("x"):
        return None
    try:
        return to_scores({str(label): share for label, share in record.get("i") or ()}, classifier.labels, 0)
    except ConfigurationError:
        return None
