"""The result of one run: what was measured, by which versions, and what it cost."""

from __future__ import annotations

import os
from collections.abc import Sequence

from rp_mw_ops.eval.costs import cost_dollars
from rp_mw_ops.eval.metrics import Prediction
from rp_mw_ops.eval.openai_settings import load_prices
from rp_mw_ops.eval.result import Result, build_result
from rp_mw_worker.domain.policy import Policy


def summarise(predictions: Sequence[Prediction], file: str, classifier: str, policy: Policy) -> Result:
    """Return the run's result with its versions and its cost."""
    models = sorted({one.model for one in predictions if one.model})
    about = {"file": file, "classifier": classifier, "model": ", ".join(models), "policy": policy.version}
    return build_result(
        predictions,
        about=about,
        tier0_labels=policy.tier0_labels,
        cost_dollars=cost_dollars(predictions, load_prices(os.environ)),
    )
