"""Order and invoice numbers by the words around them; the one recogniser redaction and entities share.

"order 1001" · "purchase number is #GB-1001" · "orders 1001, 1002 and 1003" · "#1001" · a message that is a number
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from rp_mw_shared.edit_distance import is_within
from rp_mw_shared.redaction.word_lists import load_word_set

# A word that may stand between "order" and its number.
_FILLER = (
    r"(?:number|numbers|num|no|nr|nos|n|numero|nummer|id|ids|ref|reference|code|is|was|of|it's|its|with|my|the|called"
    r"|here)\b\.?"
)
_CODE = r"(?:[A-Za-z]{1,6}[-_/]?)?\d{3,20}(?:[-_/.]?[A-Za-z0-9]{1,12}){0,3}"
_NUMBER = re.compile(rf"(?P<hash>#|nr\.|№)?\s?(?P<code>{_CODE})(?![\w@])(?!-\d)")
_GAP = re.compile(rf"(?:[\s:=\-(\[\"'*#°º]|{_FILLER}){{0,12}}", re.IGNORECASE)
_NEXT = re.compile(r"\s{0,2}(?:,|and|&|or|/|\+|;)\s{0,2}(?:and\s)?(?:order\s)?", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z]{2,24}")
_HASHED = re.compile(r"(?<![\w&/])#\s?(?P<code>[A-Za-z]{0,5}-?\d{3,20}(?:-[A-Za-z0-9]{1,8}){0,2})(?![\w@])")
_BARE = re.compile(r"\W*(?P<code>\d{4,20})\W*")
_PREFIXED = re.compile(r"\b(?P<code>(?P<kind>ORD|ORDER|PO|SO|INV|INVOICE)[-_]\d{3,20}(?:-\d{1,8}){0,2})\b", re.I)

_WORDS = {
    "order_number": (
        "order",
        "orders",
        "ordered",
        "purchase",
        "purchases",
        "ord",
        *(f"order{short}" for short in ("number", "num", "no", "nr", "id", "nummer")),
        "confirmation",
        "commande",
        "bestellung",
        "bestellnummer",
        "bestelling",
        "bestelnummer",
        "auftragsnummer",
        "pedido",
        "encomenda",
        "ordine",
        "ordre",
    ),
    "invoice_number": ("invoice", "invoices", "bill", "bills", "bil", "receipt", "inv", "rechnung", "facture"),
}
_KIND_OF = {word: kind for kind, words in _WORDS.items() for word in words}
_MIN_DIGITS_AFTER_WORD = 4
_INITIALS = frozenset("opibr")
_ENDINGS = ("order", "purchase")


def find_orders(plain: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, "order_number" | "invoice_number") in a folded text; the span is the number without `#`.

    Of spans that overlap the longest counts: `ORD-2024-0012` is one number.
    """
    found = [*_after_words(plain), *_prefixed(plain), *_hashed(plain), *_bare(plain)]
    taken = bytearray(len(plain))
    for start, end, kind in sorted(found, key=lambda span: span[0] - span[1]):
        if taken.find(1, start, end) < 0:
            taken[start:end] = b"\1" * (end - start)
            yield start, end, kind


def _after_words(plain: str) -> Iterator[tuple[int, int, str]]:
    listed = 0  # a list is read once, from its first word: "order 1, order 2" is one
    for word in _WORD.finditer(plain):
        if word.start() < listed:
            continue
        lowered = word.group().lower()
        kind = _KIND_OF.get(lowered)
        if kind is None and lowered[0] not in _INITIALS and not lowered.endswith(_ENDINGS):
            continue
        gap = _GAP.match(plain, word.end())
        position = gap.end() if gap else word.end()
        # a slip is only looked for where a number follows: comparing letters is the dear part
        if kind is None and _NUMBER.match(plain, position):
            kind = find_word_kind(lowered)
        if kind:
            for span in _listed(plain, position, kind, gap.group() if gap else ""):
                listed = span[1]
                yield span


def _listed(plain: str, position: int, kind: str, gap: str) -> Iterator[tuple[int, int, str]]:
    """Yield the number at `position` and those listed after it."""
    named = "#" in gap or any(char.isalpha() for char in gap)
    while (match := _NUMBER.match(plain, position)) is not None:
        digits = sum(char.isdigit() for char in match.group("code"))
        if digits < _MIN_DIGITS_AFTER_WORD and not (named or match.group("hash")):
            return
        if not _is_date(match.group("code")):
            yield match.start("code"), match.end("code"), kind
        following = _NEXT.match(plain, match.end())
        if following is None:
            return
        position = following.end()


def _hashed(plain: str) -> Iterator[tuple[int, int, str]]:
    for match in _HASHED.finditer(plain):
        yield match.start("code"), match.end("code"), "order_number"


def _prefixed(plain: str) -> Iterator[tuple[int, int, str]]:
    for match in _PREFIXED.finditer(plain):
        is_invoice = match.group("kind").upper().startswith("INV")
        yield match.start(), match.end(), "invoice_number" if is_invoice else "order_number"


def _bare(plain: str) -> Iterator[tuple[int, int, str]]:
    if len(plain) < 64 and (match := _BARE.fullmatch(plain)):
        yield match.start("code"), match.end("code"), "order_number"


def _is_date(code: str) -> bool:
    return re.fullmatch(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,4}", code) is not None


@lru_cache(maxsize=1024)
def find_word_kind(word: str) -> str | None:
    """Return the kind of number a lower-case word announces, one slip of the keyboard forgiven; None without."""
    if kind := _KIND_OF.get(word):
        return kind
    if word.endswith(_ENDINGS) and len(word) > 9:  # "cancelingpurchase"
        return "order_number"
    if len(word) < 4 or word in load_word_set("not_slips") or word[0] not in _INITIALS:
        return None
    for target in ("order", "purchase", "invoice", "orders", "bill", "receipt"):
        allowed = 2 if len(target) > 6 else 1
        if is_within(word, target, allowed):
            return _KIND_OF[target]
    return None
