"""How a phrase of the screen's files is written, and what it stands for.

    `{body}` a group's words · `ä` its plain spellings · `a <> b` either order · `a|b` · `stem*` · `*ending` · `a .. b`
      expanded here                                                          matched by domain/phrases.py
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
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
    "`<>` once or twice between parts"
)


def expand(phrase: str, groups: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the phrases of plain a-z words that `phrase` stands for, one for each order of its parts.

    A group's words are single ones; else the result is no phrase. Raises KeyError for a group that is not in `groups`.
    """
    written = _GROUP.sub(lambda found: "|".join(groups[found[1]]).replace(" ", "_"), phrase)
    parts = [" ".join(_plain_slot(slot) for slot in part.split()) for part in written.split(EITHER_ORDER)]
    if len(parts) == 1:
        return (parts[0],)
    if len(parts) > _MAX_PARTS:
        return (EITHER_ORDER,)
    return tuple(f" {GAP} ".join(order) for order in permutations(parts))


def is_phrase(expanded: str) -> bool:
    """Whether a phrase, once expanded, can be looked up."""
    return _PHRASE.fullmatch(expanded) is not None


def _plain_slot(slot: str) -> str:
    return "|".join(dict.fromkeys(option for written in slot.split("|") for option in _plain_options(written)))


def _plain_options(word: str) -> tuple[str, ...]:
    """Return the word without accents, and with `ae`, `oe`, `ue` for its umlauts, as people type it."""
    pieces = [_WITH_E.get(piece, (piece,)) for piece in _UMLAUT.split(unicodedata.normalize("NFC", word).casefold())]
    return tuple(_without_accents("".join(chosen)) for chosen in product(*pieces))


def _without_accents(word: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFD", word) if unicodedata.category(char) != "Mn")
