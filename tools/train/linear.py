"""Softmax regression on hashed features: minibatch Adagrad in numpy, one thread, the same result for the same seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from rp_mw_worker.classifiers.embedded_features import character_buckets, to_words, word_buckets

Floats = NDArray[np.float32]
BATCH_ROWS = 128
_FADE, _SQUARE_FADE = 0.9, 0.999


@dataclass(frozen=True, slots=True)
class Linear:
    """Weights [features, labels] and bias [labels]."""

    weights: Floats
    bias: Floats

    def logits(self, features: sparse.csr_matrix) -> Floats:
        """Return [rows, labels]."""
        return np.asarray(features @ self.weights + self.bias, dtype=np.float32)


def to_features(texts: Sequence[str], word_bits: int, piece_bits: int) -> sparse.csr_matrix:
    """Return [rows, 2**word_bits + 2**piece_bits]: each row's buckets, each block of unit length, as at inference."""
    words = [to_words(text) for text in texts]
    return sparse.hstack(
        [_block(words, word_buckets, word_bits), _block(words, character_buckets, piece_bits)], format="csr"
    )


def _block(
    rows: Sequence[list[str]], to_buckets: Callable[[list[str], int], list[int]], bits: int
) -> sparse.csr_matrix:
    indices: list[int] = []
    starts, values = [0], []
    for words in rows:
        buckets = to_buckets(words, bits)
        indices += buckets
        values.append(np.full(len(buckets), 1 / np.sqrt(max(len(buckets), 1)), np.float32))
        starts.append(len(indices))
    return sparse.csr_matrix((np.concatenate(values), indices, starts), shape=(len(rows), 1 << bits))


def fit_linear(
    features: sparse.csr_matrix, targets: Floats, row_weights: Floats, *, epochs: int, rate: float, seed: int
) -> Linear:
    """Return the weights that fit `targets` [rows, labels] (each row sums to 1), rows counted by `row_weights`."""
    rng = np.random.default_rng(seed)
    rows, columns = features.shape[0], targets.shape[1]
    with_bias = sparse.hstack([features, np.ones((rows, 1), np.float32)], format="csr")
    weights = np.zeros((with_bias.shape[1], columns), np.float32)
    adam = _Adam(weights, np.zeros_like(weights), np.zeros_like(weights))
    steps = epochs * -(-rows // BATCH_ROWS)
    for _ in range(epochs):
        order = rng.permutation(rows)
        for start in range(0, rows, BATCH_ROWS):
            chosen = order[start : start + BATCH_ROWS]
            adam.update(with_bias[chosen], targets[chosen], row_weights[chosen], rate * (1 - adam.step / steps))
    return Linear(weights[:-1], weights[-1])


@dataclass(slots=True)
class _Adam:
    """Adam that touches only the rows a batch uses. Source: Kingma and Ba, "Adam", ICLR 2015; lazy rows as usual."""

    weights: Floats
    mean: Floats
    square: Floats
    step: int = 0

    def update(self, batch: sparse.csr_matrix, targets: Floats, counts: Floats, rate: float) -> None:
        """Change `weights` in place by one batch's gradient."""
        self.step += 1
        used, local = np.unique(batch.indices, return_inverse=True)
        compact = sparse.csr_matrix((batch.data, local, batch.indptr), shape=(batch.shape[0], len(used)))
        error = (softmax(compact @ self.weights[used]) - targets) * counts[:, None] / len(counts)
        gradient = np.asarray(compact.T @ error, dtype=np.float32)
        mean = self.mean[used] * _FADE + gradient * (1 - _FADE)
        square = self.square[used] * _SQUARE_FADE + gradient**2 * (1 - _SQUARE_FADE)
        self.mean[used], self.square[used] = mean, square
        scale = rate * np.sqrt(1 - _SQUARE_FADE**self.step) / (1 - _FADE**self.step)
        self.weights[used] -= scale * mean / (np.sqrt(square) + 1e-8)


def softmax(logits: Floats) -> Floats:
    """Return the rows' probabilities."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)
