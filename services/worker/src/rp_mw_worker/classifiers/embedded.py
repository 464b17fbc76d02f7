"""The classifier that ships in the zip: no network, no third-party library, the same answer for the same text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import exp
from pathlib import Path

from rp_mw_worker.classifiers.correction import Correction, load_correction
from rp_mw_worker.classifiers.embedded_features import Buckets, to_buckets
from rp_mw_worker.classifiers.embedded_model import Model, load_model
from rp_mw_worker.classifiers.embedded_relevance import find_relevant
from rp_mw_worker.domain.model import Classification, Intent
from rp_mw_worker.domain.policy import UNKNOWN_INTENT

MODEL_FILE = Path(__file__).parent.parent / "policy" / "model" / "intents.bin"
# One model for the six languages beside English; it is read when the first message in one of them comes.
LANGUAGES_MODEL_FILE = MODEL_FILE.with_name("languages.bin")
# The shop's own, if there is one: `rp-mw learn` writes it. It is for English alone.
CORRECTION_FILE = MODEL_FILE.with_name("correction.json")
ToBuckets = Callable[[str], Buckets]
MAX_INTENTS = 3
# A second guess below this says nothing about the text; listing it would only block automation.
MIN_SECONDARY_CONFIDENCE = 0.10
# A tier-0 label this likely is reported as a risk even where it is not the first guess: recall comes first there.
MIN_RISK_CONFIDENCE = 0.20


class EmbeddedClassifier:
    """Classifies redacted text with a model file that is read once, at construction.

    `tier0_labels` are the policy's: what is reported as a risk however faintly it shows. `correction_file` None, or one
    that is not there: the model as it shipped. Raises ConfigurationError at construction when the model file is missing
    or either file is damaged.
    """

    name = "embedded"

    def __init__(
        self, tier0_labels: frozenset[str], model_file: Path = MODEL_FILE, correction_file: Path | None = None
    ) -> None:
        self._tier0_labels = tier0_labels
        self._model = load_model(model_file)
        self._risks = frozenset(place for place, name in enumerate(self._model.labels) if name in tier0_labels)
        self._correction: Correction | None = None
        if correction_file is not None:
            self._correction = load_correction(correction_file, self._model.labels, self._model.identity)

    @property
    def model_version(self) -> str:
        """The version in the model file's header, with the correction's where there is one."""
        return f"{self._model.version}+{self._correction.version}" if self._correction else self._model.version

    @property
    def model_identity(self) -> str:
        """The version of the model file with the checksum of its weights: what a correction is made for."""
        return self._model.identity

    @property
    def temperature(self) -> float:
        """What the logits are divided by: it sets how sure the model sounds."""
        return self._model.temperature

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label the model can give."""
        return self._model.labels

    @property
    def bits(self) -> tuple[int, int]:
        """How many bits the buckets of words and of pieces have."""
        return self._model.tables["word"].bits, self._model.tables["piece"].bits

    def buckets(self, text: str) -> Buckets:
        """Return what the model sees of `text`."""
        return to_buckets(text, *self.bits)

    def classify(
        self, text: str, deadline: float | None = None, subject: str = "", *, buckets: ToBuckets | None = None
    ) -> Classification:
        """Return up to three intents, best first, confidence in [0, 1]; the port's other arguments are not needed.

        `buckets` does what the method does, and may remember its answers.
        """
        del deadline, subject
        scores, is_on_topic = self.relevant_scores(text, buckets)
        if not is_on_topic:
            return to_off_topic(scores, self._model.labels, self.model_version)
        return to_classification(self._corrected(scores), self._model.labels, self._tier0_labels, self.model_version)

    def relevant_scores(self, text: str, buckets: ToBuckets | None = None) -> tuple[list[float], bool]:
        """Return a score for each of `labels` before any correction, and whether anything in `text` is for the shop."""
        probabilities = partial(self.probabilities, buckets=buckets)
        relevant = find_relevant(text, probabilities, self._model.labels, self._tier0_labels)
        return probabilities(text if relevant is None else relevant), relevant is not None

    def probabilities(self, text: str, buckets: ToBuckets | None = None) -> list[float]:
        """Return one probability for each of `labels`, summing to 1, before any correction."""
        return _softmax(to_logits(self._model, (buckets or self.buckets)(text)), self._model.temperature)

    def _corrected(self, scores: Sequence[float]) -> Sequence[float]:
        return self._correction.apply(scores, self._risks) if self._correction else scores


def load_shop_classifier(tier0_labels: frozenset[str]) -> EmbeddedClassifier:
    """Return the shipped English model with the shop's correction where there is one, as the worker runs it."""
    return EmbeddedClassifier(tier0_labels, MODEL_FILE, CORRECTION_FILE)


def to_classification(
    scores: Sequence[float], labels: Sequence[str], tier0_labels: frozenset[str], version: str
) -> Classification:
    """Return the best labels with their scores, and every tier-0 label likely enough to be a risk."""
    ranked = sorted(zip(scores, labels, strict=True), key=lambda pair: (-pair[0], pair[1]))
    intents = tuple(
        Intent(label, round(score, 4))
        for rank, (score, label) in enumerate(ranked[:MAX_INTENTS])
        if rank == 0 or score >= MIN_SECONDARY_CONFIDENCE
    )
    risks = frozenset(label for score, label in ranked if label in tier0_labels and score >= MIN_RISK_CONFIDENCE)
    return Classification(intents, risks, EmbeddedClassifier.name, version)


def to_off_topic(scores: Sequence[float], labels: Sequence[str], version: str) -> Classification:
    """Nothing of the message is about the shop: whatever else it resembles, it is not answered by that."""
    certainty = round(scores[labels.index(UNKNOWN_INTENT)], 4)
    return Classification((Intent(UNKNOWN_INTENT, certainty),), frozenset(), EmbeddedClassifier.name, version)


def to_logits(model: Model, buckets: Buckets) -> list[float]:
    """Return the model's number for each of its labels."""
    by_word, by_piece = (model.tables[name].mean(own) for name, own in zip(("word", "piece"), buckets, strict=True))
    return [bias + word + piece for bias, word, piece in zip(model.bias, by_word, by_piece, strict=True)]


def _softmax(logits: list[float], temperature: float) -> list[float]:
    top = max(logits)
    weights = [exp((logit - top) / temperature) for logit in logits]
    total = sum(weights)
    return [weight / total for weight in weights]
