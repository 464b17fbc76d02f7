"""Trains what stands on the encoder: which label a message has, and whether it asks for a person.

    vectors [rows, 512] --> two layers --> labels        two layers --> a person asked for, no or yes

The encoder itself stays as it is: there are too few messages of our own to change it by them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rp_mw_worker.classifiers.encoder import Encoder
from tools.train.linear import Floats, softmax

HIDDEN = 256
EPOCHS, RATE, BATCH_ROWS, DROPPED = 10, 1e-3, 256, 0.5
# A vector has length 1; the layers start better on numbers near 1.
_SPREAD = np.float32(10.0)
_FADE, _SQUARE_FADE = 0.9, 0.999


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A message, and whether it asks for a person."""

    text: str
    is_asked: bool


def load_person_rows(path: Path) -> list[PersonRow]:
    """Return the rows of `path`, in the order of the file."""
    records = (json.loads(line) for line in path.read_text("utf-8").splitlines())
    return [PersonRow(one["text"], one["person"]) for one in records]


def to_vectors(encoder: Encoder, texts: Sequence[str]) -> Floats:
    """Return [texts, 512]."""
    return np.stack([encoder.vector(text) for text in texts])


def fit_head(name: str, vectors: Floats, targets: Floats, counts: Floats, seed: int) -> dict[str, Floats]:
    """Return the two layers `name` that fit `targets` [rows, classes], rows counted by `counts`."""
    rng = np.random.default_rng(seed)
    inputs, rows = vectors * _SPREAD, len(vectors)
    width, classes = inputs.shape[1], targets.shape[1]
    layers = [
        rng.normal(0, np.sqrt(2 / width), (width, HIDDEN)).astype(np.float32),
        np.zeros(HIDDEN, np.float32),
        rng.normal(0, np.sqrt(1 / HIDDEN), (HIDDEN, classes)).astype(np.float32),
        np.zeros(classes, np.float32),
    ]
    adam = _Adam(layers, EPOCHS * -(-rows // BATCH_ROWS))
    for _ in range(EPOCHS):
        order = rng.permutation(rows)
        for start in range(0, rows, BATCH_ROWS):
            chosen = order[start : start + BATCH_ROWS]
            adam.update(_slopes(layers, inputs[chosen], targets[chosen], counts[chosen], rng))
    return {
        f"{name}_in": layers[0] * _SPREAD,
        f"{name}_in_bias": layers[1],
        f"{name}_out": layers[2],
        f"{name}_out_bias": layers[3],
    }


def _slopes(
    layers: Sequence[Floats], inputs: Floats, targets: Floats, counts: Floats, rng: np.random.Generator
) -> list[Floats]:
    before = inputs @ layers[0] + layers[1]
    kept = (rng.random(before.shape) > DROPPED).astype(np.float32) / np.float32(1 - DROPPED)
    hidden = np.maximum(before, 0) * kept
    error = (softmax(hidden @ layers[2] + layers[3]) - targets) * counts[:, None] / len(counts)
    back = (error @ layers[2].T) * (before > 0) * kept
    return [inputs.T @ back, back.sum(axis=0), hidden.T @ error, error.sum(axis=0)]


class _Adam:
    """Adam with a rate that falls to 0. Source: Kingma and Ba, "Adam", ICLR 2015."""

    def __init__(self, layers: list[Floats], steps: int) -> None:
        self._layers, self._steps, self._step = layers, steps, 0
        self._means = [np.zeros_like(layer) for layer in layers]
        self._squares = [np.zeros_like(layer) for layer in layers]

    def update(self, slopes: Sequence[Floats]) -> None:
        """Change the layers in place by one batch's slopes."""
        self._step += 1
        rate = RATE * (1 - self._step / self._steps)
        for place, slope in enumerate(slopes):
            self._means[place] = self._means[place] * _FADE + slope * (1 - _FADE)
            self._squares[place] = self._squares[place] * _SQUARE_FADE + slope**2 * (1 - _SQUARE_FADE)
            mean = self._means[place] / (1 - _FADE**self._step)
            square = self._squares[place] / (1 - _SQUARE_FADE**self._step)
            self._layers[place] -= (rate * mean / (np.sqrt(square) + 1e-8)).astype(np.float32)
