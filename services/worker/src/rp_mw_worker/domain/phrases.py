"""Finds phrases of the screen's files in a text: words, stems, endings, choices, gaps, small typos.

    words of the text --the places of each phrase's words, as bits--> shift and compare, one phrase at a time

A place is one bit of a whole number, so a phrase costs a few operations however often its words repeat: no text can
make the search slow.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import product

from rp_mw_shared.edit_distance import is_within
from rp_mw_shared.redaction.lookalikes import LOOK_ALIKES
from rp_mw_worker.domain.phrase_notation import GAP

_MAX_GAP = 6
_GAP_SLOT = -1
_MIN_SPELLED = 4
_LONG_WORD = 9
_MIN_TYPO_TOKEN = 5
_STEM_START = 2
_TO_LATIN = str.maketrans(LOOK_ALIKES)
_FURTHER_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe"})
_LEET = str.maketrans({"0": "o", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g"})
_LEET_MARKS = str.maketrans({"@": "a", "$": "s", "€": "e", "£": "l", "!": "i", "|": "l", "+": "t", "(": "c"})
_ONE = ("i", "l")
_REPEATED = re.compile(r"(.)\1{2,}")
_PIECE = re.compile(r"[a-z0-9]+")
_MARKS_INSIDE = re.compile(r"(?<=[a-z0-9@$!|+(€£*])[^a-z0-9\s]{1,40}(?=[a-z0-9@$!|+(€£])|[@$€£|+(]")
_EDGE = ".,;:!?\"'“”‘’()[]{}<>«»-–—_*~`"
_MIN_RUN = 3
_MAX_ALTERNATIVES = 8

Alternatives = tuple[str, ...]


# Categories of phrases that tell of what kind a text is; they are no finding themselves.
PEACEFUL, GRIEVANCE = "peaceful", "grievance"


class Use(Enum):
    """What a phrase in a text does: it counts, its words do not, they do not in a peaceful text, or it tells of one.

    A text is peaceful that has a PEACEFUL phrase and no GRIEVANCE.
    """

    COUNTS = "counts"
    EXCUSES = "excuses"
    EXCUSES_IN_PEACE = "excuses in peace"
    TELLS = "tells"


@dataclass(frozen=True, slots=True)
class PhraseEntry:
    """One phrase as written. `language` None: looked up in every text."""

    category: str
    text: str
    language: str | None = None
    use: Use = Use.COUNTS


@dataclass(frozen=True, slots=True)
class TypoWords:
    """The words of one language in which small typos are forgiven, by first letter; `exceptions` are real words."""

    by_letter: dict[str, tuple[str, ...]]
    exceptions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase as the numbers of its words; -1 is a gap."""

    category: str
    slots: tuple[int, ...]
    language: str | None


@dataclass(frozen=True, slots=True)
class PhraseIndex:
    """All phrases, by their first word, those that count apart from the `others`.

    `slots_by_…` say what a word of a text, its start or its end stands for.

    `spelled` holds those that may be spelled letter by letter, without blanks, by their first three letters.
    `stem_lengths` (by a stem's first two characters) and `ending_lengths` are those that occur: no other part of a word
    is looked up.
    """

    slots_by_word: dict[str, tuple[int, ...]]
    slots_by_stem: dict[str, tuple[int, ...]]
    slots_by_ending: dict[str, tuple[int, ...]]
    stem_lengths: dict[str, tuple[int, ...]]
    ending_lengths: tuple[int, ...]
    phrases: dict[int, tuple[Phrase, ...]]
    others: dict[Use, dict[int, tuple[Phrase, ...]]]
    spelled: dict[str, tuple[tuple[str, str], ...]]
    typos: dict[str, TypoWords]


def to_typo_words(words: Iterable[str], exceptions: Iterable[str]) -> TypoWords:
    """Return the words ready for `find_categories`."""
    by_letter: dict[str, list[str]] = defaultdict(list)
    for word in words:
        by_letter[word[0]].append(word)
    return TypoWords({letter: tuple(found) for letter, found in by_letter.items()}, frozenset(exceptions))


def build_index(entries: Iterable[PhraseEntry], typos: Mapping[str, TypoWords]) -> PhraseIndex:
    """Return the phrases ready for `find_categories`; `typos` are by language."""
    slots: dict[str, int] = {}
    phrases: dict[Use, dict[int, list[Phrase]]] = {use: defaultdict(list) for use in Use}
    spelled: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for entry in entries:
        numbers = tuple(_GAP_SLOT if word == GAP else slots.setdefault(word, len(slots)) for word in entry.text.split())
        phrases[entry.use][numbers[0]].append(Phrase(entry.category, numbers, entry.language))
        if _may_be_spelled(entry):
            letters = entry.text.replace(" ", "").replace("*", "")
            spelled[letters[:_MIN_RUN]].append((letters, entry.category))
    by_use = {use: {slot: tuple(found) for slot, found in group.items()} for use, group in phrases.items()}
    spelled_by_start = {start: tuple(found) for start, found in spelled.items()}
    by_word, by_stem, by_ending = _by_option(slots)
    stem_lengths: dict[str, set[int]] = defaultdict(set)
    for stem in by_stem:
        stem_lengths[stem[:_STEM_START]].add(len(stem))
    return PhraseIndex(
        slots_by_word=by_word,
        slots_by_stem=by_stem,
        slots_by_ending=by_ending,
        stem_lengths={start: tuple(sorted(lengths)) for start, lengths in stem_lengths.items()},
        ending_lengths=tuple(sorted({len(ending) for ending in by_ending})),
        phrases=by_use.pop(Use.COUNTS),
        others=by_use,
        spelled=spelled_by_start,
        typos=dict(typos),
    )


def _may_be_spelled(entry: PhraseEntry) -> bool:
    is_plain = "|" not in entry.text and GAP not in entry.text
    return is_plain and len(entry.text) >= _MIN_SPELLED and entry.language is None and entry.use is Use.COUNTS


def _by_option(slots: Mapping[str, int]) -> list[dict[str, tuple[int, ...]]]:
    """Return the slots by whole word, by stem and by ending."""
    found: tuple[dict[str, list[int]], ...] = (defaultdict(list), defaultdict(list), defaultdict(list))
    for text, slot in slots.items():
        for option in text.split("|"):
            found[1 if option.endswith("*") else 2 if option.startswith("*") else 0][option.strip("*")].append(slot)
    return [{word: tuple(numbers) for word, numbers in kind.items()} for kind in found]


def find_categories(
    tokens: list[Alternatives], index: PhraseIndex, language: str | None, typo_language: str
) -> set[str]:
    """Return the categories of all phrases in `tokens`, which are in `language`; None: every language's count.

    Small typos are forgiven in the words of `typo_language`.
    """
    places = _places(tokens, index, index.typos.get(typo_language))
    excused = _harmless_places(places, index, language)
    found: set[str] = set()
    for slot in places:
        for phrase in index.phrases.get(slot, ()):
            if phrase.category in found or (language and phrase.language not in (None, language)):
                continue
            steps = _steps(phrase, places)
            if steps and _starts(phrase, steps)[0] & ~excused.get(phrase.category, 0):
                found.add(phrase.category)
    return found


def is_peaceful(tokens: list[Alternatives], index: PhraseIndex, language: str | None) -> bool:
    """Tell whether `tokens`, which are in `language`, have a PEACEFUL phrase and no GRIEVANCE."""
    return _is_peaceful(_places(tokens, index, None), index, language)


def is_made_of(words: Iterable[str], categories: frozenset[str], index: PhraseIndex, language: str | None) -> bool:
    """Tell whether every word by itself is of one of the categories; the first that is of none ends the search."""
    return all(find_categories([(word,)], index, language, language or "") & categories for word in words)


def find_spelled(runs: Iterable[str], index: PhraseIndex) -> set[str]:
    """Return the categories of all phrases inside runs of single letters."""
    return {
        category
        for run in dict.fromkeys(runs)
        for place in range(len(run))
        for squashed, category in index.spelled.get(run[place : place + _MIN_RUN], ())
        if run.startswith(squashed, place)
    }


def _places(tokens: list[Alternatives], index: PhraseIndex, typos: TypoWords | None) -> dict[int, int]:
    """Return for each phrase word that occurs the places where it stands, as bits."""
    of_token: dict[Alternatives, int] = defaultdict(int)
    for place, token in enumerate(tokens):
        of_token[token] |= 1 << place
    places: dict[int, int] = defaultdict(int)
    for token, bits in of_token.items():
        for word in (*token, *_corrections(token, typos)) if typos else token:
            for slot in _slots(word, index):
                places[slot] |= bits
    return dict(places)


def _slots(word: str, index: PhraseIndex) -> Iterable[int]:
    yield from index.slots_by_word.get(word, ())
    for length in index.stem_lengths.get(word[:_STEM_START], ()):
        if length > len(word):
            break
        yield from index.slots_by_stem.get(word[:length], ())
    for length in index.ending_lengths:
        if length > len(word):
            break
        yield from index.slots_by_ending.get(word[-length:], ())


def _harmless_places(places: Mapping[int, int], index: PhraseIndex, language: str | None) -> dict[str, int]:
    """Return by category the places whose words stand in a harmless phrase."""
    excused: dict[str, int] = defaultdict(int)
    for use in (Use.EXCUSES, *([Use.EXCUSES_IN_PEACE] if _is_peaceful(places, index, language) else ())):
        for phrase, steps in _matches(index.others[use], places, language):
            for bits in _starts(phrase, steps):
                excused[phrase.category] |= bits
    return excused


def _is_peaceful(places: Mapping[int, int], index: PhraseIndex, language: str | None) -> bool:
    return {phrase.category for phrase, _ in _matches(index.others[Use.TELLS], places, language)} == {PEACEFUL}


def _matches(
    phrases: Mapping[int, tuple[Phrase, ...]], places: Mapping[int, int], language: str | None
) -> Iterator[tuple[Phrase, list[int]]]:
    """Yield the phrases of every text or of `language` that occur, with what `_steps` gives for them."""
    for slot in places.keys() & phrases.keys():
        for phrase in phrases[slot]:
            if phrase.language in (None, language) and (steps := _steps(phrase, places)):
                yield phrase, steps


def _steps(phrase: Phrase, places: Mapping[int, int]) -> list[int]:
    """Return the places of each word of the phrase that can be reached from its first word; [] for no match."""
    here = places.get(phrase.slots[0], 0)
    steps = [here]
    gap = False
    for slot in phrase.slots[1:]:
        if slot == _GAP_SLOT:
            gap = True
            continue
        here = _after(here, gap) & places.get(slot, 0)
        if not here:
            return []
        steps.append(here)
        gap = False
    return steps


def _starts(phrase: Phrase, steps: list[int]) -> list[int]:
    """Return `steps` with only the places that lie on a whole match, first word first."""
    gaps = [phrase.slots[place - 1] == _GAP_SLOT for place, slot in enumerate(phrase.slots) if slot != _GAP_SLOT]
    whole = [steps[-1]]
    for step, gap in zip(reversed(steps[:-1]), reversed(gaps[1:]), strict=True):
        whole.append(step & _before(whole[-1], gap))
    return whole[::-1]


def _after(bits: int, gap: bool) -> int:
    reached = bits << 1
    for _ in range(_MAX_GAP if gap else 0):
        reached |= reached << 1
    return reached


def _before(bits: int, gap: bool) -> int:
    reached = bits >> 1
    for _ in range(_MAX_GAP if gap else 0):
        reached |= reached >> 1
    return reached


def _corrections(token: Alternatives, typos: TypoWords) -> Iterable[str]:
    for reading in token:
        if len(reading) >= _MIN_TYPO_TOKEN and reading not in typos.exceptions:
            yield from _nearby(reading, typos.by_letter.get(reading[0], ()), typos.by_letter.get(reading[1], ()))


@lru_cache(maxsize=4096)
def _nearby(word: str, same_letter: tuple[str, ...], swapped: tuple[str, ...]) -> tuple[str, ...]:
    """Return the typo words within one edit, two for long ones; the first letter has to be right or swapped."""
    starts_swapped = (known for known in swapped if known[:2] == word[1::-1])
    return tuple(
        known
        for known in dict.fromkeys((*same_letter, *starts_swapped))
        if word != known and is_within(word, known, 2 if len(known) >= _LONG_WORD else 1)
    )


def to_plain(text: str) -> str:
    """Return `text` in lower case Latin letters as far as it can be seen as such, without invisible characters."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", text).casefold()
    letters = (
        char for char in unicodedata.normalize("NFD", folded) if unicodedata.category(char) not in {"Mn", "Cf", "Me"}
    )
    return "".join(letters).translate(_TO_LATIN)


def to_letters(text: str) -> str:
    """Return `text` in lower case Latin letters without marks."""
    return to_plain(text.lower().translate(_FURTHER_LETTERS)) if not text.isascii() else text.lower()


def token_streams(plain: str) -> tuple[list[Alternatives], ...]:
    """Return the words of `plain`, once split at every mark and once with the marks inside words taken out.

    Each word is a tuple of the ways to read it; the second stream is left out where it equals the first.
    """
    split = [_readings(piece) for piece in _PIECE.findall(plain)]
    if not _MARKS_INSIDE.search(plain):
        return (split,)
    joined = [_readings(word) for word in map(_without_marks, plain.split()) if word]
    return split, joined


def spelled_out(plain: str) -> list[str]:
    """Return what runs of single characters (`l a w y e r`, `s.u.e`) spell."""
    runs: list[str] = []
    run = ""
    for piece in [*_PIECE.findall(plain), "  "]:
        if len(piece) == 1:
            run += piece
            continue
        if len(run) >= _MIN_RUN:
            runs.extend(_readings(run))
        run = ""
    return runs


def _without_marks(chunk: str) -> str:
    return "".join(_PIECE.findall(chunk.strip(_EDGE).translate(_LEET_MARKS)))


@lru_cache(maxsize=4096)
def _readings(word: str) -> Alternatives:
    """Return the word and, where it mixes digits into letters or draws letters out, what it may stand for."""
    readings = [word]
    if not word.isalpha() and not word.isdigit():
        readings.extend(_unleeted(word))
    if _REPEATED.search(word):
        readings.extend([_REPEATED.sub(r"\1", word), _REPEATED.sub(r"\1\1", word)])
    return tuple(dict.fromkeys(readings))


def _unleeted(word: str) -> list[str]:
    base = word.translate(_LEET)
    parts = base.split("1")
    choices = product(_ONE, repeat=min(len(parts) - 1, 3))
    found = []
    for choice in choices:
        letters = [*choice, *(["i"] * (len(parts) - 1 - len(choice)))]
        found.append(parts[0] + "".join(letter + part for letter, part in zip(letters, parts[1:], strict=True)))
    return found[:_MAX_ALTERNATIVES]
