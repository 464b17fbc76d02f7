"""What a message names: order and tracking numbers, contacts, dates and products.

The recognisers of numbers and contacts are redaction's own, so that what is masked and what is understood agree; the
shop's patterns for order numbers come on top.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from rp_mw_shared.messages.types import OrderFacts
from rp_mw_worker.domain.model import Entity, OrderLookup

ORDER_NUMBER, DATE = "order_number", "date"
MAX_CHARS = 20_000
_KINDS = frozenset({"order_number", "invoice_number", "tracking_number", "email", "phone"})
# Found, not interpreted: 03/04 means two things.
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_DAY = r"(?:3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?"
_DATES = re.compile(
    rf"\b(?:(?:19|20)\d\d-(?:1[0-2]|0?[1-9])-(?:3[01]|[12]\d|0?[1-9])\b"
    rf"|(?:3[01]|[12]\d|0?[1-9])(?P<sep>[/.\-])(?:3[01]|[12]\d|0?[1-9])(?P=sep)(?:(?:19|20)\d\d|\d\d)\b"
    rf"|{_DAY}(?: of)? {_MONTH}\b\.?(?:,? (?:19|20)\d\d\b)?"
    rf"|{_MONTH}\.? {_DAY}\b(?:,? (?:19|20)\d\d\b)?"
    r"|(?:last|next|this|on) (?:mon|tues?|wednes|thurs?|fri|satur|sun)day\b"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day\b"
    r"|(?:yesterday|today|tomorrow|tonight)\b"
    r"|(?:\d{1,2}|a|one|two|three|four|five|six|seven|ten|few) (?:days?|weeks?|months?) ago\b)",
    re.IGNORECASE,
)


def find_entities(text: str, patterns: tuple[str, ...] = (), product_words: tuple[str, ...] = ()) -> tuple[Entity, ...]:
    """Return the entities of `text`, by position.

    `patterns` are the shop's regular expressions for order numbers, `product_words` what it sells, as common nouns.

    Types: order_number, invoice_number, tracking_number, email, phone, date, product. A number that a carrier's rule
    and the shop's pattern both accept, with no word to tell, is given as both. Only the first 20,000 characters count.
    """
    from rp_mw_shared.redaction.lookalikes import fold

    folded = fold(text[:MAX_CHARS])
    spans = list(_recognised(folded.plain, patterns, product_words))
    found = {
        Entity(kind, text[left:right], left, right)
        for start, end, kind in spans
        for left, right in (folded.original(start, end),)
    }
    return tuple(sorted(found, key=lambda entity: (entity.start, -entity.end, entity.type)))


def _recognised(
    plain: str, patterns: tuple[str, ...], product_words: tuple[str, ...]
) -> Iterator[tuple[int, int, str]]:
    tracking, contacts, orders = _numbers_of(plain)
    shop = list(_shop_orders(plain, patterns))
    invoices = [span for span in orders if span[2] == "invoice_number"]
    named = [span for span in orders if span[2] == "order_number"]
    numbers = [*named, *_clear_of(shop, [*named, *invoices, *contacts])]
    yield from tracking
    yield from _clear_of(contacts, [*tracking, *orders])
    yield from invoices
    yield from (span for span in numbers if _stands(plain, span, tracking))
    yield from find_dates(plain)
    yield from _products(plain, product_words)


def _numbers_of(plain: str) -> tuple[list[tuple[int, int, str]], ...]:
    """Return tracking numbers, contacts and the order numbers that the words around them announce."""
    from rp_mw_shared.redaction import numbers, online, orders, tracking
    from rp_mw_shared.redaction.context_words import find_context_words

    emails = list(online.find_emails(plain))
    if not any(char.isdigit() for char in plain):
        return [], emails, []
    context = find_context_words(plain)
    parcels, named = list(tracking.find_tracking(plain, context)), list(orders.find_orders(plain))
    taken = _covered([*parcels, *named, *emails])

    def is_free(start: int, end: int) -> bool:
        return taken.count(1, start, end) < end - start

    phones = [span for span in numbers.find_numbers(plain, context, is_free) if span[2] == "phone"]
    return parcels, [*emails, *phones], named


def _shop_orders(plain: str, patterns: tuple[str, ...]) -> Iterator[tuple[int, int, str]]:
    from rp_mw_shared.redaction.order_context import is_other_number

    for pattern in _compiled(patterns):
        for match in pattern.finditer(plain):
            start, end = match.span("number" if "number" in pattern.groupindex else 0)
            if start < end and not is_other_number(plain, start, end):
                yield start, end, "order_number"


def _clear_of(
    spans: Iterable[tuple[int, int, str]], taken: list[tuple[int, int, str]]
) -> Iterator[tuple[int, int, str]]:
    """Yield the spans that overlap nothing taken."""
    covered = _covered(taken)
    for span in spans:
        if covered.find(1, span[0], span[1]) < 0:
            yield span


def _covered(spans: list[tuple[int, int, str]]) -> bytearray:
    """Return a 1 for every character that one of `spans` holds: asking it takes no longer for many spans."""
    covered = bytearray(max((end for _, end, _ in spans), default=0))
    for start, end, _ in spans:
        covered[start:end] = b"\1" * (end - start)
    return covered


def _stands(plain: str, span: tuple[int, int, str], tracking: list[tuple[int, int, str]]) -> bool:
    """Whether an order number stays one: a carrier's number is none, unless it is the whole message and short."""
    overlapping = [found for found in tracking if span[0] < found[1] and found[0] < span[1]]
    return not overlapping or (span[1] - span[0] <= 11 and plain.strip() == plain[span[0] : span[1]])


@lru_cache(maxsize=8)
def _compiled(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)


def order_numbers(entities: Iterable[Entity]) -> tuple[str, ...]:
    """Return the different order numbers the customer gave, normalised, in order of appearance."""
    found = (normalised_number(entity.value) for entity in entities if entity.type == ORDER_NUMBER)
    return tuple(dict.fromkeys(number for number in found if number))


def normalised_number(value: str) -> str:
    """Return an order number as it is compared: no `#`, blanks, commas or case; look-alikes stay different."""
    return value.replace("#", "").replace(" ", "").replace(",", "").strip("-").upper()


def is_called(order: OrderFacts, number: str) -> bool:
    """Tell whether the order bears the number, which is normalised, with or without the shop's prefix and suffix."""
    return number == normalised_number(order.name) or number in order.spellings


def find_meant_number(numbers: tuple[str, ...], lookup: OrderLookup | None) -> str | None:
    """Return the number of the one order a case is about, in its shortest spelling; None for none or several.

    The shop's order counts before the customer's words only where they are about the same one, or give no number.
    """
    order = lookup.order if lookup is not None else None
    if len(numbers) > 1:
        return None
    if order is not None and (not numbers or is_called(order, numbers[0])):
        return min((normalised_number(order.name), *order.spellings), key=len)
    return numbers[0] if numbers else None


def with_subject_numbers(
    entities: tuple[Entity, ...], of_subject: tuple[Entity, ...], text_chars: int
) -> tuple[Entity, ...]:
    """Return the entities of the text and, where it names no order, the order numbers of the subject.

    A number of the subject stands at the text's end and is empty there: it has no place in the text.
    """
    if any(entity.type == ORDER_NUMBER for entity in entities):
        return entities
    numbers = (entity for entity in of_subject if entity.type == ORDER_NUMBER)
    return (*entities, *(replace(entity, start=text_chars, end=text_chars) for entity in numbers))


def find_dates(plain: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, "date") for calendar dates, weekdays and expressions such as "3 days ago"."""
    for match in _DATES.finditer(plain):
        yield match.start(), match.end(), "date"


def _products(plain: str, words: tuple[str, ...]) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, "product") for every product word, singular or plural."""
    for match in _product_pattern(words).finditer(plain) if words else ():
        yield match.start(), match.end(), "product"


@lru_cache(maxsize=2)
def _product_pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest_first))})(?:e?s)?(?![\w-])", re.IGNORECASE)
