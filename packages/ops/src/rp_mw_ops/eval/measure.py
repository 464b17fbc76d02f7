"""One labelled row through classifier and policy."""

from __future__ import annotations

from collections.abc import Callable

from rp_mw_ops.eval.classifiers import Timed
from rp_mw_ops.eval.metrics import Prediction
from rp_mw_ops.eval.routing import route
from rp_mw_ops.eval.rows import Row
from rp_mw_worker.domain.model import Classification
from rp_mw_worker.domain.policy import UNKNOWN_INTENT, Policy


def predict(row: Row, classify: Callable[[str], Timed], policy: Policy) -> Prediction:
    """Return what classifier and policy make of `row`."""
    timed = classify(row.text)
    return to_prediction(row, timed.classification, policy, timed.seconds)


def to_prediction(row: Row, found: Classification, policy: Policy, seconds: float = 0.0) -> Prediction:
    """Return the prediction for a classification; one that failed answers unknown_other with confidence 0."""
    routed = route(row.text, found, policy)
    top = max(found.intents, key=lambda intent: intent.confidence, default=None)
    return Prediction(
        row_id=row.row_id,
        gold=row.intent,
        source=row.source,
        label=top.label if top else UNKNOWN_INTENT,
        confidence=top.confidence if top else 0.0,
        routing_confidence=routed.confidence,
        abstained=routed.abstained,
        escalated_by_model=routed.escalated_by_model,
        escalated_by_words=routed.escalated_by_words,
        seconds=seconds,
        input_tokens=found.input_tokens,
        output_tokens=found.output_tokens,
        failed=found.failure is not None,
        model=found.model_version,
    )
