"""What the language of a message is told by: the shipped lists of common words, and a detector for the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

from rp_mw_worker.domain.further_words import FurtherWords, to_further_words
from rp_mw_worker.domain.language import CommonWords, to_common_words
from rp_mw_worker.policy.files import FURTHER_LANGUAGES, LANGUAGE_WORDS


@cache
def load_common_words() -> CommonWords:
    """Return the common words of every language that is told apart."""
    return to_common_words(json.loads(LANGUAGE_WORDS.read_bytes()))


@cache
def load_further_words() -> FurtherWords:
    """Return the screen's words of the languages that are not served; read where such a message comes only."""
    return to_further_words(json.loads(FURTHER_LANGUAGES.read_bytes()))


def detect_scores(text: str) -> Mapping[str, float]:
    """Return the detector's score of each likely language; it is big, so it is loaded on first use."""
    return _load_detector().detect(text).scores() or {}


@cache
def _load_detector() -> Any:
    return import_module("eld").LanguageDetector()
