"""The words of matters.yaml, as the file holds them, ready for the search."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from rp_mw_worker.domain.policy_file import Strict

if TYPE_CHECKING:
    from rp_mw_worker.domain.phrases import PhraseEntry, PhraseIndex


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
        from rp_mw_worker.domain.phrases import build_index, to_typo_words

        typos = {language: to_typo_words(words.typos, words.not_typos) for language, words in self.languages.items()}
        return build_index(self._entries(), typos)

    @cached_property
    def kinds(self) -> frozenset[str]:
        """Every kind that any language has words of."""
        return frozenset(kind for words in self.languages.values() for kind in words.kinds)

    def _entries(self) -> Iterator[PhraseEntry]:
        from rp_mw_worker.domain.phrase_notation import expand
        from rp_mw_worker.domain.phrases import PhraseEntry

        for language, words in self.languages.items():
            for kind, phrases in words.kinds.items():
                for phrase in phrases:
                    yield from (PhraseEntry(kind, text, language) for text in expand(phrase, words.groups))


NO_MATTERS = Matters({})
