"""What redaction finds and returns. Standard library only and nothing to load."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

# Every type of span and the word that stands in its place. A closed list: logs and tests rely on it.
PLACEHOLDER_WORDS = {
    "email": "EMAIL",  # also url-encoded and spelled out ("name at example dot com")
    "phone": "PHONE",  # with its extension
    "card": "CARD",  # payment card: Luhn, or any 12 to 19 digits called a card; security codes too
    "iban": "IBAN",
    "bank_account": "ACCOUNT",  # account, routing and sort codes, SWIFT/BIC
    "national_id": "ID",  # social security, tax, passport, licence and patient numbers
    "order_number": "ORDER",
    "invoice_number": "INVOICE",
    "tracking_number": "TRACKING",  # only where a carrier's own rule holds
    "street_address": "ADDRESS",
    "url": "URL",  # with a query, credentials or an opaque path
    "ip_address": "IP",  # v4, v6 and hardware addresses
    "date_of_birth": "BIRTHDATE",
    "secret": "SECRET",  # passwords, API keys, access tokens
    "crypto_wallet": "WALLET",
    "person_name": "NAME",  # the customer's own by value; others by the words around them, best effort
    "username": "USER",
    "number": "NUMBER",  # seven digits or more that nothing else explains
    "literal": "TEXT",  # a placeholder the customer typed
    "truncated": "CUT",  # beyond the longest text that is looked at
}


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters `start` to `end` (exclusive) are a value of `type`, a key of PLACEHOLDER_WORDS."""

    start: int
    end: int
    type: str


@dataclass(frozen=True, slots=True)
class Redaction:
    """The text with `[TYPE]` in place of values, and the spans of the original text, in order and not overlapping."""

    text: str
    spans: tuple[Span, ...]


class ModelText(NamedTuple):
    """The text with numbered placeholders, and the value of each placeholder."""

    text: str
    mapping: dict[str, str]
