"""Which classifier answers: the embedded one, the model, or the embedded one first and the model where it is unsure.

    embedded says ──┬── sure: its answer; the model is not asked
                    └── unsure ── the model ──┬── an answer: the model's, with the embedded one's risk flags kept
                                              └── none: the failure; an unsure guess is no answer

Sure means: the best intent at or above `sure_at`, clearly ahead of the second. Either classifier's risk flags count.
A message with words to a machine ("ignore your instructions") is never shown to the one that could obey them: the
embedded classifier reads it, whichever is chosen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rp_mw_shared.observability import LogEvent, Metric, log, metric
from rp_mw_worker.domain.model import Classification
from rp_mw_worker.domain.policy import BASE_LANGUAGE
from rp_mw_worker.ports import Classifier

EMBEDDED = "embedded"
OPENAI = "openai"
CASCADE = "cascade"
# What the multilingual classifier reads (ISO 639-1).
LANGUAGES = frozenset({"de", "es", "fr", "it", "nl", "pt"})
SURE_AT = 0.80
SURE_MARGIN = 0.20


class ClassifierChoice:
    """The `Classifiers` port. Each classifier is made on first use: a shop on one never pays for the other.

    Instead of the embedded one `make_english`'s reads English and `make_multilingual`'s LANGUAGES, where there is one.
    """

    def __init__(
        self,
        make_embedded: Callable[[], Classifier],
        make_openai: Callable[[], Classifier],
        *,
        make_english: Callable[[], Classifier] | None = None,
        make_multilingual: Callable[[], Classifier] | None = None,
        sure_at: float = SURE_AT,
        sure_margin: float = SURE_MARGIN,
    ) -> None:
        self._make_embedded = make_embedded
        self._make_openai = make_openai
        self._make_english = make_english
        self._make_multilingual = make_multilingual
        self._sure_at = sure_at
        self._sure_margin = sure_margin
        self._embedded: Classifier | None = None
        self._openai: Classifier | None = None
        self._english: Classifier | None = None
        self._multilingual: Classifier | None = None

    def classify(
        self, name: str, text: str, deadline: float, subject: str, language: str | None = BASE_LANGUAGE
    ) -> Classification:
        """Classify with the classifier of that name; an unknown name is a failure, never a guess."""
        from rp_mw_worker.domain.screen import has_machine_talk

        if name == EMBEDDED:
            return self._embedded_for(language).classify(text, deadline, subject)
        if name in {OPENAI, CASCADE} and has_machine_talk(text):
            log(LogEvent.MODEL_NOT_ASKED, classifier=name)
            return self._embedded_for(language).classify(text, deadline, subject)
        if name == OPENAI:
            return self.openai.classify(text, deadline, subject)
        if name == CASCADE:
            return self._cascade(self._embedded_for(language), text, deadline, subject)
        return Classification(classifier=name, failure="classifier_unknown")

    def _embedded_for(self, language: str | None) -> Classifier:
        """A model reads the languages it was trained on; what none was trained on is left to the English labels."""
        if language == BASE_LANGUAGE and self._make_english is not None:
            self._english = self._english or self._make_english()
            return self._english
        if language in LANGUAGES and self._make_multilingual is not None:
            self._multilingual = self._multilingual or self._make_multilingual()
            return self._multilingual
        return self.embedded

    @property
    def embedded(self) -> Classifier:
        """The classifier in the zip."""
        if self._embedded is None:
            self._embedded = self._make_embedded()
        return self._embedded

    @property
    def openai(self) -> Classifier:
        """The model."""
        if self._openai is None:
            self._openai = self._make_openai()
        return self._openai

    def _cascade(self, embedded: Classifier, text: str, deadline: float, subject: str) -> Classification:
        first = embedded.classify(text, deadline, subject)
        is_sure = self._is_sure(first)
        metric(Metric.CASCADE, Tier=EMBEDDED if is_sure else OPENAI)
        if is_sure:
            return replace(first, classifier=CASCADE)
        log(LogEvent.CASCADE_ASKED, classifier=CASCADE)
        second = self.openai.classify(text, deadline, subject)
        return replace(second, classifier=CASCADE, risk_flags=first.risk_flags | second.risk_flags)

    def _is_sure(self, found: Classification) -> bool:
        if found.failure is not None or not found.intents:
            return False
        top = found.intents[0].confidence
        second = found.intents[1].confidence if len(found.intents) > 1 else 0.0
        return top >= self._sure_at and top - second >= self._sure_margin
