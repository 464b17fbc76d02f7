"""The language a customer writes in: a quick look at common words first, a detector only where they leave doubt.

    text --common words--> English without a doubt: done, nothing else is loaded
                   |
                   +-----> detector's scores, the common words as a second vote --> a code, or None: nothing tells

Short texts mislead every detector (docs/decisions/0095-language-of-a-message.md), so up to three words count only with
evidence from both; else the conversation decides. Source: ISO 639-1 for the codes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from rp_mw_worker.domain.policy import BASE_LANGUAGE

MAX_CHARS = 1_000
SHORT_WORDS = 3
Detector = Callable[[str], Mapping[str, float]]

# Where no blanks are written (Thai, Khmer, Chinese, Japanese), a number must not take the whole sentence with it.
_JOINED = r"[^\s\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\uffff]"
_NOISE = re.compile(
    rf"(?:https?://|www\.){_JOINED}{{1,500}}|(?:(?!@){_JOINED}){{1,100}}@(?:(?!@){_JOINED}){{1,100}}"
    rf"|{_JOINED}{{0,40}}\d{_JOINED}{{0,40}}|[\[<{{][A-Z_]{{2,30}}[\]>}}]"
)
# `1001, Marco Rossi`: whoever is called so may write in any language.
_NAME_ONLY = re.compile(
    r"\W{0,20}[A-Z][^\W\d_]{1,30}(?:[ '-](?:(?:de|da|di|do|dos|del|della|der|den|van|von|la|le|el|al|bin|ben)\b"
    r"|[A-Z][^\W\d_]{0,30}\.?)){0,4}\W{0,20}"
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|[¿¡]")
_CLEAR_LEAD = 0.12  # a score this far above English's is no accident
_FAR = 0.35  # so far above, a few English words are borrowed ones
_BORROWED = 3  # less than every third word English: borrowed, where the detector thinks of another language
_FOREIGN_WORDS = 2  # so many words that are common in one other language, and not English: mixed, and nobody's
_NEAR = 0.08  # neighbours such as Catalan or Afrikaans score this close to the language they are taken for


@dataclass(frozen=True, slots=True)
class CommonWords:
    """The languages that are looked for, and for each common word, with and without accents, whose it is."""

    languages: tuple[str, ...]
    owners: Mapping[str, tuple[str, ...]]


def to_common_words(lists: Mapping[str, str]) -> CommonWords:
    """Return the common words of each language, given as one text with blanks between."""
    owners: dict[str, tuple[str, ...]] = {}
    for code, listed in lists.items():
        words = frozenset(listed.split())
        for word in words | {_without_accents(word) for word in words}:
            owners[word] = (*owners.get(word, ()), code)
    return CommonWords(tuple(lists), owners)


def find_language(text: str, common: CommonWords, detect: Detector, earlier: Iterable[str] = ()) -> str | None:
    """Return the language of `text`, or else of the newest of `earlier` texts that has one; None when nothing tells.

    `detect` gives scores by language, higher is likelier; it is asked only where the common words leave doubt. A mere
    name tells less than the earlier texts.
    """
    for candidate in (*earlier, text) if _is_name(text) else (text, *earlier):
        found = _own_language(candidate, common, detect)
        if found is not None:
            return found
    return None


def language_of_message(text: str, common: CommonWords, detect: Detector, earlier: Iterable[str] = ()) -> str | None:
    """Return `find_language`, and the shop's first language for a text without words in a conversation without any."""
    found = find_language(text, common, detect, earlier)
    return BASE_LANGUAGE if found is None and not has_words(text) else found


def has_words(text: str) -> bool:
    """Whether `text` has anything but numbers, links and marks to tell a language by."""
    return bool(_WORD.search(_NOISE.sub(" ", text[:MAX_CHARS])))


def _is_name(text: str) -> bool:
    return bool(_NAME_ONLY.fullmatch(_NOISE.sub(" ", text[:MAX_CHARS]).strip()))


def _own_language(text: str, common: CommonWords, detect: Detector) -> str | None:
    plain = _NOISE.sub(" ", unicodedata.normalize("NFC", text[:MAX_CHARS])).replace("’", "'").lower()
    words = _WORD.findall(plain)
    if not words:
        return None
    votes = _votes(words, common)
    english = votes.pop(BASE_LANGUAGE)
    rival = max(votes, key=lambda code: votes[code])
    is_mixed = _foreign(words, common) >= _FOREIGN_WORDS
    if plain.isascii() and not is_mixed and english > 2 * votes[rival] and english * _BORROWED >= len(words):
        return BASE_LANGUAGE
    found = _judge(detect(" ".join(words)), len(words), english, votes, is_ascii=plain.isascii())
    return None if found == BASE_LANGUAGE and is_mixed else found


def _judge(
    scores: Mapping[str, float], count: int, english: float, votes: Mapping[str, float], *, is_ascii: bool
) -> str | None:
    """Weigh the detector's scores against the votes of common words; English, the language of most words that others
    borrow, is taken only where there is no doubt."""
    english = english if is_ascii else english / 3
    rival = max(votes, key=lambda code: votes[code])
    if not scores:
        return rival if votes[rival] > english else BASE_LANGUAGE if english > votes[rival] else None
    top = max(scores, key=lambda code: scores[code])
    lead = scores[top] - scores.get(BASE_LANGUAGE, 0.0)
    if top == BASE_LANGUAGE:
        return _english_or(rival, count, english, votes)
    near = [code for code in votes if scores.get(code, 0.0) >= scores[top] - _NEAR]
    best = max(near, key=lambda code: (votes[code], scores.get(code, 0.0)), default=None)
    if best is not None and (votes[best] > 0 or top in votes):
        top = best if votes[best] > votes.get(top, 0.0) or top not in votes else top
    if votes.get(top, 0.0) > english:
        return top
    if english > max(votes.values()) and lead < (_FAR if is_ascii else _CLEAR_LEAD):
        return BASE_LANGUAGE if english * _BORROWED >= count or lead <= 0 else None
    return top if count > SHORT_WORDS or lead >= _CLEAR_LEAD else None


def _english_or(rival: str, count: int, english: float, votes: Mapping[str, float]) -> str | None:
    if votes[rival] > english:
        return rival
    return BASE_LANGUAGE if english > votes[rival] or count > SHORT_WORDS else None


def _foreign(words: list[str], common: CommonWords) -> int:
    """Return how many different words of one other language, no English ones, there are at most."""
    counts: dict[str, int] = {}
    for word in set(words):
        owners = common.owners.get(word, ())
        for code in owners if BASE_LANGUAGE not in owners else ():
            counts[code] = counts.get(code, 0) + 1
    return max(counts.values(), default=0)


def _votes(words: list[str], common: CommonWords) -> dict[str, float]:
    """Return for each language how many of `words` are common in it; a word of several counts for each in part."""
    votes = dict.fromkeys(common.languages, 0.0)
    for word in words:
        found = common.owners.get(word, ())
        for code in found:
            votes[code] += 1 / len(found)
    return votes


def _without_accents(word: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFD", word) if not unicodedata.combining(char))
