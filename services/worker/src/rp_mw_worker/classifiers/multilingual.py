"""The classifier of the six other languages: hashed words and pieces together with the encoder's sense.

    text ──┬── languages.bin: what its words are ──┐
           └── encoder.bin: what it means ─────────┴── the geometric mean of their shares

Either alone errs where the other does not: record 0235. The encoder also says how likely the text is anything of tier 0
at all, which tells harmless uses of dangerous words, and whether it asks for a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import sqrt
from pathlib import Path

from rp_mw_shared.errors import ConfigurationError
from rp_mw_worker.classifiers.embedded import (
    LANGUAGES_MODEL_FILE,
    EmbeddedClassifier,
    to_classification,
    to_off_topic,
)
from rp_mw_worker.classifiers.embedded_relevance import find_relevant, several_sentences
from rp_mw_worker.classifiers.encoder import Encoder, Sense
from rp_mw_worker.domain.interpretation import HUMAN_RISK_FLAG
from rp_mw_worker.domain.model import Classification, Intent
from rp_mw_worker.domain.screen import has_machine_talk

ENCODER_FILE = LANGUAGES_MODEL_FILE.with_name("encoder.bin")
# From here on a text, or a sentence of it, is taken for a request for a person.
PERSON_AT = 0.5
# The first sentences are read each by itself too. Of a text with more than these, or with words to
# a machine, no word is taken for harmless.
MAX_SENTENCES, MAX_HARMLESS_SENTENCES = 20, 5
# A sentence alone needs more.
_PERSON_ALONE = 0.20
# A sentence has lost what stands around it: that much less is believed of it than of the whole.
_ALONE = 0.50
# The labels of tier 0 count together, as the surest of them, from here on; below it none of them decides the team.
# It is the policy's `presence`.
TIER0_AT = 0.30


class MultilingualClassifier:
    """Reads redacted text in German, Spanish, French, Italian, Dutch or Portuguese; `tier0_labels` are the policy's.

    Raises ConfigurationError when `words` and `encoder` are not for the same labels.
    """

    name = EmbeddedClassifier.name

    def __init__(self, tier0_labels: frozenset[str], words: EmbeddedClassifier, encoder: Encoder) -> None:
        if encoder.labels != words.labels:
            raise ConfigurationError(["the two models of the six languages are for different labels"])
        self._tier0_labels = tier0_labels
        self._words, self._encoder = words, encoder
        self._tier0_places = [place for place, label in enumerate(words.labels) if label in tier0_labels]

    @property
    def model_version(self) -> str:
        """The versions of both files."""
        return f"{self._words.model_version}+{self._encoder.version}"

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label the models can give."""
        return self._words.labels

    def classify(self, text: str, deadline: float | None = None, subject: str = "") -> Classification:
        """Return up to three intents, best first, confidence in [0, 1]; the port's other arguments are not needed."""
        del deadline, subject
        reader = _Reader(self._words, self._encoder)
        relevant = find_relevant(text, reader.shares, self.labels, self._tier0_labels)
        if relevant is None:
            found = to_off_topic(reader.shares(text), self.labels, self.model_version)
        else:
            found = to_classification(reader.shares(relevant), self.labels, self._tier0_labels, self.model_version)
        sentences = several_sentences(text, MAX_SENTENCES)
        asked = max([reader.sense(text).person, *(reader.sense(part).person - _PERSON_ALONE for part in sentences)])
        if asked >= PERSON_AT:
            found = replace(found, risk_flags=found.risk_flags | {HUMAN_RISK_FLAG})
        is_all_read = len(sentences) <= MAX_HARMLESS_SENTENCES and reader.sense(text).is_all_read
        if not is_all_read or has_machine_talk(text):
            return found
        whole = reader.shares(text)
        read = [(self._tier0_share(whole), whole)]
        for part in sentences:
            shares = reader.shares(part)
            read.append((self._tier0_share(shares) - _ALONE, shares))
        share, shares = max(read)
        return self._weighed(found, whole, shares, round(share, 4))

    def _tier0_share(self, shares: Sequence[float]) -> float:
        return sum(shares[place] for place in self._tier0_places)

    def _weighed(
        self, found: Classification, whole: Sequence[float], surest: Sequence[float], tier0_share: float
    ) -> Classification:
        """Return the labels of tier 0 as one: as the best of `surest`, or as signs that forbid and decide no team."""
        others = tuple(intent for intent in found.intents if intent.label not in self._tier0_labels)
        tier0 = [intent for intent in found.intents if intent.label in self._tier0_labels]
        found = replace(found, tier0_share=tier0_share)
        if tier0_share < TIER0_AT:
            signs = {intent.label for intent in tier0}
            return replace(found, intents=others or (self._best_other(whole),), risk_flags=found.risk_flags | signs)
        if any(intent.confidence >= TIER0_AT for intent in tier0):
            return found
        label = self.labels[max(self._tier0_places, key=lambda place: surest[place])]
        together = sorted((Intent(label, tier0_share), *others), key=lambda intent: -intent.confidence)
        return replace(found, intents=tuple(together))

    def _best_other(self, shares: Sequence[float]) -> Intent:
        places = set(range(len(self.labels))) - set(self._tier0_places)
        best = max(sorted(places), key=lambda place: shares[place])
        return Intent(self.labels[best], round(shares[best], 4))


def load_multilingual_classifier(
    tier0_labels: frozenset[str], model_file: Path = LANGUAGES_MODEL_FILE, encoder_file: Path = ENCODER_FILE
) -> MultilingualClassifier:
    """Return the classifier from its two files. Raises ConfigurationError when one is missing or damaged."""
    return MultilingualClassifier(tier0_labels, EmbeddedClassifier(tier0_labels, model_file), Encoder(encoder_file))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the parts of one message, each once; nothing of it outlives the message."""

    words: EmbeddedClassifier
    encoder: Encoder
    _senses: dict[str, Sense] = field(default_factory=dict)
    _shares: dict[str, list[float]] = field(default_factory=dict)

    def sense(self, text: str) -> Sense:
        """Return what the encoder makes of `text`."""
        if text not in self._senses:
            self._senses[text] = self.encoder.read(text)
        return self._senses[text]

    def shares(self, text: str) -> list[float]:
        """Return one probability for each label, summing to 1."""
        if text not in self._shares:
            by_words, by_sense = self.words.probabilities(text), self.sense(text).shares
            mixed = [sqrt(words * sense) for words, sense in zip(by_words, by_sense, strict=True)]
            total = sum(mixed)
            self._shares[text] = [share / total for share in mixed]
        return self._shares[text]
