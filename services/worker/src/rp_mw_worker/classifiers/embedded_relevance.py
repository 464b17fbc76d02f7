"""Which sentences of a message speak to the shop: the classifier reads those, and the rest cannot drown them.

    sentence ── about something no shop does ──────────────────────────────── set aside
             ── addressed to a machine, or after such a one in its paragraph,
             │  and not clearly about the shop ────────────────────────────── set aside
             ── unclear, while another is clear ───────────────────────────── set aside
             └─ all else ──────────────────────────────────────────────────── read

Setting aside is for the classifier only. The screen's words, the entities and a colleague see the whole message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rp_mw_worker.domain.policy import UNKNOWN_INTENT

# Scores of a single sentence. Below `_OFF_TOPIC` even unknown_other is a guess.
_OFF_TOPIC = 0.35
_CLEAR = 0.80
_UNCLEAR = 0.50
_RISK = 0.50
# Fewer words say too little to be judged alone.
_MIN_WORDS = 3
# Who needs more to say what they want is read by a person.
_MAX_SENTENCES = 40
_PLACEHOLDER = re.compile(r"\[[A-Z][A-Z_]*\d*\]")
_WORD = re.compile(r"[^\W\d_]+")
# What a shop deals in, and the placeholders of what was masked. After words to a machine nothing less is believed.
_SHOP_WORD = re.compile(
    r"\b(?:orders?|ordered|packages?|parcels?|deliver\w*|ship\w*|refund\w*|money\s+back|return\w*|exchang\w*|cancel\w*"
    r"|subscri\w*|track\w*|discounts?|coupons?|promo\w*|invoices?|charged?|paid|payment|bought|purchas\w*|damaged|broken"
    r"|defective|missing|wrong\s+(?:item|size|colou?r)|store|shop|website|app|login|log\s+in)\b|\[(?:ORDER|TRACKING)",
    re.IGNORECASE,
)

Probabilities = Callable[[str], Sequence[float]]


@dataclass(frozen=True, slots=True)
class _Sentence:
    """`label` None: too short to be judged."""

    text: str
    label: str | None
    score: float
    is_risk: bool
    is_suspect: bool

    @property
    def is_clear(self) -> bool:
        return self.is_risk or (self.score >= _CLEAR and self.label != UNKNOWN_INTENT)

    @property
    def is_unclear(self) -> bool:
        return self.label is not None and self.score < _UNCLEAR

    @property
    def is_aside(self) -> bool:
        if self.is_suspect:
            believed = self.score >= _CLEAR if self.is_risk else self.is_clear and bool(_SHOP_WORD.search(self.text))
            return not believed
        return self.label == UNKNOWN_INTENT and self.score >= _OFF_TOPIC and not self.is_risk


def find_relevant(text: str, probabilities: Probabilities, labels: Sequence[str], risks: frozenset[str]) -> str | None:
    """Return what of `text` speaks to the shop, `text` itself where nothing has to be set aside, None if nothing does.

    `probabilities` gives one number for each of `labels`; `risks` are the labels a sentence is read for at once.
    """
    parts = [part for _, part in zip(range(_MAX_SENTENCES), _parts(text), strict=False)]
    if len(parts) < 2 and not any(is_suspect for _, is_suspect in parts):
        return text
    sentences = [_judge(own, is_suspect, probabilities, labels, risks) for own, is_suspect in parts]
    kept = [sentence for sentence in sentences if not sentence.is_aside]
    if any(sentence.is_clear for sentence in kept):
        return " ".join(sentence.text for sentence in kept if sentence.is_clear or not sentence.is_unclear)
    if kept == sentences:
        return text
    if not any(sentence.label for sentence in kept):
        return None
    is_talked = any(sentence.is_suspect for sentence in sentences)
    return " ".join(sentence.text for sentence in kept) if is_talked else text


def several_sentences(text: str, most: int) -> list[str]:
    """Return the sentences of `text` where it has several, at most `most`; none where it has one."""
    # an event loads it anyway, the start of a worker does not
    from rp_mw_worker.domain.screen import to_paragraphs, to_sentences

    found = [own for paragraph in to_paragraphs(text) for own in to_sentences(paragraph) if own.strip()]
    return found[:most] if len(found) > 1 else []


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each sentence's own words, and whether it, or one before it in its paragraph, addresses a machine."""
    # an event loads it anyway, the start of a worker does not
    from rp_mw_worker.domain.screen import to_paragraphs, to_sentences, without_machine_talk

    has_talk = without_machine_talk(text) != text  # looked for once: nearly every message has none
    for paragraph in to_paragraphs(text):
        is_suspect = False
        for sentence in to_sentences(paragraph):
            own = without_machine_talk(sentence) if has_talk else sentence
            is_suspect = is_suspect or own != sentence
            yield own, is_suspect


def _judge(
    own: str, is_suspect: bool, probabilities: Probabilities, labels: Sequence[str], risks: frozenset[str]
) -> _Sentence:
    words = _WORD.findall(_PLACEHOLDER.sub("", own))
    if len(words) < _MIN_WORDS:
        # contact details alone on a line are no wish, and would only blur the one beside them
        return _Sentence(own if words else "", None, 0.0, False, is_suspect)
    scores = probabilities(own)
    score, label = max(zip(scores, labels, strict=True))
    risk = sum(one for one, name in zip(scores, labels, strict=True) if name in risks)
    return _Sentence(own, label, max(score, risk), risk >= _RISK, is_suspect)
