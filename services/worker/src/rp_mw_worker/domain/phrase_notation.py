"""How a phrase of the screen's files is written, and what it stands for.

`{body}` a group's words · `ä` its plain spellings · `a|b_c` two words for one · `a <> b` either order: expanded here
`a|b` either word · `stem*` · `*ending` · `a .. b` up to six words between: matched by domain/phrases.py
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import permutations, product

GAP = ".."
EITHER_ORDER = "<>"
_GROUP = re.compile(r"\{([a-z_]+)\}")
_UMLAUT = re.compile("([äöü])")
_WITH_E = {"ä": ("a", "ae"), "ö": ("o", "oe"), "ü": ("u", "ue")}
_MAX_PARTS = 3
_OPTION = r"([a-z0-9]+|[a-z0-9]{2,}\*|\*[a-z0-9]{3,})"
_SLOT = rf"{_OPTION}(\|{_OPTION})*"
_PHRASE = re.compile(rf"{_SLOT}( (\.\. )?{_SLOT})*")

WRITE = (
    "words of letters and digits, `*` after two letters or before three, `|` between choices, `..` between words, "
    "`<>` once or twice between parts, `_` in a choice of several words"
)


def expand(phrase: str, groups: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the phrases of plain a-z words that `phrase` stands for.

    A group's words may be several with `_` between. Raises KeyError for a group that is not in `groups`.
    """
    written = _GROUP.sub(lambda found: "|".join(groups[found[1]]), phrase)
    parts = written.split(EITHER_ORDER)
    if len(parts) > _MAX_PARTS:
        return (EITHER_ORDER,)
    variants = product(*(tuple(_part_variants(part)) for part in parts))
    return tuple(f" {GAP} ".join(order) for variant in variants for order in permutations(variant))


def is_phrase(expanded: str) -> bool:
    """Whether a phrase, once expanded, can be looked up."""
    return _PHRASE.fullmatch(expanded) is not None


def _part_variants(part: str) -> Iterator[str]:
    """Yield the part with its choices of single words, and once for each choice of several words."""
    for slots in product(*(_slot_variants(slot) for slot in part.split())):
        yield " ".join(slots)


# A group's words are the same slot in many phrases; the cache spares a third of the time to make the index.
@lru_cache(maxsize=512)
def _slot_variants(slot: str) -> tuple[str, ...]:
    options = [option for written in slot.split("|") for option in _plain_options(written)]
    single = "|".join(dict.fromkeys(option for option in options if "_" not in option))
    several = (option.replace("_", " ") for option in options if "_" in option)
    return (single, *several) if single else tuple(several)


def _plain_options(word: str) -> tuple[str, ...]:
    """Return the word without accents, and with `ae`, `oe`, `ue` for its umlauts, as people type it."""
    if word.isascii():
        return (word.lower(),)
    pieces = [_WITH_E.get(piece, (piece,)) for piece in _UMLAUT.split(unicodedata.normalize("NFC", word).casefold())]
    return tuple(_without_accents("".join(chosen)) for chosen in product(*pieces))


def _without_accents(word: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFD", word) if unicodedata.category(char) != "Mn")
