"""A shop's own correction of the embedded model's scores: a small file that `rp-mw learn` writes.

    scores [labels] -- log, not below FLOOR, divided by SCALE --> x [labels]
    log scores + x . weights [labels, labels] + bias [labels] -- softmax --> corrected scores [labels]

It knows of a message nothing but the model's own scores, so it holds no word and no feature of any. A message is left
as the shipped model reads it where that model holds it for a risk (tier 0), however faintly; where another label would
win that is not sure enough; and where one label would give way to another that the file keeps apart.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from pathlib import Path
from typing import Any

from rp_mw_shared.errors import ConfigurationError

FORMAT = 1
# Natural logarithms: a score below e**FLOOR counts as that, so that no message weighs more than others by its doubts.
FLOOR = -8.0
SCALE = 8.0
# A tier-0 label that the shipped model holds this likely is left alone: from here on it is listed, and forbids replies.
LEAST_RISK = 0.10
# Weights are kept as whole thousandths. What is fitted stays far below this.
UNIT = 1000
_MOST = 50 * UNIT
_MOST_BYTES = 64 * 1024
_KEYS = frozenset({"format", "version", "model", "labels", "kept", "least", "bias", "weights", "provenance"})


@dataclass(frozen=True, slots=True)
class Correction:
    """`weights` [from label, to label] and `bias` [label] add to the log scores, in the order of the model's labels.

    `least` is the corrected score, 0 to 1, that a new best label needs. `kept` are pairs of places: a message of the
    first is not given the second.
    """

    version: str
    weights: tuple[tuple[float, ...], ...]
    bias: tuple[float, ...]
    least: float = 0.0
    kept: frozenset[tuple[int, int]] = frozenset()

    def apply(self, scores: Sequence[float], risks: frozenset[int]) -> Sequence[float]:
        """Return the corrected scores, summing to 1; `scores` themselves where they are to be left alone.

        `risks` are the places of the tier-0 labels.
        """
        if is_risky(scores, risks):
            return scores
        moved = self.move(scores)
        return scores if self.forbids(scores, moved) else moved

    def move(self, scores: Sequence[float]) -> list[float]:
        """Return the corrected scores, whether they are to be used or not."""
        logs = to_logs(scores)
        shares = [value / SCALE for value in logs]
        columns = zip(*self.weights, strict=True)
        added = [
            own + bias + sum(share * weight for share, weight in zip(shares, column, strict=True))
            for own, bias, column in zip(logs, self.bias, columns, strict=True)
        ]
        top = max(added)
        powers = [exp(value - top) for value in added]
        total = sum(powers)
        return [power / total for power in powers]

    def forbids(self, scores: Sequence[float], moved: Sequence[float]) -> bool:
        """Whether `moved` names another label than `scores` without being sure enough, or one that is kept apart."""
        was, now = best_of(scores), best_of(moved)
        return was != now and (moved[now] < self.least or (was, now) in self.kept)


def is_risky(scores: Sequence[float], risks: frozenset[int]) -> bool:
    """Whether the shipped model holds a message for a tier-0 one: no correction touches it."""
    return any(scores[place] >= LEAST_RISK for place in risks)


def best_of(scores: Sequence[float]) -> int:
    """Return the place of the best label."""
    return max(range(len(scores)), key=scores.__getitem__)


def to_logs(scores: Sequence[float]) -> list[float]:
    """Return the natural logarithm of each score, not below FLOOR."""
    least = exp(FLOOR)
    return [log(max(score, least)) for score in scores]


def load_correction(path: Path, labels: Sequence[str], model: str) -> Correction | None:
    """Return the correction in `path` for the model of that version and labels; None where there is no such file.

    Raises ConfigurationError for a file that is damaged, altered, or made for another model: what it would do then is
    unknown.
    """
    if not path.exists():
        return None
    try:
        content = path.read_bytes()
        if len(content) > _MOST_BYTES:
            raise ValueError(f"larger than {_MOST_BYTES} bytes")
        return _to_correction(json.loads(content), tuple(labels), model)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        mend = "make it anew with `rp-mw learn`, or remove it"
        raise ConfigurationError([f"correction {path.name}: {_worded(error)}; {mend}"]) from error


def digest_of(document: dict[str, Any]) -> str:
    """Return what tells two corrections apart: the digest of all that decides, as 12 hexadecimal digits."""
    decisive = {name: document[name] for name in ("format", "model", "labels", "kept", "least", "bias", "weights")}
    return hashlib.sha256(json.dumps(decisive, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:12]


def _to_correction(document: Any, labels: tuple[str, ...], model: str) -> Correction:
    if not isinstance(document, dict) or set(document) != _KEYS or document["format"] != FORMAT:
        raise ValueError("not a correction of this layout")
    if document["model"] != model:
        raise ValueError(f"made for model {document['model']!r}, and {model!r} is what ships")
    if tuple(document["labels"]) != labels:
        raise ValueError("its labels are not the model's")
    name, _, digest = str(document["version"]).rpartition("-")
    if not name or digest != digest_of(document):
        raise ValueError("its content is not what its version says")
    rows = document["weights"]
    if len(rows) != len(labels):
        raise ValueError("a row of weights for each label is needed")
    weights = tuple(_to_numbers(row, len(labels)) for row in rows)
    (least,) = _to_numbers([document["least"]], 1)
    kept = frozenset((labels.index(one), labels.index(other)) for one, other in document["kept"])
    return Correction(document["version"], weights, _to_numbers(document["bias"], len(labels)), least, kept)


def _to_numbers(values: Any, length: int) -> tuple[float, ...]:
    if not isinstance(values, list) or len(values) != length:
        raise ValueError(f"{length} numbers are needed in each row")
    if any(type(value) is not int or abs(value) > _MOST for value in values):
        raise ValueError(f"whole thousandths from {-_MOST} to {_MOST} are needed")
    return tuple(value / UNIT for value in values)


def _worded(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return "not JSON"
    return f"{type(error).__name__} at {error}" if isinstance(error, KeyError) else str(error)
