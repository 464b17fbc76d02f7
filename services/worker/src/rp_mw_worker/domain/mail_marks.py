"""What mail programs and companies add to a customer's words, ready to be compared with a line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

MAX_LINE_CHARS = 400  # of a line that is compared with anything
_APP = "{}"
_MAX_SIGNATURE_CHARS = 160
_MODEL = re.compile(
    r"\{\}(?:[\s,-]{0,2}(?:\{\}|\(?[a-z]?\d[\w.]*\)?|pro|max|plus|ultra|mini|air|lite|note|edge|app|smartphone|5g)(?!\w)){1,6}"
)
_LINK = re.compile(r"<[^<>\s]{1,300}>|\(?https?://[^\s<>]{1,300}")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


@dataclass(frozen=True, slots=True)
class MailMarks:
    """The phrases of mail_marks.yaml, folded. A phrase is no evidence by itself: see who uses it."""

    introduction_verbs: tuple[str, ...]
    own_words: frozenset[str]
    address_words: frozenset[str]
    header_labels: Mapping[str, str]
    dividers: frozenset[str]
    reply_above: frozenset[str]
    app_signatures: frozenset[str]
    notices: tuple[str, ...]
    banners: tuple[str, ...]
    titles: frozenset[str]
    app_names: re.Pattern[str]


def fold(text: str) -> str:
    """Return `text` without case and accents, with plain apostrophes: as phrases are kept and compared."""
    if text.isascii():
        return text.lower()
    letters = unicodedata.normalize("NFD", text).casefold().replace("’", "'").replace("‘", "'")
    return "".join(char for char in letters if unicodedata.category(char) not in {"Mn", "Cf"})


def to_mail_marks(lists: Mapping[str, Iterable[str]]) -> MailMarks:
    """Return the marks of the lists of mail_marks.yaml, each a name and its phrases. Raises KeyError without a list."""
    folded = {name: tuple(fold(phrase.strip()) for phrase in phrases) for name, phrases in lists.items()}
    labels = {
        label: name.removeprefix("header_")
        for name in ("header_other", "header_to", "header_date", "header_sent", "header_subject", "header_from")
        for label in folded[name]
    }
    apps = sorted(folded["apps"], key=len, reverse=True)
    return MailMarks(
        introduction_verbs=tuple(sorted(folded["introduction_verbs"], key=len, reverse=True)),
        own_words=frozenset(folded["own_words"]),
        address_words=frozenset(folded["address_words"]),
        header_labels=labels,
        dividers=frozenset(folded["dividers"]),
        reply_above=frozenset(folded["reply_above"]),
        app_signatures=frozenset(folded["app_signatures"]),
        notices=(*folded["notices"], *folded["footers"]),
        banners=folded["banners"],
        titles=frozenset(folded["titles"]),
        app_names=re.compile(rf"(?<![a-z])(?:{'|'.join(map(re.escape, apps))})"),
    )


def words_of(folded: str) -> set[str]:
    """Return the words of a folded line."""
    return set(_WORD.findall(folded))


def has_own_words(folded: str, marks: MailMarks) -> bool:
    """Tell whether a folded line has a word of one who speaks of himself."""
    return not marks.own_words.isdisjoint(words_of(folded))


def is_app_signature(line: str, marks: MailMarks) -> bool:
    """Tell whether the whole line is a mail app's advertisement of itself: `Sent from my iPhone`."""
    if len(line) > _MAX_SIGNATURE_CHARS:
        return False
    plain = _LINK.sub(" ", fold(line)).replace("*", "").replace("[", "").replace("]", "")
    with_apps = marks.app_names.sub(_APP, plain)
    if _APP not in with_apps:
        return False
    bare = " ".join(_MODEL.sub(_APP, with_apps).strip(" .-_·|<>()").split())
    return bare in marks.app_signatures
