"""Runs the recognisers over a text, settles overlaps, and puts placeholders in.

    placeholders > known values > secrets > URLs > e-mail > machines > bank > ids > tracking > orders > birth dates
      > addresses > numbers > names        (what comes first keeps its characters)

After a round the text is read again with its placeholders in, until nothing new is found: so redacting the result
again changes nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator

from rp_mw_shared.redaction import (
    addresses,
    announced,
    banking,
    names,
    national_ids,
    numbers,
    online,
    orders,
    tracking,
)
from rp_mw_shared.redaction.context_words import find_context_words
from rp_mw_shared.redaction.lookalikes import fold
from rp_mw_shared.redaction.spans import PLACEHOLDER_WORDS, ModelText, Redaction, Span

MAX_CHARS = 100_000  # what is beyond is cut, never passed on unread
_MAX_ROUNDS = 12
_MAX_READ_CHARS = 18_000  # all rounds together, before whatever holds a digit goes
_WITH_DIGIT = re.compile(r"[^\W_]{0,40}\d[\w.@+-]{0,40}")
_PLACEHOLDER = re.compile(r"\[(?:" + "|".join(sorted(PLACEHOLDER_WORDS.values())) + r")(?:_\d{1,9})?\]")

Found = tuple[int, int, str]


def to_redaction(text: str, known_values: tuple[str, ...]) -> Redaction:
    """See `redaction.redact`."""
    spans = find_spans(text, known_values)
    return Redaction(_replaced(text, spans, lambda span: f"[{PLACEHOLDER_WORDS[span.type]}]"), spans)


def to_model_text(text: str, known_values: tuple[str, ...]) -> ModelText:
    """See `redaction.redact_for_model`."""
    literals = tuple(Span(match.start(), match.end(), "literal") for match in _PLACEHOLDER.finditer(text[:MAX_CHARS]))
    spans = tuple(sorted((*find_spans(text, known_values), *literals)))
    numbered: dict[tuple[str, str], str] = {}
    counts: dict[str, int] = {}

    def placeholder(span: Span) -> str:
        key = (span.type, text[span.start : span.end])
        if key not in numbered:
            counts[span.type] = counts.get(span.type, 0) + 1
            numbered[key] = f"[{PLACEHOLDER_WORDS[span.type]}_{counts[span.type]}]"
        return numbered[key]

    replaced = _replaced(text, spans, placeholder)
    return ModelText(replaced, {name: value for (_, value), name in numbered.items()})


def to_resolved(text: str, mapping: dict[str, str]) -> str:
    """See `redaction.resolve`."""
    return _PLACEHOLDER.sub(lambda match: mapping.get(match.group(), match.group()), text)


def find_spans(text: str, known_values: tuple[str, ...] = ()) -> tuple[Span, ...]:
    """Return the spans of personal values in `text`, in order and not overlapping; what is typed in brackets stays."""
    spans = [Span(MAX_CHARS, len(text), "truncated")] if len(text) > MAX_CHARS else []
    for _ in range(_rounds(min(len(text), MAX_CHARS))):
        found = _find_more(text, spans, known_values)
        if not found:
            return tuple(spans)
        spans = sorted([*spans, *found])
    return tuple(sorted([*spans, *_with_digits(text, spans)]))


def _rounds(chars: int) -> int:
    """Return how often a text is read: a chain of values, each of which shows the next, would keep a long one busy."""
    return max(2, min(_MAX_ROUNDS, _MAX_READ_CHARS // max(1, chars)))


def _with_digits(text: str, spans: list[Span]) -> list[Span]:
    """Return whatever between the spans holds a digit: what a text that does not settle may still keep."""
    ends, starts = [0, *(span.end for span in spans)], [*(span.start for span in spans), len(text)]
    gaps = zip(ends, starts, strict=True)
    return [
        Span(match.start(), match.end(), "number")
        for start, end in gaps
        for match in _WITH_DIGIT.finditer(text, start, end)
    ]


def _find_more(text: str, spans: list[Span], known_values: tuple[str, ...]) -> list[Span]:
    """Return spans not found yet, as offsets of `text`, by reading it with placeholders in place of `spans`."""
    masked = _replaced(text, spans, lambda span: f"[{PLACEHOLDER_WORDS[span.type]}]")
    folded = fold(masked)
    unique = UniqueSpans(folded.plain)
    for match in _PLACEHOLDER.finditer(folded.plain):
        unique.block(match.start(), match.end())
    for start, end, kind in _recognised(folded.plain, known_values, unique):
        unique.add(start, end, kind)
    to_original = _Shift(spans)
    found = ((*folded.original(start, end), kind) for start, end, kind in unique.spans)
    return [Span(to_original(start), to_original(end), kind) for start, end, kind in found]


def _recognised(plain: str, known_values: tuple[str, ...], unique: UniqueSpans) -> Iterator[Found]:
    """Yield what every recogniser finds; each is asked only after what came before it has been added."""
    has_digit = any(char.isdigit() for char in plain)
    context = find_context_words(plain) if has_digit else None
    yield from names.find_known_values(plain, known_values)
    yield from online.find_secrets(plain)
    yield from online.find_urls(plain)
    emails = tuple(online.find_emails(plain))
    yield from emails
    yield from online.find_unsigned_emails(plain)
    yield from announced.find_announced(plain)
    yield from announced.find_spelled_digits(plain)
    if has_digit or ":" in plain:
        yield from online.find_machines(plain)
    if context is not None:
        yield from banking.find_bank_accounts(plain, context)
        yield from national_ids.find_lettered_ids(plain, context)
        yield from tracking.find_tracking(plain, context)
        yield from orders.find_orders(plain)
        yield from numbers.find_birth_dates(plain, context)
        yield from announced.find_announced_birth_dates(plain)
    yield from addresses.find_addresses(plain)
    if context is not None:
        yield from numbers.find_numbers(plain, context, unique.is_free)
        yield from numbers.find_long_codes(plain)
    yield from names.find_names(plain, tuple(plain[start:end] for start, end, _ in emails))
    yield from names.find_listed_names(plain)


def _replaced(text: str, spans: Iterable[Span], placeholder: Callable[[Span], str]) -> str:
    pieces: list[str] = []
    position = 0
    for span in spans:
        pieces += [text[position : span.start], placeholder(span)]
        position = span.end
    return "".join([*pieces, text[position:]])


class _Shift:
    """Turns offsets of the text with `[TYPE]` placeholders into offsets of the original."""

    def __init__(self, spans: list[Span]) -> None:
        self._ends, self._shifts = [0], [0]
        for span in spans:
            width = len(PLACEHOLDER_WORDS[span.type]) + 2
            self._shifts.append(self._shifts[-1] + (span.end - span.start) - width)
            self._ends.append(span.end - self._shifts[-1])

    def __call__(self, position: int) -> int:
        """Return the original offset of a masked one outside every placeholder."""
        return position + self._shifts[bisect_right(self._ends, position) - 1]


class UniqueSpans:
    """The spans found in one text, none over another. Of what is partly taken the rest is added."""

    def __init__(self, plain: str) -> None:
        self._plain = plain
        self._taken = bytearray(len(plain))
        self.spans: list[tuple[int, int, str]] = []

    def is_free(self, start: int, end: int) -> bool:
        """Tell whether any character of the range is still free."""
        return self._taken.find(0, start, end) >= 0

    def block(self, start: int, end: int) -> None:
        """Let nobody have the range."""
        self._taken[start:end] = b"\1" * (end - start)

    def add(self, start: int, end: int, kind: str) -> None:
        """Give what is free of the range, without blanks and punctuation at its edges, to `kind`."""
        for left, right in list(self._free(start, end)):
            first, last = self._trimmed(left, right)
            if first < last:
                self.block(first, last)
                self.spans.append((first, last, kind))

    def _free(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        while start < end:
            left = self._taken.find(0, start, end)
            if left < 0:
                return
            right = self._taken.find(1, left, end)
            right = end if right < 0 else right
            yield left, right
            start = right

    def _trimmed(self, left: int, right: int) -> tuple[int, int]:
        while left < right and not _is_telling(self._plain[left]):
            left += 1
        while right > left and not _is_telling(self._plain[right - 1]):
            right -= 1
        return left, right


def _is_telling(char: str) -> bool:
    return char.isalnum() or char in "+(\"'!#$%&*/=?^`{|}~_)]@"
