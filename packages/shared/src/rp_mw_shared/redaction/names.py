"""Other people's names, best effort: only where the words before or the layout say that a name follows."""

from __future__ import annotations

import re
from collections.abc import Iterator

_NAME = r"[A-Z\u00c0-\u024f][\w'’*-]{0,30}\.?"
_NAMES = rf"{_NAME}(?: {{1,2}}(?:(?:van|de|der|den|von|la|le|da|dos|del|bin|al|el|St)\.? {{1,2}}){{0,2}}{_NAME}){{0,3}}"
_LABELLED = re.compile(
    r"(?:(?i:\b(?:my|her|his|the|their|card ?holder'?s?|full|first|last|sur|given|middle|patient|contact|account|billing"
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
    rf"\b(?:(?i:i am|i'm|this is|it's|call me|calls me|ask for|speak to|speak with|attention of))\s(?P<name>{_NAME} {_NAME})"
)
_LOWER_SELF = re.compile(
    r"\bmy (?:full |first |last )?name(?:'s| is) (?P<name>[a-z]{2,20}(?: [a-z]{2,20})?)\b", re.IGNORECASE
)
_SIGNED = re.compile(
    r"(?i:\b(?:thanks|thank you|regards|best|cheers|sincerely|love|yours))[,.!]?[ \t]{0,3}\n{1,2}[ \t]{0,3}"
    rf"(?P<name>{_NAMES})[ \t]*(?=\n|$)"
)
_NOT_NAMES = frozenset(
    "a about account ago all am an and any are as at back be been both but by can card customer dear do did each easter english"
    " everyone for friday from further good had happy has have hello help her here hey hi his how i if in is it its just"
    " let ma madam may me monday more mr mrs ms my need new no not of off ok okay on one or order other our out over package"
    " please portal product re regarding saturday sent service shop sir sirs so some someone sorry still sunday support sure"
    " team thank thanks that the their them there these they this those thursday to today tomorrow tuesday unable up us very"
    " was we wednesday week went were what when where which who why will with without would yes yesterday you your yours"
    " january february march april june july august september october november december refund return returns delivery"
    " shipping richpanel amazon ups fedex usps dhl store sales admin department manager agent whom where's i'm i've i'd i'll"
    " can't don't won't didn't isn't email e-mail phone address city state country zip name number date total subject"
    " not just really trying looking writing waiting getting going having interested".split()
)


def find_names(plain: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, "person_name") in a folded text."""
    for pattern in (_LABELLED, _TITLED, _SELF, _SIGNED, _LOWER_SELF):
        for match in pattern.finditer(plain):
            start, end = _without_plain_words(plain, match.start("name"), match.end("name"))
            if start < end:
                yield start, end, "person_name"


def _without_plain_words(plain: str, start: int, end: int) -> tuple[int, int]:
    """Return the part of a possible name before the first word that is certainly none."""
    last = start
    for word in re.finditer(r"[^\s]+", plain[start:end]):
        bare = word.group().strip(".,'\"’").lower()
        if bare in _NOT_NAMES or bare.endswith("'s") and bare[:-2] in _NOT_NAMES:
            break
        last = start + word.end()
    while last > start and plain[last - 1] in ".,'’":
        last -= 1
    return start, last
