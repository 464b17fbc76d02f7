"""Salted digests: how an id or a contact is compared and joined without being kept.

The salt is a secret of one environment, so a digest joins records within it and nowhere else.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection

_DIGEST_HEX_CHARS = 32  # 128 bits: no collision in any number of customers, and half the table's bytes
_SHORT_HEX_CHARS = 12
_MIN_PHONE_DIGITS = 7
_MAX_PHONE_DIGITS = 15  # Source: ITU-T E.164
UNTAGGED, GMAIL = "untagged", "gmail"
MAILBOX_FORMS = (UNTAGGED, GMAIL)
_GMAIL_DOMAINS = frozenset({"gmail.com", "googlemail.com"})  # Source: Gmail Help, "Dots don't matter"


def salted_hash(value: str, salt: str) -> str:
    """Return the 32-hex-digit HMAC-SHA256 of `value` keyed with `salt`; raises ValueError for an empty salt."""
    if not salt:
        raise ValueError("the salt is empty")
    return hmac.new(salt.encode(), value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[
        :_DIGEST_HEX_CHARS
    ]


def short_hash(value: str, salt: str) -> str:
    """Return a short digest for log lines: `h` and 12 hex digits, so that it never looks like a number."""
    return "h" + salted_hash(value, salt)[:_SHORT_HEX_CHARS]


def order_digest(number: str, salt: str) -> str:
    """Return the digest by which an order number, normalised, is found again."""
    return salted_hash(f"order:{number}", salt)


def contact_digest(value: str, salt: str) -> str | None:
    """Return the digest of an e-mail address or phone number, or None when `value` is neither.

    E-mail: case is ignored for plain ASCII only (a look-alike letter must not become equal). Phone: digits only,
    `+` and a leading `00` mean the same; a number without its country code equals no number that has one, because
    a wrong match would disclose an order and a missed one only asks a question.
    """
    normalised = _find_contact(value.strip())
    return salted_hash(f"contact:{normalised}", salt) if normalised else None


def contact_digests(value: str, salt: str, forms: Collection[str] = MAILBOX_FORMS) -> tuple[str, ...]:
    """Return the digests of a contact: of the contact itself first, then of its mailbox in each of `forms`.

    `untagged`: what stands after a + in the local part is left out. `gmail`: at Gmail dots, tags and the second name of
    the domain say nothing. Digests of different forms are never equal. Empty for what is no contact.
    """
    exact = contact_digest(value, salt)
    mailboxes = _mailboxes(value.strip().lower()) if exact and "@" in value and value.isascii() else {}
    looser = (salted_hash(f"contact-{form}:{mailboxes[form]}", salt) for form in forms if form in mailboxes)
    return (exact, *looser) if exact else ()


def _mailboxes(address: str) -> dict[str, str]:
    local, _, domain = address.rpartition("@")
    bare = local.partition("+")[0] or local
    found = {UNTAGGED: f"{bare}@{domain}"}
    return found | {GMAIL: bare.replace(".", "")} if domain in _GMAIL_DOMAINS else found


def _find_contact(value: str) -> str | None:
    if "@" in value:
        local, _, domain = value.rpartition("@")
        usable = local and domain and not any(char.isspace() for char in value)
        return (value.lower() if value.isascii() else value) if usable else None
    return _find_phone(value)


def _find_phone(value: str) -> str | None:
    if any(char.isalpha() for char in value):
        return None
    digits = "".join(char for char in value if char in "0123456789")
    digits = digits.removeprefix("00")
    return digits if _MIN_PHONE_DIGITS <= len(digits) <= _MAX_PHONE_DIGITS else None
