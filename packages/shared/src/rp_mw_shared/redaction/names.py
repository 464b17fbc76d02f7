"""Other people's names, best effort: only where the words before or the layout say that a name follows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rp_mw_shared.redaction.word_lists import load_word_set

_NAME = r"[A-Z\u00c0-\u024f][\w'’*-]{0,30}\.?"
_NAMES = rf"{_NAME}(?: {{1,2}}(?:(?:van|de|der|den|von|la|le|da|dos|del|bin|al|el|St)\.? {{1,2}}){{0,2}}{_NAME}){{0,3}}"
_LABELLED = re.compile(
    r"(?:(?i:\b(?:my|her|his|the|their|card ?holder'?s?|full|first|last|sur|given|middle|patient|contact|account"
    r"|billing"
    r"|customer)[ _]?(?:full |first |last |sur)?name(?:'s| is| was)?|\bname ?[:=]|\bname\" ?:|\bnamed|\bname=)"
    r"|\b(?i:employee(?: record)?|patient|attn|attention|customer|user(?: profile)?|to|from|cc|recipient|passenger"
    r"|account holder|cardholder|sincerely|regards|cheers|kind regards|best regards|best wishes|yours truly) ?[:,]"
    r"|\b(?:Patient|Customer|Employee|CC:?|Dear|Hi|Hello|Hey))[ \t\"':=\n]{1,4}"
    rf"(?P<name>{_NAMES})"
)
_TITLED = re.compile(
    rf"\b(?i:mr|mrs|ms|miss|mx|dr|prof|sir|madam|mme|herr|frau|señor|señora)\b\.? {{1,2}}(?P<name>{_NAMES})"
)
_SELF = re.compile(
    rf"\b(?:(?i:i am|i'm|this is|it's|call me|calls me|ask for|speak to|speak with"
    rf"|attention of))\s(?P<name>{_NAME} {_NAME})"
)
_LETTERS = re.compile(r"[^\W\d_]{3,30}")
_LOWER_SELF = re.compile(
    r"\bmy (?:full |first |last )?name(?:'s| is) (?P<name>[a-z]{2,20}(?: [a-z]{2,20})?)\b", re.IGNORECASE
)
_SIGNED = re.compile(
    r"(?i:\b(?:thanks|thank you|regards|best|cheers|sincerely|love|yours))[,.!]?[ \t]{0,3}\n{1,2}[ \t]{0,3}"
    rf"(?P<name>{_NAMES})[ \t]*(?=\n|$)"
)


def find_names(plain: str, addresses: tuple[str, ...] = ()) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, "person_name") in a folded text; a name found once is found wherever it stands.

    `addresses` are the e-mail addresses of the text: jane.doe@... says that Jane and Doe are names.
    """
    words = {part for address in addresses for part in _names_in_address(address)}
    for pattern in (_LABELLED, _TITLED, _SELF, _SIGNED, _LOWER_SELF):
        for match in pattern.finditer(plain):
            start, end = _without_plain_words(plain, match.start("name"), match.end("name"))
            if start < end:
                yield start, end, "person_name"
                words.update(word for word in _LETTERS.findall(plain[start:end]) if word[0].isupper())
    for word in _LETTERS.finditer(plain) if words else ():
        if word.group() in words and word.group().lower() not in load_word_set("not_names"):
            yield word.start(), word.end(), "person_name"


def _names_in_address(address: str) -> Iterator[str]:
    """Yield the words of the local part as a name is written; a local part of one word says too little."""
    parts = re.split(r"[^A-Za-z]+", re.split(r"@|%40", address)[0])
    telling = [part.capitalize() for part in parts if len(part) > 2]
    if len(telling) > 1:
        yield from telling


def _without_plain_words(plain: str, start: int, end: int) -> tuple[int, int]:
    """Return the part of a possible name before the first word that is certainly none."""
    not_names, last = load_word_set("not_names"), start
    for word in re.finditer(r"[^\s]+", plain[start:end]):
        bare = word.group().strip(".,'\"’").lower()
        if bare.removesuffix("'s") in not_names or bare in not_names:
            break
        last = start + word.end()
    while last > start and plain[last - 1] in ".,'’":
        last -= 1
    return start, last
