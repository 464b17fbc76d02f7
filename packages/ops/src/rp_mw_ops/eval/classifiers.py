"""The classifiers by name, as the worker builds them, behind one call that takes plain text."""

from __future__ import annotations

import contextlib
import math
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rp_mw_ops.eval.openai_settings import ModelSettings, make_openai
from rp_mw_shared.errors import ConfigurationError
from rp_mw_shared.settings import load_settings
from rp_mw_worker.domain.model import Classification
from rp_mw_worker.policy.loader import load_policy

# From plain text and its language to what the model in the zip for that language says.
Classify = Callable[[str, str | None], Classification]
EMBEDDED = "embedded"
NAMES = (EMBEDDED, "openai", "cascade")
SECONDS_PER_MESSAGE = 20.0

if TYPE_CHECKING:
    from rp_mw_worker.classifiers.cascade import ClassifierChoice


@dataclass(frozen=True, slots=True)
class Timed:
    """A classification and how long it took; `seconds` excludes redaction."""

    classification: Classification
    seconds: float


def make_classifier(name: str, environ: Mapping[str, str] | None = None) -> Callable[[str], Timed]:
    """Return a function from plain text to a timed classification; text is redacted first, as in the worker.

    The worker's own log lines go to standard error: standard output is the caller's. Raises ConfigurationError when
    the classifier cannot be built here (no key, no model file).
    """
    from rp_mw_shared.redaction import redact_for_model

    choice = make_choice(name, os.environ if environ is None else environ)

    def classify(text: str) -> Timed:
        redacted = redact_for_model(text).text
        began = time.perf_counter()
        with contextlib.redirect_stdout(sys.stderr):
            found = choice.classify(name, redacted, time.monotonic() + SECONDS_PER_MESSAGE, "")
        return Timed(found, time.perf_counter() - began)

    return classify


def make_embedded() -> Classify:
    """Return the models in the zip, each by its language; text is redacted first, and none is asked about no words."""
    from rp_mw_shared.redaction import redact_for_model

    choice = make_choice(EMBEDDED, {})

    def classify(text: str, language: str | None) -> Classification:
        if not text.strip():
            return Classification(classifier=EMBEDDED)
        return choice.classify(EMBEDDED, redact_for_model(text).text, math.inf, "", language)

    return classify


def make_choice(name: str, environ: Mapping[str, str]) -> ClassifierChoice:
    """The worker's own choice of classifiers; what `name` needs is checked now, not at the first message."""
    from rp_mw_worker.classifiers.cascade import ClassifierChoice
    from rp_mw_worker.classifiers.embedded import load_shop_classifier
    from rp_mw_worker.classifiers.english import load_english_classifier
    from rp_mw_worker.classifiers.multilingual import load_multilingual_classifier

    if name not in NAMES:
        raise ConfigurationError([f"classifier {name!r} is none of {', '.join(NAMES)}"])
    settings = None if name == EMBEDDED else load_settings(ModelSettings, environ)
    tier0 = load_policy().tier0_labels
    choice = ClassifierChoice(
        lambda: load_shop_classifier(tier0),
        lambda: make_openai(settings or load_settings(ModelSettings, environ)),
        make_english=lambda: load_english_classifier(tier0),
        make_multilingual=lambda: load_multilingual_classifier(tier0),
    )
    if name != "openai":
        _ = choice.embedded  # a damaged model file is told at the start
    return choice
