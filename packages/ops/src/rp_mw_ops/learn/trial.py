"""Whether a correction helps: every labelled message judged by a correction that did not learn from it.

    for each penalty: examples -- FOLDS parts --> fitted on the others --> corrected scores of the held-back part
      for each least score: where a label falls, there or on our own messages, what it lost to whom is kept apart;
        judged again, until none falls
    the one that reads most held-back messages right, if it may be used at all

Refused: too few messages, nothing gained, a label or the tier-0 recall lower than before.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import sqrt

from rp_mw_ops.learn.examples import Example
from rp_mw_ops.learn.fit import fit
from rp_mw_worker.classifiers.correction import UNIT, Correction, best_of, is_risky
from rp_mw_worker.classifiers.embedded import MIN_RISK_CONFIDENCE

FOLDS = 10
LEAST_EXAMPLES = 60
# The more careful comes first: of two that are equally good it is the one to use.
PENALTIES = (4.0, 1.0, 0.2, 0.05)
# Of our own twelve messages of a label that many may be lost: a shop that means another thing by it loses more.
OWN_SPARED = 6
LEAST_SCORES = (700, 600, 500, 400, 0)
_Z95 = 1.959964

Scores = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class Model:
    """What a trial has to know of the model: its labels, and the places of the tier-0 ones."""

    labels: tuple[str, ...]
    risks: frozenset[int]

    @classmethod
    def of(cls, labels: tuple[str, ...], tier0_labels: frozenset[str]) -> Model:
        """Return the model with these labels under a policy with these tier-0 labels."""
        return cls(labels, frozenset(place for place, name in enumerate(labels) if name in tier0_labels))


@dataclass(frozen=True, slots=True)
class Fitted:
    """One correction in whole thousandths, as the file holds it; `kept` are pairs of labels' places."""

    weights: list[list[int]]
    bias: list[int]
    least: int = 0
    kept: frozenset[tuple[int, int]] = frozenset()

    def correction(self) -> Correction:
        """Return it as the worker would read it."""
        rows = tuple(tuple(value / UNIT for value in row) for row in self.weights)
        return Correction("trial", rows, tuple(value / UNIT for value in self.bias), self.least / UNIT, self.kept)


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts over messages. `recall` maps a label's place to its messages that are read right."""

    rows: int
    right: int
    tier0_rows: int
    tier0_found: int
    recall: dict[int, int]


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it. `better` and `worse` count messages mended and spoilt; `refusals` empty: it may be used."""

    before: Figures
    after: Figures
    better: int
    worse: int
    fitted: Fitted | None
    refusals: tuple[str, ...]

    @property
    def gain(self) -> float:
        """The change of accuracy on held-back messages, from -1 to 1."""
        return (self.better - self.worse) / self.before.rows if self.before.rows else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of `gain`. Source: paired difference of proportions, normal approximation."""
        rows = max(self.before.rows, 1)
        spread = _Z95 * sqrt(max(self.better + self.worse - (self.better - self.worse) ** 2 / rows, 0.0)) / rows
        return self.gain - spread, self.gain + spread


@dataclass(frozen=True, slots=True)
class _Moved:
    """The messages with what one penalty's corrections make of them, before anything is kept apart."""

    examples: Sequence[Example]
    moved: Scores

    def settled(self, rule: Correction, model: Model) -> Scores:
        """Return the scores that would be used."""
        return [
            one.scores if is_untouched(one, model) or rule.forbids(one.scores, moved) else moved
            for one, moved in zip(self.examples, self.moved, strict=True)
        ]


def run_trial(examples: Sequence[Example], own: Sequence[Example], model: Model) -> Trial:
    """Return the judged correction of `examples`; `own` are the product's own messages, on which no label may fall."""
    before = count(examples, [one.scores for one in examples], model)
    if len(examples) < LEAST_EXAMPLES:
        said = f"{len(examples)} messages are too few to judge by: {LEAST_EXAMPLES} are needed, 200 are better"
        return Trial(before, before, 0, 0, None, (said,))
    folds = split(examples)
    trials = [trial for penalty in PENALTIES for trial in _trials_of(penalty, examples, folds, own, model)]
    return max(trials, key=lambda trial: (not trial.refusals, trial.after.right))


def _trials_of(
    penalty: float, examples: Sequence[Example], folds: Sequence[int], own: Sequence[Example], model: Model
) -> Iterator[Trial]:
    """Yield one trial for each least score."""
    parts = [
        fit_all([one for one, fold in zip(examples, folds, strict=True) if fold != held], penalty)
        for held in range(FOLDS)
    ]
    whole = fit_all(examples, penalty)
    movers = [part.correction() for part in parts]
    held = _Moved(examples, [movers[fold].move(one.scores) for one, fold in zip(examples, folds, strict=True)])
    ours = _Moved(own, [whole.correction().move(one.scores) for one in own])
    for least in LEAST_SCORES:
        fitted = keep_apart(replace(whole, least=least), held, ours, model)
        yield judge(examples, held.settled(fitted.correction(), model), model, fitted)


def keep_apart(fitted: Fitted, held: _Moved, ours: _Moved, model: Model) -> Fitted:
    """Return `fitted` with every pair kept apart by which a label would fall."""
    while True:
        rule = fitted.correction()
        lost = lost_to(held.examples, held.settled(rule, model), model)
        kept = fitted.kept | lost | lost_to(ours.examples, ours.settled(rule, model), model, OWN_SPARED)
        if kept == fitted.kept:
            return fitted
        fitted = replace(fitted, kept=kept)


def judge(examples: Sequence[Example], held: Scores, model: Model, fitted: Fitted) -> Trial:
    """Return the trial's outcome from the scores of the held-back messages."""
    plain = [one.scores for one in examples]
    before, after = count(examples, plain, model), count(examples, held, model)
    pairs = [
        (best_of(now) == one.gold, best_of(one.scores) == one.gold) for one, now in zip(examples, held, strict=True)
    ]
    better, worse = pairs.count((True, False)), pairs.count((False, True))
    return Trial(before, after, better, worse, fitted, tuple(find_refusals(before, after, model)))


def find_refusals(before: Figures, after: Figures, model: Model) -> list[str]:
    """Return why a correction with these figures is not to be used, in words; empty when it is."""
    found = []
    if after.tier0_found < before.tier0_found:
        counts = f"{after.tier0_found} of {after.tier0_rows} found, {before.tier0_found} before"
        found.append(f"tier-0 recall falls: {counts}")
    for place, then in sorted(before.recall.items()):
        now = after.recall.get(place, 0)
        if now < then:
            found.append(f"{model.labels[place]} falls: {now} messages read right, {then} before")
    if after.right <= before.right:
        counts = f"{after.right} of {after.rows} held-back messages read right, {before.right} before"
        found.append(f"nothing gained: {counts}")
    return found


def count(examples: Sequence[Example], scores: Scores, model: Model) -> Figures:
    """Return the figures of `examples` read as `scores` [messages, labels] say."""
    recall: Counter[int] = Counter()
    found, tier0 = 0, 0
    for one, given in zip(examples, scores, strict=True):
        recall[one.gold] += best_of(given) == one.gold
        if one.gold in model.risks:
            tier0 += 1
            found += one.is_words_risk or is_reported(given, model)
    return Figures(len(examples), sum(recall.values()), tier0, found, dict(recall))


def is_reported(scores: Sequence[float], model: Model) -> bool:
    """Whether a classification of these scores reports a tier-0 risk."""
    return best_of(scores) in model.risks or any(scores[place] >= MIN_RISK_CONFIDENCE for place in model.risks)


def is_untouched(example: Example, model: Model) -> bool:
    """Whether the worker corrects such a message never."""
    return not example.is_on_topic or is_risky(example.scores, model.risks)


def lost_to(examples: Sequence[Example], scores: Scores, model: Model, spared: int = 0) -> frozenset[tuple[int, int]]:
    """Return the pairs by which labels fall: each label that lost more than `spared` messages, and who got them."""
    before, after = count(examples, [one.scores for one in examples], model), count(examples, scores, model)
    fallen = {place for place, right in before.recall.items() if after.recall[place] < right - spared}
    return frozenset(
        (one.gold, best_of(now))
        for one, now in zip(examples, scores, strict=True)
        if one.gold in fallen and best_of(one.scores) == one.gold != best_of(now)
    )


def split(examples: Sequence[Example]) -> list[int]:
    """Return the part of each message, 0 to FOLDS - 1: each label's messages are dealt in turn, in the file's order."""
    dealt: defaultdict[int, int] = defaultdict(int)
    start: dict[int, int] = {}
    parts = []
    for one in examples:
        # each label begins at another part, or the first part would hold all the rare ones
        first = start.setdefault(one.gold, len(start))
        parts.append((first + dealt[one.gold]) % FOLDS)
        dealt[one.gold] += 1
    return parts


def fit_all(examples: Sequence[Example], penalty: float) -> Fitted:
    """Return the correction fitted on all of them."""
    return Fitted(*fit(examples, penalty))
