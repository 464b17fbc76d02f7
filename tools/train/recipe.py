"""The shipped recipe, as functions that the training, the leave-one-source-out check and the experiments share."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from scipy import sparse

from rp_mw_shared.redaction import redact_for_model
from tools.train.linear import Floats, fit_linear, softmax, to_features
from tools.train.neighbours import reworded
from tools.train.synthesise import Grammar, Size, load_grammar, synthesise

STRANGER_SHARE = 0.25
SIZE = Size(per_template=15, least=1000, most=4000)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Every number of the training.

    A message from a template counts 1, of which `reworded_weight` goes to its copy in nearby words (`reworded_share` of
    the words replaced); a public row counts `row_weight`.
    """

    bits: int = 15
    size: Size = SIZE
    row_weight: float = 1.0
    reworded_weight: float = 0.4
    reworded_share: float = 0.35
    smoothing: float = 0.03
    epochs: int = 3
    rate: float = 0.03
    seed: int = 7


RECIPE = Recipe()


@dataclass(frozen=True, slots=True)
class Row:
    """One public row."""

    text: str
    intent: str
    source: str


@dataclass(frozen=True, slots=True)
class Trained:
    """Weights [2 * 2**bits, labels], bias [labels]; `temperature` divides the logits."""

    labels: tuple[str, ...]
    weights: Floats
    bias: Floats
    temperature: float = 1.0

    def probabilities(self, features: sparse.csr_matrix) -> Floats:
        """Return [rows, labels]."""
        return softmax(np.asarray(features @ self.weights + self.bias, np.float32) / self.temperature)


def load_rows(path: Path) -> list[Row]:
    """Return the labelled rows of `path`, their texts redacted as in the worker."""
    records = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [Row(redacted(record["text"]), record["intent"], record["source"]) for record in records]


def redacted(text: str) -> str:
    """Return what the worker lets a classifier see of `text`."""
    return redact_for_model(text).text


def fit_recipe(
    rows: Sequence[Row],
    recipe: Recipe = RECIPE,
    template_share: float = 1.0,
    labels: frozenset[str] | None = None,
) -> Trained:
    """Return the recipe trained on `rows` and on messages from `template_share` of each label's templates.

    `labels` None: every label that has templates.
    """
    order, features, targets, counts = _synthetic(recipe, template_share, labels)
    index = {label: place for place, label in enumerate(order)}
    row_targets = one_hot([index[row.intent] for row in rows], len(order), recipe.smoothing)
    row_features = to_row_features([row.text for row in rows], recipe) if rows else features[:0]
    stacked = sparse.vstack([features, row_features], format="csr")
    weights = np.concatenate([counts, np.full(len(rows), recipe.row_weight, np.float32)])
    fitted = fit_linear(
        stacked,
        np.concatenate([targets, row_targets]),
        weights,
        epochs=recipe.epochs,
        rate=recipe.rate,
        seed=recipe.seed,
    )
    return Trained(order, fitted.weights, fitted.bias)


@cache
def _synthetic(
    recipe: Recipe, template_share: float, wanted: frozenset[str] | None
) -> tuple[tuple[str, ...], sparse.csr_matrix, Floats, Floats]:
    grammar = _thinned(load_grammar(), template_share, recipe.seed)
    if wanted is not None:
        grammar.labels = {label: lines for label, lines in grammar.labels.items() if label in wanted}
    labels = tuple(sorted(grammar.labels))
    examples = synthesise(grammar, recipe.size, recipe.seed)
    targets = one_hot([labels.index(one.label) for one in examples], len(labels), recipe.smoothing)
    texts = [one.text for one in examples]
    rng = random.Random(recipe.seed)
    texts += [reworded(text, recipe.reworded_share, rng) for text in texts]
    counts = np.full(len(texts), recipe.reworded_weight, np.float32)
    counts[: len(examples)] = 1 - recipe.reworded_weight
    return labels, to_features(texts, recipe.bits, recipe.bits), np.concatenate([targets, targets]), counts


def _thinned(grammar: Grammar, share: float, seed: int) -> Grammar:
    if share >= 1.0:
        return grammar
    rng = random.Random(seed)
    for label, templates in sorted(grammar.labels.items()):
        grammar.labels[label] = rng.sample(templates, max(2, int(share * len(templates))))
    return grammar


def one_hot(places: Sequence[int], columns: int, smoothing: float) -> Floats:
    """Return [rows, columns] with `1 - smoothing` at each row's place and the rest shared by all."""
    table = np.full((len(places), columns), smoothing / columns, np.float32)
    table[np.arange(len(places)), places] += 1 - smoothing
    return table


@cache
def _cached_features(texts: tuple[str, ...], bits: int) -> sparse.csr_matrix:
    return to_features(texts, bits, bits)


def to_row_features(texts: Sequence[str], recipe: Recipe = RECIPE) -> sparse.csr_matrix:
    """Return the texts' features, remembered for the next call with the same texts."""
    return _cached_features(tuple(texts), recipe.bits)


def fit_left_out(rows: Sequence[Row], recipe: Recipe = RECIPE) -> Iterator[tuple[str, Trained]]:
    """Yield each source with a model that never saw it."""
    for source in sorted({row.source for row in rows}):
        yield source, fit_recipe([row for row in rows if row.source != source], recipe)


def fit_temperature(rows: Sequence[Row], recipe: Recipe = RECIPE, labels: frozenset[str] | None = None) -> float:
    """Return the temperature that suits a model which saw no public row and a quarter of the templates.

    The templates were written with the public sources at hand, so leaving a source out is still too kind; leaving out
    most of every label's templates as well stands in for a new shop's own wording.
    """
    model = fit_recipe([], recipe, template_share=STRANGER_SHARE, labels=labels)
    logits = to_row_features([row.text for row in rows], recipe) @ model.weights + model.bias
    truth = np.array([model.labels.index(row.intent) for row in rows])
    weights = _source_weights(rows)
    candidates = np.exp(np.linspace(np.log(0.3), np.log(3.0), 60))
    losses = [_loss(logits / value, truth, weights) for value in candidates]
    return float(candidates[int(np.argmin(losses))])


def _source_weights(rows: Sequence[Row]) -> Floats:
    """Every source counts the same, however many rows it has."""
    sources, inverse, counts = np.unique([row.source for row in rows], return_inverse=True, return_counts=True)
    return np.asarray(1 / counts[inverse] / len(sources), np.float32)


def _loss(logits: Floats, truth: np.ndarray, weights: Floats) -> float:
    likelihood = softmax(logits)[np.arange(len(truth)), truth]
    return float(-(weights * np.log(likelihood + 1e-9)).sum())


def with_temperature(model: Trained, temperature: float) -> Trained:
    """Return `model` with its confidence set by `temperature`."""
    return replace(model, temperature=temperature)
