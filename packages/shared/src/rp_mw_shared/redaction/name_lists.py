"""Names by the list of names: "Carmen Ruiz called", also where no word around says that a name follows.

A capitalised word that is only a name counts alone; one that is a plain word, a place or a brand too ("Rose", "Chase")
counts beside another name; an unknown capitalised word beside a listed name is the rest of that name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from rp_mw_shared.redaction.word_lists import load_word_set

Found = tuple[int, int, str]
Word = re.Match[str]

_WORD = r"[A-Z][A-Za-z\u00c0-\u024f]{0,30}(?:'[A-Za-z]{1,20})?(?:-[A-Z][a-z]{1,20})?"
_PARTICLE = r"(?:van|de|der|den|von|la|le|da|dos|del|di|do|ten|ter|bin|al|el|zu|af) "
_RUN = re.compile(rf"(?<![\w@/.&-])(?<!\w['’]){_WORD}(?:\.? (?:{_PARTICLE}){{0,2}}{_WORD}){{0,3}}(?![\w@/-]|\.\w)")
_PART = re.compile(_WORD)
_LOWER = re.compile(r"(?<![\w@/.-])[a-z]{4,30}(?![\w@/-]|\.\w)")
_SENTENCE_START = re.compile(r"(?:^|[.!?:;>\n\"(]\s{0,3})$")
_MIN_SHOUTED_CHARS = 4
_ALL = ("names", "first_names", "also_words")
_ACTS = re.compile(
    r" (?:is|was|has|had|will|would|said|says|told|asked|wrote|called|shouted|sent|promised|replied|helped|answered"
    r"|assured|refused|never|just)\b"
)
_LIST = re.compile(rf"(?<![\w@/.&-]){_WORD}(?:, {_WORD}){{0,6}},? (?:and|und|et|y|e|ed|en|&) {_WORD}(?![\w@/-])")
_LOWER_PAIR = re.compile(r"(?<![\w@/.-])[a-z]{4,20} [a-z]{4,20}(?![\w@/-]|\.\w)")
_ADDRESSED = re.compile(
    rf"(?:^"
    rf"|\n)[ \t>]{{0,4}}(?P<name>{_WORD}(?: {_WORD}\.?){{1,3}})[ \t]{{0,3}}\n(?:[^\n]{{0,60}}\n){{0,3}}[^\n]{{0,40}}"
    r"(?:\[ADDRESS\]|\[PHONE\])"
)
_LOWER_LINE = re.compile(r"(?:^|\n)[ \t>]{0,4}(?P<name>[a-z]{3,20} [a-z]{3,20})[ \t]{0,3}(?=\n|$)")
_STARRED = re.compile(r"(?<![\w*])[A-Z]\*{2,20}(?: [A-Z]\*{2,20}){0,3}(?![\w*])")
_HAN = "\u3040-\u30ff\u4e00-\u9fff"
_HAN_PAIR = re.compile(rf"(?<![{_HAN}])[\u4e00-\u9fff]{{1,4}}[ \u3000][\u4e00-\u9fff]{{1,4}}(?![{_HAN}])")


@cache
def _listed(part: str) -> frozenset[str]:
    """Return a part of person_names.json: `names`, `first_names` or `also_words`."""
    stored = json.loads((Path(__file__).parent / "person_names.json").read_text("utf-8"))
    return frozenset(" ".join(stored[part]).split())


def find_listed_names(plain: str) -> Iterator[Found]:
    """Yield (start, end, "person_name") in a folded text for runs of capitalised words that hold a listed name."""
    known: set[str] = set()
    runs = [list(_PART.finditer(plain, run.start(), run.end())) for run in _RUN.finditer(plain)]
    for words in runs:
        for start, end, kind in _named(plain, words):
            yield start, end, kind
            known.update(_PART.findall(plain[start:end]))
    for word in (word for words in runs for word in words if _bare(word.group()) in known):
        if not _is_plain(word) and len(_bare(word.group())) > 2:
            yield word.start(), word.start() + len(_bare(word.group())), "person_name"
    yield from _unusual(plain)


def _unusual(plain: str) -> Iterator[Found]:
    """Yield names in lower case on a line of their own, with stars for letters, or in Han characters."""
    for line in _LOWER_LINE.finditer(plain):
        words = line.group("name").split()
        if all(_is_any_of(word, _ALL) for word in words) and any(_is_any_of(word, ("names",)) for word in words):
            yield line.start("name"), line.end("name"), "person_name"
    for pair in _LOWER_PAIR.finditer(plain):
        if all(word in _listed("names") for word in pair.group().split()):
            yield pair.start(), pair.end(), "person_name"
    yield from _enumerated(plain)
    for block in _ADDRESSED.finditer(plain) if "[" in plain else ():
        if not any(_is_plain(word) for word in _PART.finditer(block.group("name")) if len(word.group()) > 1):
            yield block.start("name"), block.end("name"), "person_name"
    for pattern in (_STARRED, _HAN_PAIR):
        for match in pattern.finditer(plain):
            yield match.start(), match.end(), "person_name"


def _enumerated(plain: str) -> Iterator[Found]:
    """Yield all of "Eklund, Michael and Hodge" where one of them is a name."""
    for match in _LIST.finditer(plain):
        words = list(_PART.finditer(plain, match.start(), match.end()))
        if any(_is_name(plain, word) for word in words) and not any(_is_plain(word) for word in words):
            yield from ((word.start(), word.end(), "person_name") for word in words)


def find_possible_names(plain: str) -> Iterator[str]:
    """Yield what may be a name in an operator's line, also in lower case; better too much than too little."""
    for run in _RUN.finditer(plain):
        words = list(_PART.finditer(plain, run.start(), run.end()))
        for word in words:
            starts = bool(_SENTENCE_START.search(plain, max(0, word.start() - 4), word.start())) and len(words) == 1
            if not _is_plain(word) and not word.group().isupper() and (not starts or _may_be_name(word)):
                yield _bare(word.group())
    yield from (word.group() for word in _LOWER.finditer(plain) if word.group() in _listed("names"))


def _named(plain: str, words: list[Word]) -> Iterator[Found]:
    """Yield the parts of a run of capitalised words that are a name: from the first to the last word of each."""
    part: list[Word] = []
    for word in words:
        if _is_plain(word) and not (part and _is_initial(plain, word)):
            yield from _as_name(plain, part)
            part = []
        else:
            part.append(word)
    yield from _as_name(plain, part)


def _as_name(plain: str, part: list[Word]) -> Iterator[Found]:
    sure = [index for index, word in enumerate(part) if _is_name(plain, word)]
    if not sure:
        if not _is_likely(plain, part):
            return
        sure = [0]
    first = 0 if _may_be_name(part[0]) or not _starts_sentence(plain, part[0]) else sure[0]
    yield part[first].start(), part[-1].start() + len(_bare(part[-1].group())), "person_name"


def _is_likely(plain: str, part: list[Word]) -> bool:
    """Whether words that are all doubtful are a name together: two that may be, or a first name and what follows."""
    if len(part) < 2 or any(word.group().isupper() and len(word.group()) > 1 for word in part):
        return False
    possible = [word for word in part if _may_be_name(word) or _is_initial(plain, word)]
    return len(possible) == len(part) or _is_any_of(_bare(part[0].group()).lower(), ("first_names",))


def _is_initial(plain: str, word: Word) -> bool:
    return len(word.group()) == 1 and word.group() != "I" and plain[word.end() : word.end() + 1] in {".", " "}


def _starts_sentence(plain: str, word: Word) -> bool:
    return _SENTENCE_START.search(plain, max(0, word.start() - 4), word.start()) is not None


def _bare(word: str) -> str:
    return word.removesuffix("'s").rstrip("'")


def _is_plain(word: Word) -> bool:
    return _bare(word.group()).lower() in load_word_set("not_names") or word.group().lower() in load_word_set(
        "not_names"
    )


def _is_name(plain: str, word: Word) -> bool:
    """Whether a word is a name and nothing else where it stands; short words in capitals are abbreviations."""
    bare = _bare(word.group())
    if bare.isupper() and len(bare) < _MIN_SHOUTED_CHARS:
        return False
    if _is_any_of(bare.lower(), ("names",)):
        return True
    stands_as_one = not _starts_sentence(plain, word) or _ACTS.match(plain, word.end())
    return not bare.isupper() and bool(stands_as_one) and _is_any_of(bare.lower(), ("first_names",))


def _may_be_name(word: Word) -> bool:
    return _is_any_of(_bare(word.group()).lower(), _ALL)


def _is_any_of(word: str, parts: tuple[str, ...]) -> bool:
    return any(piece in _listed(part) for part in parts for piece in word.split("-"))
