"""The screen without a model: words that mean a person has to read this, found even where they are disguised.

Recall first: a hit forbids every reply, so a false alarm costs a colleague a minute and a miss may cost the shop.
Words quoted as the company's own ("your agent wrote: '...'") do not count; everything else does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from rp_mw_worker.domain.phrases import (
    find_categories,
    find_spelled,
    spelled_out,
    to_plain,
    token_streams,
)
from rp_mw_worker.domain.policy import BASE_LANGUAGE
from rp_mw_worker.domain.screen_rules import ScreenRules

HUMAN_REQUEST = "human_request"
CALLED_LATE = "called_late"
_MAX_ALONE_CHARS = 80
_QUOTED_LINE = re.compile(r"(?m)^[ \t]*>.*$")
_QUOTATION = r"[\s,:]*(?:that\s+)?[\"“„«]([^\"“”„«»]{1,400})[\"”“»]"


def screen(text: str, rules: ScreenRules, language: str | None = BASE_LANGUAGE) -> frozenset[str]:
    """Return the names of the categories that `text` has words of.

    `language` is the text's own, ISO 639-1; it decides which `own_language` words and typos count. None: not known,
    so every language's count, and typos as in the base language.
    """
    if not text:
        return frozenset()
    own_words = _without_quotes(text, rules)
    plain = to_plain(own_words)
    index = rules.index
    found: set[str] = set()
    for stream in token_streams(plain):
        found |= find_categories(stream, index, language, language or BASE_LANGUAGE)
    return frozenset(found | find_spelled(spelled_out(plain), index) | _alone(plain, rules))


def escalations(hits: Iterable[str], rules: ScreenRules) -> frozenset[str]:
    """Return the tier-0 labels the hits stand for; a label itself counts too."""
    labels = {category.escalates_to for category in rules.categories.values() if category.escalates_to}
    found = set()
    for hit in hits:
        category = rules.categories.get(hit)
        label = category.escalates_to if category else hit if hit in labels else None
        if label:
            found.add(label)
    return frozenset(found)


def wants_human(hits: Iterable[str], rules: ScreenRules) -> bool:
    """Whether the customer asked for a person."""
    return HUMAN_REQUEST in hits and HUMAN_REQUEST in rules.categories


def _alone(plain: str, rules: ScreenRules) -> frozenset[str]:
    """Return the categories of a text that is nothing but a phrase that counts alone: `human please!`."""
    if len(plain) > _MAX_ALONE_CHARS:
        return frozenset()
    words = re.findall(r"[^\W_]+", plain)
    bare = " ".join(word for word in words if word not in rules.fillers)
    return rules.alone.get(bare, frozenset()) | rules.alone.get(" ".join(words), frozenset())


def _without_quotes(text: str, rules: ScreenRules) -> str:
    text = _QUOTED_LINE.sub(" ", text)
    if not any(mark in text for mark in '"“„«'):
        return text
    return _quotation(rules.company_words, rules.quoting_verbs).sub(" ", text)


@lru_cache(maxsize=4)
def _quotation(company_words: tuple[str, ...], verbs: tuple[str, ...]) -> re.Pattern[str]:
    who = "|".join(re.escape(word) for word in sorted(company_words, key=len, reverse=True))
    said = "|".join(re.escape(verb) for verb in sorted(verbs, key=len, reverse=True))
    return re.compile(rf"\b(?:{who})\s+(?:\w+\s+){{0,2}}(?:{said}){_QUOTATION}", re.IGNORECASE)
