"""Secrets no two customers share, made so that one search finds everybody's: a kind has a part all have in common."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.privacy.search import digests_of, forms

# parts every customer's secret of a kind contains, long enough to be found in any alignment of base64
# before the number of a domain of their own: a domain is answered only so often within an hour
EMAIL_PART = "@zqxvkjwq-canary"
NAME_PART = "Quilla Farnsworth-Zqxvkjwq"
STREET_PART = " Zqxvkjwq Avenue, Springfield, IL 62704"
PHONE_PART = "+1 415 555 0"
CARD_PART = "4539 5787 6"
WORDS_PART = "the jqwkzvtx porcelain otter cried at"
CONVERSATION_PART = "soak-conversation-"
_HEX = re.compile(r"[0-9a-f]{12,}")
# a digest may be kept cut: this much of it is compared
_DIGEST_CHARS = 12
_UPS_LETTER_VALUES = {letter: (place + 2) % 10 for place, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ")}


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer with one conversation and one order."""

    conversation_id: str
    channel: str
    email: str
    phone: str
    name: str
    card: str
    street: str
    words: str
    order: str
    order_id: str
    tracking: str

    def personal(self) -> tuple[str, ...]:
        """What no vendor but the helpdesk may see."""
        return (self.email, self.phone, self.name, self.card, self.street, self.tracking)


def customer(seed: int, number: int) -> Customer:
    """Returns the customer with this number; everything about them is unique within a run."""
    rng = random.Random(f"{seed} {number}")
    is_mail = rng.random() < 0.6
    return Customer(
        conversation_id=f"<{CONVERSATION_PART}{number}@mail.example.com>"
        if is_mail
        else f"{CONVERSATION_PART}{number}",
        channel="email" if is_mail else "messenger",
        email=f"quilla{number}{EMAIL_PART}{number}.example",
        phone=f"{PHONE_PART}{number:03d}",
        name=f"{NAME_PART}{_letters(number)}",
        card=_card(number),
        street=f"{number + 100}{STREET_PART}",
        words=f"{WORDS_PART} {_letters(number)}",
        order=f"{77_310_000 + number}",
        order_id=f"{930_000_000 + number}",
        tracking=_tracking(number),
    )


def _letters(number: int) -> str:
    return "".join("bdfgklmnpr"[int(digit)] + "aeiou"[int(digit) % 5] for digit in f"{number:03d}")


def _card(number: int) -> str:
    digits = [int(digit) for digit in f"{CARD_PART.replace(' ', '')}{number:06d}"]
    total = sum(
        digit if place % 2 else (2 * digit - 9 if digit > 4 else 2 * digit) for place, digit in enumerate(digits)
    )
    text = "".join(map(str, digits)) + str(-total % 10)
    return " ".join(text[place : place + 4] for place in range(0, 16, 4))


def _tracking(number: int) -> str:
    """Returns a UPS number with a right check digit."""
    body = f"5R8939{number:09d}"
    values = [_UPS_LETTER_VALUES[char] if char.isalpha() else int(char) for char in body]
    total = sum(value if place % 2 == 0 else 2 * value for place, value in enumerate(values))
    return f"1Z{body}{-total % 10}"


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: needles by the kind of secret, whole numbers, and the beginnings of unsalted digests."""

    needles: dict[str, tuple[str, ...]]
    numbers: dict[str, str]
    digests: frozenset[str]

    def leaks(self, haystack: str) -> Iterator[str]:
        """Yields the kind of each secret found in the text."""
        lowered = haystack.lower()
        for kind, needles in self.needles.items():
            if any(needle in lowered for needle in needles):
                yield kind
        for kind, pattern in self.numbers.items():
            if re.search(pattern, lowered):
                yield kind
        if any(token[:_DIGEST_CHARS] in self.digests for token in _HEX.findall(lowered)):
            yield "unsalted digest"


_PERSONAL_PARTS = {
    "e-mail": EMAIL_PART,
    "phone": PHONE_PART,
    "name": NAME_PART,
    "card": CARD_PART,
    "street": STREET_PART.strip(),
}
_TRACKING = {"tracking number": r"1z5r8939\d{9}"}
# not inside a longer number or a digest: among millions of random digits there is one
_ORDER = {"order number": r"(?<![0-9a-f.])77310[0-5]\d\d(?![0-9a-f])"}


def search_in_what_is_kept(customers: Iterable[Customer]) -> Search:
    """For logs, metrics, tables and DLQ attributes: nothing at all may be there, not even a digest without salt."""
    digests = {
        digest[:_DIGEST_CHARS]
        for one in customers
        for secret in (*one.personal(), one.words, one.order)
        for digest in digests_of(secret)
    }
    parts = _PERSONAL_PARTS | {"message text": WORDS_PART}
    return Search(_needles(parts), _TRACKING | _ORDER, frozenset(digests))


def search_in_logs() -> Search:
    """In logs a conversation's id is shown by a salted hash only."""
    return Search({"conversation id": (CONVERSATION_PART,)}, {}, frozenset())


def search_in_model_requests(customers: Iterable[Customer]) -> Search:
    """The model reads redacted text: the words, but nobody's address, number or name."""
    digests = {
        digest[:_DIGEST_CHARS] for one in customers for secret in one.personal() for digest in digests_of(secret)
    }
    return Search(_needles(_PERSONAL_PARTS), dict(_TRACKING), frozenset(digests))


def _needles(parts: dict[str, str]) -> dict[str, tuple[str, ...]]:
    return {kind: tuple(sorted(forms(part))) for kind, part in parts.items()}
