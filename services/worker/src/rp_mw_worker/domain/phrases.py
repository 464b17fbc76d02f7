"""Finds phrases of screen.yaml in a text: words, stems (`scam*`), choices (`a|b`), gaps (`..`), typos in some words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from rp_mw_worker.domain.obfuscation import Alternatives

GAP = ".."
_MAX_GAP = 6
_BUCKET = 2  # stems are found by their first letters; none is shorter
_MIN_SPELLED = 5
_LONG_WORD = 9
_MIN_TYPO_TOKEN = 5


@dataclass(frozen=True, slots=True)
class Word:
    """One place of a phrase: whole words it may be, and beginnings of words; neither for a gap."""

    whole: frozenset[str]
    stems: tuple[str, ...]

    @property
    def is_gap(self) -> bool:
        """Whether any few words may stand here."""
        return not self.whole and not self.stems


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase with its category."""

    category: str
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class PhraseIndex:
    """All phrases, by how they begin; `typo_words` are corrected to when a word is nearly one of them."""

    by_word: dict[str, list[Phrase]]
    by_stem: dict[str, list[tuple[str, Phrase]]]
    squashed: list[tuple[str, str]]
    typo_words: dict[str, tuple[str, ...]]
    not_typos: frozenset[str]


def build_index(
    phrases_by_category: Mapping[str, Iterable[str]], typo_words: Iterable[str], not_typos: Iterable[str]
) -> PhraseIndex:
    """Return the phrases ready for `find_categories`."""
    by_word: dict[str, list[Phrase]] = defaultdict(list)
    by_stem: dict[str, list[tuple[str, Phrase]]] = defaultdict(list)
    squashed = []
    for category, phrases in phrases_by_category.items():
        for text in phrases:
            phrase = Phrase(category, tuple(_to_word(word) for word in text.split()))
            for whole in phrase.words[0].whole:
                by_word[whole].append(phrase)
            for stem in phrase.words[0].stems:
                by_stem[stem[:_BUCKET]].append((stem, phrase))
            if "|" not in text and GAP not in text and len(text) >= _MIN_SPELLED:
                squashed.append((text.replace(" ", "").replace("*", ""), category))
    by_letter: dict[str, list[str]] = defaultdict(list)
    for word in typo_words:
        by_letter[word[0]].append(word)
    typos = {letter: tuple(words) for letter, words in by_letter.items()}
    return PhraseIndex(dict(by_word), dict(by_stem), squashed, typos, frozenset(not_typos))


def _to_word(text: str) -> Word:
    options = [] if text == GAP else text.split("|")
    whole = frozenset(option for option in options if not option.endswith("*"))
    return Word(whole, tuple(option[:-1] for option in options if option.endswith("*")))


def find_categories(tokens: list[Alternatives], index: PhraseIndex) -> set[str]:
    """Return the categories of all phrases in `tokens`."""
    corrected = [_with_corrections(token, index) for token in tokens]
    found: set[str] = set()
    for place, token in enumerate(corrected):
        for phrase in _starting_with(token, index):
            if phrase.category not in found and _matches(phrase.words, 1, corrected, place + 1):
                found.add(phrase.category)
    return found


def find_spelled(runs: Iterable[str], index: PhraseIndex) -> set[str]:
    """Return the categories of all phrases inside runs of single letters."""
    return {category for run in runs for squashed, category in index.squashed if squashed in run}


def _starting_with(token: Alternatives, index: PhraseIndex) -> Iterable[Phrase]:
    for word in token:
        yield from index.by_word.get(word, ())
        for stem, phrase in index.by_stem.get(word[:_BUCKET], ()):
            if word.startswith(stem):
                yield phrase


def _matches(words: tuple[Word, ...], at: int, tokens: list[Alternatives], place: int) -> bool:
    if at == len(words):
        return True
    if words[at].is_gap:
        return any(_matches(words, at + 1, tokens, place + skip) for skip in range(_MAX_GAP + 1))
    return place < len(tokens) and _is_word(words[at], tokens[place]) and _matches(words, at + 1, tokens, place + 1)


def _is_word(word: Word, token: Alternatives) -> bool:
    return any(reading in word.whole or reading.startswith(word.stems) for reading in token)


def _with_corrections(token: Alternatives, index: PhraseIndex) -> Alternatives:
    additions = tuple(
        word
        for reading in token
        if len(reading) >= _MIN_TYPO_TOKEN and reading not in index.not_typos
        for word in _nearby(reading, index.typo_words.get(reading[0], ()), index.typo_words.get(reading[1], ()))
    )
    return token + additions if additions else token


@lru_cache(maxsize=4096)
def _nearby(word: str, same_letter: tuple[str, ...], swapped: tuple[str, ...]) -> tuple[str, ...]:
    """Return the typo words within one edit, two for long ones; the first letter has to be right or swapped."""
    starts_swapped = (known for known in swapped if known[:2] == word[1::-1])
    return tuple(
        known
        for known in dict.fromkeys((*same_letter, *starts_swapped))
        if word != known and is_within(word, known, 2 if len(known) >= _LONG_WORD else 1)
    )


def is_within(left: str, right: str, limit: int) -> bool:
    """Whether at most `limit` letters were added, left out, changed, or swapped with their neighbour.

    Own code: the libraries for this are compiled wheels of megabytes, for a dozen words this is fast enough.
    """
    if abs(len(left) - len(right)) > limit:
        return False
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, letter in enumerate(left, 1):
        older, before, row = before, row, [i]
        for j, other in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == right[j - 2] and left[i - 2] == other:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return False
    return row[-1] <= limit
