"""Order and invoice numbers by the words around them; the one recogniser redaction and entities share.

"order 1001" · "purchase number is #GB-1001" · "orders 1001, 1002 and 1003" · "#1001" · a message that is a number
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from rp_mw_shared.edit_distance import is_within
from rp_mw_shared.redaction.order_context import find_answer, is_other_number
from rp_mw_shared.redaction.word_lists import load_word_set

# A word that may stand between "order" and its number.
_FILLER = (
    r"(?:number|numbers|num|no|nr|nos|n|numero|nummer|id|ids|ref|reference|code|is|was|of|it's|its|with|my|the|called"
    r"|here|uh|um|lautet|ist|war|est|es|era|lo|la|el|il|le|den|der|die|het|da|do|de|d|des)\b\.?"
)
_PREFIX = r"(?:[A-Za-z]{1,6}(?:\d{1,3}(?=[-_/]))?[-_/]?)?"
_CODE = (
    rf"{_PREFIX}(?:\d{{1,3}}(?:,\d{{3}}){{1,2}}(?![\d,.])"
    r"|\d{3,20}+[A-Za-z0-9]{0,36}+(?:[-_/.][A-Za-z0-9]{1,36}+){0,3})"
)
_NUMBER = re.compile(rf"(?P<hash>#|nr\.|№)?\s?(?P<code>{_CODE})(?![\w@])(?!-\d)")
# `#42`, only right after the word; `1001where` is a number and a word; `1001-1004` after a plural is two numbers.
_SMALL = re.compile(r"(?P<code>\d\d)(?![\w@.,-])")
_GLUED_WORD = re.compile(r"(?P<code>\d{4,10})[a-z]{3,12}")
_RANGE = re.compile(r"(\d{3,10})-(\d{3,10})")
_CONFIRMATION = re.compile(
    r"\bconfirmation\s(?:number|code|no\.?|nr\.?|#)?\s?(?:is|was|:|=)?\s{0,2}#?(?P<code>(?=[A-Z]*\d)(?=\d*[A-Z])[A-Z0-9]{8,10})\b"
)
# Words of languages without blanks between words.
_NO_BLANKS = re.compile(
    r"(?:注文番号|注文|订单编号|订单号|订单|訂單編號|訂單號|訂單|주문 ?번호|주문)\s?(?:は|是|:|：|#|no\.?)?"
    r"\s?#?(?P<code>(?:[A-Z]{1,5}-?)?\d{4,20})(?!\d)"
)
_PURCHASE = re.compile(r"\b(?:PO|P\.O\.|SO)\s?#?\s?(?P<code>\d{3,12})(?![\w@-])")
_PREFIXED_BY_STORE = re.compile(r"(?<![\w#@/.-])(?P<code>(?:US|UK|EU|CA|AU|DE|FR|ES|IT|NL|NZ|IE)\d{4,7})(?![\w@-])")
_GAP = re.compile(rf"(?:[\s:=\-(\[\"'*#°º]|{_FILLER}){{0,12}}", re.IGNORECASE)
_NEXT = re.compile(r"\s{0,2}(?:,|and|&|or|/|\+|;)\s{0,2}(?:and\s)?(?:order\s)?", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z]{2,24}")
_HASHED = re.compile(
    r"(?<![\w&/])#\s?(?P<code>(?:[A-Za-z]{0,12}|[A-Za-z]{1,5}\d{1,3})-?\d{3,20}(?:-[A-Za-z0-9]{1,8}){0,2})(?![\w@])"
)
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
        "auftrag",
        "bestellnr",
        "auftragsnr",
        "bestel",
        "compra",
        "beställning",
        "bestallning",
        "bestilling",
        "zamowienie",
        "tilaus",
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
    found = [
        *_after_words(plain),
        *_prefixed(plain),
        *_hashed(plain),
        *_bare(plain),
        *(span for pattern in _SELF_EVIDENT for span in _codes(pattern, plain)),
    ]
    taken = bytearray(len(plain))
    for start, end, kind in sorted(found, key=lambda span: span[0] - span[1]):
        if taken.find(1, start, end) < 0:
            taken[start:end] = b"\1" * (end - start)
            yield start, end, kind


_SELF_EVIDENT = (_CONFIRMATION, _NO_BLANKS, _PURCHASE, _PREFIXED_BY_STORE)


def _codes(pattern: re.Pattern[str], plain: str) -> Iterator[tuple[int, int, str]]:
    for match in pattern.finditer(plain):
        if not is_other_number(plain, *match.span("code")):
            yield *match.span("code"), "order_number"


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
        if not _is_date(match.group("code")) and not is_other_number(plain, *match.span("code")):
            yield from _parts(match, kind)
        following = _NEXT.match(plain, match.end())
        if following is None:
            return
        position = following.end()
    if gap.rstrip().endswith("#") and (small := _SMALL.match(plain, position)):
        yield *small.span("code"), kind


def _parts(match: re.Match[str], kind: str) -> Iterator[tuple[int, int, str]]:
    """Yield the number, without a word glued to it; of a range of numbers both."""
    code, start = match["code"], match.start("code")
    ends = _RANGE.fullmatch(code)
    if ends and len(ends[1]) == len(ends[2]) and ends[1] < ends[2] and _is_plural(match):
        yield start, start + len(ends[1]), kind
        yield start + len(ends[1]) + 1, match.end("code"), kind
        return
    glued = _GLUED_WORD.fullmatch(code)
    yield start, start + len(glued["code"]) if glued else match.end("code"), kind


def _is_plural(match: re.Match[str]) -> bool:
    return match.string[max(0, match.start("code") - 12) : match.start("code")].rstrip(" #:").lower().endswith("orders")


def _hashed(plain: str) -> Iterator[tuple[int, int, str]]:
    for match in _HASHED.finditer(plain):
        if not is_other_number(plain, match.start(), match.end()):
            yield match.start("code"), match.end("code"), "order_number"


def _prefixed(plain: str) -> Iterator[tuple[int, int, str]]:
    for match in _PREFIXED.finditer(plain):
        is_invoice = match.group("kind").upper().startswith("INV")
        yield match.start(), match.end(), "invoice_number" if is_invoice else "order_number"


def _bare(plain: str) -> Iterator[tuple[int, int, str]]:
    if len(plain) < 64 and (match := _BARE.fullmatch(plain)):
        yield match.start("code"), match.end("code"), "order_number"
    elif span := find_answer(plain):
        yield *span, "order_number"


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
