"""The classifiers by name, as the worker builds them, behind one call that takes plain text."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from rp_mw_shared.errors import ConfigurationError
from rp_mw_worker.domain.model import Classification

NAMES = ("embedded", "openai", "cascade")
SECONDS_PER_MESSAGE = 20.0


class Classifier(Protocol):
    """The worker's port, as far as it is needed here."""

    def classify(self, text: str, deadline: float | None = None, subject: str = "") -> Classification:
        """Return what redacted `text` is about."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A classification and how long it took; `seconds` excludes redaction."""

    classification: Classification
    seconds: float


def make_classifier(name: str) -> Callable[[str], Timed]:
    """Return a function from plain text to a timed classification; text is redacted first, as in the worker.

    Raises ConfigurationError when the classifier cannot be built here (no key, no model file).
    """
    classifier = _build(name)
    redact = _load_redaction()

    def classify(text: str) -> Timed:
        redacted = redact(text)
        began = time.perf_counter()
        found = classifier.classify(redacted, time.monotonic() + SECONDS_PER_MESSAGE)
        return Timed(found, time.perf_counter() - began)

    return classify


def _build(name: str) -> Classifier:
    if name == "embedded":
        from rp_mw_worker.adapters.embedded_classifier import EmbeddedClassifier

        return EmbeddedClassifier()
    if name in NAMES:
        return _build_with_model(name)
    raise ConfigurationError([f"classifier {name!r} is none of {', '.join(NAMES)}"])


def _build_with_model(name: str) -> Classifier:
    raise ConfigurationError([f"classifier {name!r} is not available in this build"])


def _load_redaction() -> Callable[[str], str]:
    from rp_mw_shared.redaction import redact_for_model

    def redact(text: str) -> str:
        redacted: str = redact_for_model(text, ())[0]
        return redacted

    return redact
