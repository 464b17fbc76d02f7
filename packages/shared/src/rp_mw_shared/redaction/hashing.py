"""Salted digests: how an id or a contact is compared and joined without being kept.

The salt is a secret of one environment, so a digest joins records within it and nowhere else.
"""

from __future__ import annotations

import hashlib
import hmac

_DIGEST_HEX_CHARS = 32  # 128 bits: no collision in any number of customers, and half the table's bytes
_SHORT_HEX_CHARS = 12
_MIN_PHONE_DIGITS = 7
_MAX_PHONE_DIGITS = 15  # Source: ITU-T E.164


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
