"""What a message speaks of, told by its words alone: the order, and every other matter beside it.

A classifier names what a message is mainly about. Whether a reply about an order leaves something unanswered is asked
here: a date it is needed by, an address, a refund, a word of health, a question about something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from rp_mw_worker.domain.entities import DATE, ORDER_NUMBER
from rp_mw_worker.domain.model import Entity
from rp_mw_worker.domain.phrase_notation import expand
from rp_mw_worker.domain.phrases import (
    PhraseEntry,
    PhraseIndex,
    build_index,
    find_categories,
    to_plain,
    to_typo_words,
    token_streams,
)
from rp_mw_worker.domain.policy_file import Strict
from rp_mw_worker.domain.prompt_injection import has_machine_talk

ABOUT_ORDER, ASKS_WHERE, SAYS_LATE = "about_order", "asks_where", "says_late"
PLAIN, DEADLINE, NOT_BARE = "plain", "deadline", "not_bare"
SECOND_QUESTION = "second_question"
TO_MACHINE = "to_machine"
# Kinds that say nothing of a second matter.
OF_THE_ORDER = frozenset({ABOUT_ORDER, ASKS_WHERE, SAYS_LATE, PLAIN, NOT_BARE, TO_MACHINE, "technical"})
_MAX_SENTENCES = 40
_SENTENCE = re.compile(r"[^.?!\n]+[.?!\n]?")
_WORD = re.compile(r"[a-z0-9]+")
_GIVEN = re.compile(r"\d{3}")
_NUMBER = re.compile(r"#?\s?[a-z]{0,4}-?\d[\d-]*")


@dataclass(frozen=True, slots=True)
class LanguageMatters(Strict):
    """One language's words: phrases by kind, in the screen's notation, and the `groups` they name.

    Small typos are forgiven in the words of `typos`, unless they make one of `not_typos`.
    """

    kinds: dict[str, tuple[str, ...]]
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    typos: tuple[str, ...] = ()
    not_typos: tuple[str, ...] = ()


@dataclass(frozen=True)
class Matters(Strict):
    """Everything in matters.yaml, by language (ISO 639-1)."""

    languages: dict[str, LanguageMatters]

    @cached_property
    def index(self) -> PhraseIndex:
        """The phrases ready for matching, made on first use."""
        typos = {language: to_typo_words(words.typos, words.not_typos) for language, words in self.languages.items()}
        return build_index(self._entries(), typos)

    @cached_property
    def kinds(self) -> frozenset[str]:
        """Every kind that any language has words of."""
        return frozenset(kind for words in self.languages.values() for kind in words.kinds)

    def _entries(self) -> Iterator[PhraseEntry]:
        for language, words in self.languages.items():
            for kind, phrases in words.kinds.items():
                for phrase in phrases:
                    yield from (PhraseEntry(kind, text, language) for text in expand(phrase, words.groups))


NO_MATTERS = Matters({})


def find_matters(text: str, entities: tuple[Entity, ...], matters: Matters, language: str | None) -> frozenset[str]:
    """Return the kinds that `text` has words of; `not_bare` where it says more than an order question is made of,
    `to_machine` where some of it addresses a machine.

    `entities` are the text's: a number stands for an order, so it is one of its words.
    """
    found = _kinds_in(text, matters, language)
    if any(entity.type == ORDER_NUMBER for entity in entities):
        found |= {ABOUT_ORDER}
    if _has_second_question(text, matters, language):
        found |= {SECOND_QUESTION}
    if not _is_bare(text, entities, matters, language):
        found |= {NOT_BARE}
    if has_machine_talk(text):
        found |= {TO_MACHINE}
    return frozenset(found - {PLAIN})


def second_matters(found: frozenset[str]) -> frozenset[str]:
    """Return the kinds of `found` that are not about the order's whereabouts."""
    return found - OF_THE_ORDER


def asks_for_order(found: frozenset[str]) -> bool:
    """Tell whether the words ask for an order, and for nothing that a reply about it would run over.

    Beside words to a machine they prove nothing: whoever wants an answer out of it writes them.
    """
    is_asked = bool(found & {ASKS_WHERE, SAYS_LATE}) and TO_MACHINE not in found
    return is_asked and not second_matters(found) - {DEADLINE}


def _kinds_in(text: str, matters: Matters, language: str | None) -> set[str]:
    found: set[str] = set()
    for stream in token_streams(to_plain(text)):
        found |= find_categories(stream, matters.index, language, language or "")
    return found


def _has_second_question(text: str, matters: Matters, language: str | None) -> bool:
    """Tell whether a question speaks of no order, beside others or instead of them; a greeting is none."""
    questions = [match[0] for match in _SENTENCE.finditer(text) if match[0].endswith("?")]
    if len(questions) > _MAX_SENTENCES:
        return True
    return any(_is_of_something_else(question, matters, language) for question in questions)


def _is_of_something_else(question: str, matters: Matters, language: str | None) -> bool:
    speaks_of_order = _GIVEN.search(question) or _kinds_in(question, matters, language) & {ABOUT_ORDER, ASKS_WHERE}
    return not speaks_of_order and _says_more(question, matters, language)


def _is_bare(text: str, entities: tuple[Entity, ...], matters: Matters, language: str | None) -> bool:
    for entity in sorted(entities, key=lambda entity: -entity.start):
        if entity.type == ORDER_NUMBER:
            text = f"{text[: entity.start]} {text[entity.end :]}"
        elif entity.type == DATE:
            return False
    return not _says_more(text, matters, language)


def _says_more(text: str, matters: Matters, language: str | None) -> bool:
    """Tell whether a word of `text` is neither plain nor one that speaks of an order."""
    plain = _NUMBER.sub(" ", to_plain(text))
    words = dict.fromkeys(_WORD.findall(plain))
    return any(
        not find_categories([(word,)], matters.index, language, language or "") & {PLAIN, ABOUT_ORDER} for word in words
    )
