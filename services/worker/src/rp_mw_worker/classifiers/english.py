"""The classifier of English: the model of the labels, and two signs that a second model of hashed words gives.

    text ──┬── intents.bin: which label it has
           └── english_signs.bin: how likely it is of tier 0 at all, and how likely it asks for a person

The signs see what no list of words has, and tell harmless uses of dangerous words: record 0237.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import exp
from pathlib import Path

from rp_mw_shared.errors import ConfigurationError
from rp_mw_worker.classifiers.cascade import SURE_AT
from rp_mw_worker.classifiers.embedded import (
    MAX_INTENTS,
    MODEL_FILE,
    EmbeddedClassifier,
    load_shop_classifier,
    to_logits,
)
from rp_mw_worker.classifiers.embedded_features import Buckets, is_read_whole
from rp_mw_worker.classifiers.embedded_model import load_model
from rp_mw_worker.classifiers.embedded_relevance import several_sentences
from rp_mw_worker.domain.interpretation import HUMAN_RISK_FLAG
from rp_mw_worker.domain.model import Classification, Intent
from rp_mw_worker.domain.screen import has_machine_talk

SIGNS_FILE = MODEL_FILE.with_name("english_signs.bin")
TIER0, PERSON = "tier0", "person"
# From here on a text is taken for a request for a person.
PERSON_AT = 0.40
# From here on the likeliest label of tier 0 decides the team, whatever the model of the labels prefers; below the other
# none of them does.
TIER0_AT, NO_TIER0_BELOW = 0.82, 0.30
# So sure at most is the sign alone: where the labels say something else, a cascade asks its model.
_AGAINST_LABELS = SURE_AT - 0.01
# The first sentences are read each by itself too. One has lost what stands around it: that much less is believed of it.
MAX_SENTENCES, _ALONE = 20, 0.20
# A sentence of fewer words, such as a greeting or a name, says too little by itself.
_LEAST_BLANKS = 2
# Of a longer text no word is taken for harmless: among many others a few words weigh little.
MAX_HARMLESS_SENTENCES, MAX_HARMLESS_CHARACTERS = 5, 500


@dataclass(frozen=True, slots=True)
class Signs:
    """How likely a text is of tier 0, and how likely it asks for a person; 0 to 1."""

    tier0: float
    person: float


class SignsModel:
    """Reads redacted English. Raises ConfigurationError for a missing, damaged or foreign file."""

    def __init__(self, path: Path = SIGNS_FILE) -> None:
        self._model = load_model(path)
        if self._model.labels != (TIER0, PERSON):
            raise ConfigurationError([f"classifier model {path.name}: gives other signs than {TIER0}, {PERSON}"])

    @property
    def version(self) -> str:
        """The version in the file's header."""
        return self._model.version

    @property
    def bits(self) -> tuple[int, int]:
        """How many bits the buckets of words and of pieces have."""
        return self._model.tables["word"].bits, self._model.tables["piece"].bits

    def read(self, buckets: Buckets) -> Signs:
        """Return the signs of the text with these buckets."""
        return Signs(*(1 / (1 + exp(-logit / self._model.temperature)) for logit in to_logits(self._model, buckets)))


class EnglishClassifier:
    """Adds the signs to what the model of the labels says; `tier0_labels` are the policy's.

    Of a text with words to a machine no sign is read: they are written to be misread.
    Labels of tier 0 that decide no team are risks, which forbid a reply. Raises ConfigurationError for two models that
    see words in different buckets.
    """

    name = EmbeddedClassifier.name

    def __init__(self, tier0_labels: frozenset[str], labels: EmbeddedClassifier, signs: SignsModel) -> None:
        if labels.bits != signs.bits:
            raise ConfigurationError(["the two models of English see words in different buckets"])
        self._tier0_labels, self._labels, self._signs = tier0_labels, labels, signs

    @property
    def model_version(self) -> str:
        """The versions of both files, with the correction's where there is one."""
        return f"{self._labels.model_version}+{self._signs.version}"

    def classify(self, text: str, deadline: float | None = None, subject: str = "") -> Classification:
        """Return what the model of the labels says, with the signs."""
        buckets = cache(self._labels.buckets)  # gone with the message
        found = self._labels.classify(text, deadline, subject, buckets=buckets)
        found = replace(found, model_version=self.model_version)
        if has_machine_talk(text):
            return found
        whole, parts = self._signs.read(buckets(text)), several_sentences(text, MAX_SENTENCES)
        alone = [self._signs.read(buckets(part)) for part in parts if part.count(" ") >= _LEAST_BLANKS]
        if max([whole.person, *(sign.person - _ALONE for sign in alone)]) >= PERSON_AT:
            found = replace(found, risk_flags=found.risk_flags | {HUMAN_RISK_FLAG})
        share = max([whole.tier0, *(sign.tier0 - _ALONE for sign in alone)])
        if share >= TIER0_AT:
            found = self._with_tier0(found, text, round(share, 4))
        if not _may_be_harmless(text, parts):
            return found
        by_label = sum(intent.confidence for intent in found.intents if intent.label in self._tier0_labels)
        surest = max([whole.tier0, by_label, *(sign.tier0 for sign in alone)])
        found = replace(found, tier0_share=round(surest, 4))
        return self._without_tier0(found) if share < NO_TIER0_BELOW else found

    def _with_tier0(self, found: Classification, text: str, share: float) -> Classification:
        """Return `found` led by its likeliest label of tier 0."""
        scores = self._labels.probabilities(text)
        pairs = zip(scores, self._labels.labels, strict=True)
        _, label = max((pair for pair in pairs if pair[1] in self._tier0_labels), default=(0.0, ""))
        if not label:
            return found
        others = tuple(intent for intent in found.intents if intent.label != label)
        known = next((intent.confidence for intent in found.intents if intent.label == label), 0.0)
        led = (Intent(label, max(min(share, _AGAINST_LABELS), known)), *others)[:MAX_INTENTS]
        return replace(found, intents=led, risk_flags=found.risk_flags | {label})

    def _without_tier0(self, found: Classification) -> Classification:
        """Return `found` with labels of tier 0 as risks, where another label is left."""
        others = tuple(intent for intent in found.intents if intent.label not in self._tier0_labels)
        signs = {intent.label for intent in found.intents} & self._tier0_labels
        return replace(found, intents=others or found.intents, risk_flags=found.risk_flags | signs)


def _may_be_harmless(text: str, parts: Sequence[str]) -> bool:
    is_short = len(parts) <= MAX_HARMLESS_SENTENCES and len(text) <= MAX_HARMLESS_CHARACTERS
    return is_short and is_read_whole(text)


def load_english_classifier(tier0_labels: frozenset[str]) -> EnglishClassifier:
    """Return the shipped models with the shop's correction where there is one, as the worker runs them."""
    return EnglishClassifier(tier0_labels, load_shop_classifier(tier0_labels), SignsModel())
