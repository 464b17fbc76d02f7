"""The figures: how much of what is labelled is masked or found, and how much of clean text is masked for nothing.

A labelled value counts as masked when every letter and digit of it is. Every function takes rows as read and returns
counts; nothing here reads files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from rp_mw_shared.redaction import redact
from rp_mw_shared.redaction.tracking import matching_formats
from rp_mw_worker.domain.entities import find_entities

Row = dict[str, Any]

# The type names of the labelled files, by the figure they count for.
LABELS = {
    "email": ("EMAIL_ADDRESS",),
    "phone": ("PHONE_NUMBER",),
    "card": ("CREDIT_CARD",),
    "iban": ("IBAN", "IBAN_CODE"),
    "national_id": ("SOCIAL_SECURITY_NUMBER", "US_SSN", "TAX_ID", "US_DRIVER_LICENSE", "MEDICAL_RECORD_NUMBER"),
    "street_address": ("STREET_ADDRESS",),
    "ip_address": ("IP_ADDRESS", "MAC_ADDRESS"),
    "bank_account": ("SWIFT_BIC_CODE",),
    "username": ("USERNAME",),
    "invoice_number": ("INVOICE_NUMBER",),
    "person_name": ("PERSON", "PERSON_NAME"),
}
_FIGURE_OF = {label: figure for figure, labels in LABELS.items() for label in labels}
# Neutral sentences, none from the files; numbers in national format need a word that says what they are.
PHONE_SENTENCES = (
    "Please call me on {} tomorrow.",
    "My phone number is {}.",
    "You can reach me at {} after six",
    "Tel: {}",
)
TRACKING_SENTENCES = ("{}", "My tracking number is {} and nothing moves.", "Tracking: {}")
EMAIL_SENTENCES = ("{}", "You can write to {} about it.")
_WORD = re.compile(r"\S+")
_EXPECTED = re.compile(r"[\d@]")


@dataclass(slots=True)
class Tally:
    """How many of the labelled values were found; `missed` are the first misses, to look at."""

    found: int = 0
    total: int = 0
    typed: int = 0

    def add(self, found: bool, typed: bool = False) -> None:
        """Count one value; `typed`: also under the right type."""
        self.found += found
        self.typed += typed
        self.total += 1

    @property
    def share(self) -> float | None:
        """Found of all, None without any."""
        return self.found / self.total if self.total else None


Missed = Callable[[str, str, str], None]


def measure_spans(rows: Iterable[Row], missed: Missed) -> dict[str, Tally]:
    """Return the tally of every figure over rows with labelled spans."""
    tallies = {figure: Tally() for figure in LABELS}
    for row in rows:
        spans = redact(row["text"]).spans if row["spans"] else ()
        for label in row["spans"]:
            figure = _FIGURE_OF.get(label["type"])
            if figure is None:
                continue
            covered = is_covered(row["text"], label["start"], label["end"], spans)
            typed = any(
                span.type == figure and span.start < label["end"] and label["start"] < span.end for span in spans
            )
            tallies[figure].add(covered, typed)
            if not covered:
                missed(figure, row["text"][label["start"] : label["end"]], row["text"])
    return tallies


def measure_in_sentences(values: Iterable[str], sentences: tuple[str, ...], kind: str, missed: Missed) -> Tally:
    """Return how many values are masked in each of the sentences."""
    tally = Tally()
    for value in values:
        for sentence in sentences:
            text, start = sentence.format(value), sentence.index("{}")
            spans = redact(text).spans
            covered = is_covered(text, start, start + len(value), spans)
            tally.add(covered, any(span.type == kind for span in spans))
            if not covered:
                missed(kind, value, text)
    return tally


def measure_tracking(numbers: Iterable[Row], missed: Missed) -> dict[str, Tally]:
    """Return how many valid numbers, and how many invalid ones, are recognised as tracking numbers.

    An invalid number that satisfies another carrier's rule is a valid number of that carrier and is not counted.
    """
    tallies = {"tracking_valid": Tally(), "tracking_invalid": Tally()}
    for entry in numbers:
        figure = "tracking_valid" if entry["valid"] else "tracking_invalid"
        if not entry["valid"] and matching_formats(re.sub(r"\s", "", entry["number"])):
            continue
        for sentence in TRACKING_SENTENCES:
            text = sentence.format(entry["number"])
            found = any(entity.type == "tracking_number" for entity in find_entities(text))
            tallies[figure].add(found)
            if found != entry["valid"]:
                missed(figure, entry["number"], text)
    return tallies


def measure_orders(rows: Iterable[Row], missed: Missed) -> dict[str, Tally]:
    """Return recall of labelled order numbers as entities, and how many found ones are labelled (precision)."""
    tallies = {"order_number": Tally(), "order_number_precision": Tally()}
    for row in rows:
        labelled = {(label["start"], label["end"]) for label in row["entities"] if label["type"] == "order_id"}
        found = {(found.start, found.end) for found in find_entities(row["text"]) if found.type == "order_number"}
        for span in labelled:
            tallies["order_number"].add(span in found)
            if span not in found:
                missed("order_number", row["text"][slice(*span)], row["text"])
        for span in found:
            tallies["order_number_precision"].add(span in labelled)
            if span not in labelled:
                missed("order_number_precision", row["text"][slice(*span)], row["text"])
    return tallies


def measure_prose(rows: Iterable[Row], missed: Missed) -> dict[str, Tally]:
    """Return how many of the field rows that name a value to be masked have all of it masked.

    A row says what in words: "masked: ['4821']" or "TBA619632698000 is masked and not looked up as an order".
    """
    tally = Tally()
    for row in rows:
        if not str(row["kind"]).endswith("not masked"):
            continue
        expected = str(row["expected"])
        values = re.findall(r"'([^']+)'", expected) or re.findall(r"^(\S+) is masked", expected)
        text, spans = row["input"], redact(row["input"]).spans
        places = [(start, start + len(value)) for value in values if (start := text.find(value)) >= 0]
        if places:
            masked = all(is_covered(text, start, end, spans) for start, end in places)
            tally.add(masked)
            if not masked:
                missed("prose", " ".join(values), text)
    return {"prose": tally}


def labelled_names(rows: Iterable[Row]) -> frozenset[str]:
    """Return the words of the names that are labelled as such: masking one of them is no mistake."""
    return frozenset(
        word
        for row in rows
        for label in row["entities"]
        if label["type"] == "person_name"
        for word in re.findall(r"[^\W\d_]+", str(label["value"]))
    )


def measure_false_redactions(
    texts: Iterable[str], missed: Missed, figure: str, names: frozenset[str] = frozenset()
) -> Tally:
    """Return how many words are masked, at least in part, although they hold no digit, no at sign and none of `names`.

    Support texts hold real order numbers, which are to be masked; a word without either is masked for nothing, but for
    the few names in them.
    """
    tally = Tally()
    for text in texts:
        spans = redact(text).spans
        for word in _WORD.finditer(text):
            hit = any(span.start < word.end() and word.start() < span.end for span in spans)
            false = hit and not _EXPECTED.search(word.group()) and word.group().strip(".,!?'") not in names
            tally.add(false)
            if false:
                missed(figure, word.group(), text)
    return tally


def is_covered(text: str, start: int, end: int, spans: Iterable[Any]) -> bool:
    """Tell whether every letter and digit of `text[start:end]` lies in a span."""
    hidden: set[int] = set()
    for span in spans:
        hidden.update(range(max(start, span.start), min(end, span.end)))
    return all(index in hidden for index in range(start, end) if text[index].isalnum())
