"""Fits a correction: softmax regression on the model's own log scores, held near "no correction" by a penalty.

    minimise  sum over messages of -count . log p(right label)  +  penalty/2 |weights|^2  +  BIAS . penalty/2 |bias|^2

The penalty is a Gaussian prior around the shipped model: few messages move it little. A message of a frequent label
counts less than one of a rare label, by the square root, so that what a shop gets most does not swallow the rest.
Convex, so one answer; found by scipy's L-BFGS-B. Source: Zhu, Byrd, Lu, Nocedal, "Algorithm 778: L-BFGS-B", 1997.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from rp_mw_ops.learn.examples import Example
from rp_mw_worker.classifiers.correction import SCALE, UNIT, to_logs

Floats = NDArray[np.float64]
BIAS = 3.0
_MOST_STEPS = 80


def fit(examples: Sequence[Example], penalty: float) -> tuple[list[list[int]], list[int]]:
    """Return weights [from label, to label] and bias [label] in whole thousandths.

    What no correction touches teaches nothing: messages that are off topic are left out.
    """
    used = [one for one in examples if one.is_on_topic]
    logs = np.array([to_logs(one.scores) for one in used])
    labels = logs.shape[1]
    targets = np.eye(labels)[[one.gold for one in used]]
    found = minimize(
        _loss,
        np.zeros(labels * (labels + 1)),
        args=(logs, targets, _counts(targets), penalty),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": _MOST_STEPS},
    )
    parts = np.rint(found.x.reshape(labels + 1, labels) * UNIT).astype(int).tolist()
    return parts[:-1], parts[-1]


def _counts(targets: Floats) -> Floats:
    """What each message counts, [messages, 1], 1 on average: less the more messages its label has."""
    counts = targets @ (1 / np.sqrt(np.maximum(targets.sum(axis=0), 1)))
    return np.asarray(counts / counts.mean())[:, None]


def _loss(flat: Floats, logs: Floats, targets: Floats, counts: Floats, penalty: float) -> tuple[float, Floats]:
    """The loss and its gradient; `flat` holds the weights' rows and then the bias."""
    parts, shares = flat.reshape(-1, logs.shape[1]), logs / SCALE
    weights, bias = parts[:-1], parts[-1]
    moved = logs + shares @ weights + bias
    moved -= moved.max(axis=1, keepdims=True)
    likelihood = moved - np.log(np.exp(moved).sum(axis=1, keepdims=True))
    held = penalty / 2 * ((weights**2).sum() + BIAS * (bias**2).sum())
    error = (np.exp(likelihood) - targets) * counts
    slopes = np.vstack([shares.T @ error + penalty * weights, error.sum(axis=0) + BIAS * penalty * bias])
    return float(held - (counts * targets * likelihood).sum()), slopes.ravel()
