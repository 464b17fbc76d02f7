"""The screen's words, as screen.yaml and its further languages hold them, ready for the search."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from rp_mw_worker.domain.policy_file import BASE_LANGUAGE, Strict

if TYPE_CHECKING:
    from rp_mw_worker.domain.phrases import PhraseEntry, PhraseIndex


@dataclass(frozen=True, slots=True)
class ScreenCategory(Strict):
    """Words of one kind. `escalates_to` is a tier-0 label; None: noticed, not escalated (a person asked for).

    `phrases` are looked up in every text, single words of a further language not in a third one; `own_language` only in
    texts of the file's language, for words that are harmless in another one. `alone` count where the text is nothing
    else, but for `fillers`. Words inside a `harmless` phrase do not count, in texts of the file's language
    (screen.yaml's in every text); inside one that is `harmless_in_peace` they do not in a peaceful text.
    """

    phrases: tuple[str, ...] = ()
    own_language: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
    harmless: tuple[str, ...] = ()
    harmless_in_peace: tuple[str, ...] = ()
    escalates_to: str | None = None


@dataclass(frozen=True, slots=True)
class ScreenWords(Strict):
    """Everything in screen.yaml or screen.<language>.yaml. Small typos are forgiven in `typo_words`, unless they make
    one of `not_typos`; both count in texts of the file's language only. `language` is ISO 639-1. `{name}` in a phrase
    stands for any word of `groups`' list of that name. A text is peaceful that has a `peaceful` phrase of its language
    and no `grievance` of any.
    """

    language: str
    categories: dict[str, ScreenCategory]
    typo_words: tuple[str, ...] = ()
    not_typos: tuple[str, ...] = ()
    company_words: tuple[str, ...] = ()
    quoting_verbs: tuple[str, ...] = ()
    title_words: tuple[str, ...] = ()
    fillers: tuple[str, ...] = ()
    peaceful: tuple[str, ...] = ()
    grievance: tuple[str, ...] = ()
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class ScreenRules:
    """The screen's words of every language; `categories` are screen.yaml's, which alone say what escalates."""

    by_language: dict[str, ScreenWords]

    @cached_property
    def categories(self) -> dict[str, ScreenCategory]:
        """The categories with what they escalate to."""
        return self.by_language[BASE_LANGUAGE].categories

    @cached_property
    def company_words(self) -> tuple[str, ...]:
        """What the company is called where it is quoted, in every language."""
        return tuple(dict.fromkeys(word for words in self.by_language.values() for word in words.company_words))

    @cached_property
    def quoting_verbs(self) -> tuple[str, ...]:
        """The verbs that introduce a quotation, in every language."""
        return tuple(dict.fromkeys(verb for words in self.by_language.values() for verb in words.quoting_verbs))

    @cached_property
    def fillers(self) -> frozenset[str]:
        """The words that may stand beside an `alone` phrase, in every language."""
        return frozenset(word for words in self.by_language.values() for word in words.fillers)

    @cached_property
    def title_words(self) -> tuple[str, ...]:
        """What has a title, in every language."""
        return tuple(dict.fromkeys(word for words in self.by_language.values() for word in words.title_words))

    @cached_property
    def alone(self) -> dict[str, frozenset[str]]:
        """For each text that is nothing but an `alone` phrase, its categories; every language."""
        found: dict[str, set[str]] = {}
        for words in self.by_language.values():
            for name, category in words.categories.items():
                for phrase in category.alone:
                    found.setdefault(phrase, set()).add(name)
        return {phrase: frozenset(names) for phrase, names in found.items()}

    @cached_property
    def index(self) -> PhraseIndex:
        """The phrases ready for matching, made on first use."""
        from rp_mw_worker.domain.phrases import build_index, to_typo_words

        entries = (entry for words in self.by_language.values() for entry in _phrase_entries(words))
        typos = {name: to_typo_words(words.typo_words, words.not_typos) for name, words in self.by_language.items()}
        return build_index(entries, typos)


def _phrase_entries(words: ScreenWords) -> Iterator[PhraseEntry]:
    from rp_mw_worker.domain.phrase_notation import expand
    from rp_mw_worker.domain.phrases import GRIEVANCE, PEACEFUL, PhraseEntry, Use

    own = words.language
    everywhere = None if own == BASE_LANGUAGE else own
    # A single word may mean something else in a third language; people mix their own with English.
    single_word = (None,) if own == BASE_LANGUAGE else (own, BASE_LANGUAGE)
    kinds = [(PEACEFUL, words.peaceful, (own,), Use.TELLS), (GRIEVANCE, words.grievance, (None,), Use.TELLS)]
    for name, category in words.categories.items():
        kinds += [
            (name, category.phrases, (None,), Use.COUNTS),
            (name, category.own_language, (own,), Use.COUNTS),
            (name, category.harmless, (everywhere,), Use.EXCUSES),
            (name, category.harmless_in_peace, (own,), Use.EXCUSES_IN_PEACE),
        ]
    for name, phrases, languages, use in kinds:
        for phrase in (expanded for written in phrases for expanded in expand(written, words.groups)):
            is_of_all = languages == (None,) and use in (Use.COUNTS, Use.TELLS)
            for language in single_word if is_of_all and " " not in phrase else languages:
                yield PhraseEntry(name, phrase, language, use)
