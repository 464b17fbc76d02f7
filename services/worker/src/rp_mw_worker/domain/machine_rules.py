"""The marks of mail that no person wrote, as `machine_marks.yaml` holds them, ready for the search."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from rp_mw_worker.domain.policy_file import Strict

if TYPE_CHECKING:
    from rp_mw_worker.domain.phrases import PhraseIndex

SENDER, DOMAIN, NAME, SUBJECT, BODY = PLACES = ("sender", "domain", "name", "subject", "body")
PERSON_SPEAKS = "person_speaks"
_PHRASE_TOKEN = re.compile(r'\.\.|[a-z0-9]+\*?(?:\|[a-z0-9]+\*?)*|[\^$?:"@#.]')


@dataclass(frozen=True, slots=True)
class MachineMark(Strict):
    """One kind of evidence. `reads` is one of `PLACES`; `weight` speaks for a machine, below 0 for a person.

    Phrases are words in order, with `*`, `a|b` and `..` as in screen.yaml; `^` is the start, `$` the end, `@` an
    address, `"` a quotation, and `emoji`, `?`, `:`, `#` stand for themselves. Where the name is the domain's own, the
    domain ends with `@`.
    """

    reads: str
    weight: int
    phrases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FormWords(Strict):
    """How a contact form's mail is told: what announces it, and the labels before address and message."""

    announced_by: tuple[str, ...]
    address_labels: tuple[str, ...]
    message_labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MarksTogether(Strict):
    """What marks mean beside each other: `weight` is added where all of `marks` are there."""

    marks: tuple[str, ...]
    weight: int


@dataclass(frozen=True, slots=True)
class MachineWords(Strict):
    """Everything in machine_marks.yaml.

    At `threshold` and above a message counts as a machine's, from `doubtful_from` on nobody can tell. `without_person`
    is added where nothing in the body speaks for a person. Nobody can tell either where some evidence meets a body of
    at least `impersonal_from_words` words that has no mark of a person at all. `together` corrects the sum where marks
    say more, or less, beside each other. Marks of one list in `same_sign` are one sign.

    `excluded_senders` are addresses, or `@domain` for all of one; `hands_off_tags` are tags of the helpdesk: both stop
    everything but the record. `shared_domains` are those where everybody may have a mailbox.
    """

    threshold: int
    doubtful_from: int
    without_person: int
    impersonal_from_words: int
    marks: dict[str, MachineMark]
    form: FormWords
    together: dict[str, MarksTogether] = field(default_factory=dict)
    same_sign: tuple[tuple[str, ...], ...] = ()
    excluded_senders: tuple[str, ...] = ()
    hands_off_tags: tuple[str, ...] = ()
    shared_domains: tuple[str, ...] = ()
    max_replies_per_domain_hour: int = 3


@dataclass(frozen=True)
class MachineRules:
    """The words with their index, made on first use."""

    words: MachineWords

    @cached_property
    def indexes(self) -> dict[str, PhraseIndex]:
        """The phrases of each place, ready for `find_categories`."""
        from rp_mw_worker.domain.phrases import PhraseEntry, build_index

        entries: dict[str, list[PhraseEntry]] = {place: [] for place in PLACES}
        for name, mark in self.words.marks.items():
            entries[mark.reads] += [PhraseEntry(name, to_phrase(text)) for text in mark.phrases]
        form = (("form_announced", self.words.form.announced_by), ("form_address", self.words.form.address_labels))
        for name, phrases in form:
            entries[BODY] += [PhraseEntry(name, to_phrase(text)) for text in phrases]
        entries[SUBJECT] += [PhraseEntry("form_announced", to_phrase(text)) for text in self.words.form.announced_by]
        return {place: build_index(found, {}) for place, found in entries.items()}

    @cached_property
    def person_index(self) -> PhraseIndex:
        """The phrases alone by which somebody speaks for themselves: looked up in every sentence."""
        from rp_mw_worker.domain.phrases import PhraseEntry, build_index

        mark = self.words.marks.get(PERSON_SPEAKS)
        return build_index((PhraseEntry(PERSON_SPEAKS, to_phrase(text)) for text in (mark.phrases if mark else ())), {})

    @cached_property
    def message_label(self) -> re.Pattern[str]:
        """A line that begins with a form's label of the message, or is nothing else."""
        if not self.words.form.message_labels:
            return re.compile(r"(?!)")
        labels = sorted(self.words.form.message_labels, key=len, reverse=True)
        return re.compile(rf"(?im)^[ \t]*(?:{'|'.join(map(re.escape, labels))})[ \t?]*(?::[ \t]*|$)")

    @cached_property
    def sign_of(self) -> dict[str, str]:
        """The first mark of the list by each mark that says the same."""
        return {name: names[0] for names in self.words.same_sign for name in names}

    @cached_property
    def excluded(self) -> frozenset[str]:
        """The excluded addresses and domains, lower case."""
        return frozenset(text.strip().lower() for text in self.words.excluded_senders)

    @cached_property
    def hands_off(self) -> frozenset[str]:
        """The tags that stop everything but the record, lower case."""
        return frozenset(text.strip().lower() for text in self.words.hands_off_tags)


NO_MACHINES = MachineRules(MachineWords(1_000, 1_000, 0, 1_000_000, {}, FormWords((), (), ())))


def to_phrase(text: str) -> str:
    """Return a phrase of the file as the search reads it: plain letters, one blank between words."""
    from rp_mw_worker.domain.phrases import to_letters

    return " ".join(_PHRASE_TOKEN.findall(to_letters(text)))
