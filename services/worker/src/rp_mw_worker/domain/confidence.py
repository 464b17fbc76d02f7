"""How sure we are of a route: the classifier's top score, less what speaks for doubt."""

from __future__ import annotations

from collections.abc import Sequence

from rp_mw_worker.domain.model import Intent
from rp_mw_worker.domain.policy import Penalties

_DECIMALS = 4  # keeps 0.8 - 0.1 from becoming 0.7000000000000001, which would flip a threshold


def total_penalty(intents: Sequence[Intent], word_count: int, penalties: Penalties) -> float:
    """Return what doubt takes off any score of this message: a close second, few words, several strong intents."""
    scores = sorted((intent.confidence for intent in intents), reverse=True)
    penalty = 0.0
    if len(scores) > 1 and round(scores[0] - scores[1], _DECIMALS) < penalties.small_margin_below:
        penalty += penalties.small_margin
    if word_count < penalties.short_text_words:
        penalty += penalties.short_text
    if sum(score > penalties.several_intents_above for score in scores) > 1:
        penalty += penalties.several_intents
    return round(penalty, _DECIMALS)


def reduced(score: float, penalty: float) -> float:
    """Return `score` less `penalty`, within [0, 1]."""
    return round(min(1.0, max(0.0, score - penalty)), _DECIMALS)


def routing_confidence(intents: Sequence[Intent], word_count: int, penalties: Penalties) -> float:
    """Return the top score less the penalties, 0 for no intents."""
    if not intents:
        return 0.0
    top = max(intent.confidence for intent in intents)
    return reduced(top, total_penalty(intents, word_count, penalties))
