"""Who may post: a shared token in a header, or an HMAC over timestamp and raw body.

The helpdesk's HTTP Targets know only static headers, so `token` is the mode it can use; `hmac` is for a relay in
front of it. Comparing takes the same time whatever is offered, and every way to fail is the same False.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from rp_mw_shared.secret_strength import find_weakness

TOKEN_HEADER = "x-middleware-token"
SIGNATURE_HEADER = "x-signature"
TIMESTAMP_HEADER = "x-timestamp"
MAX_CLOCK_DIFFERENCE_SECONDS = 300

_TIMESTAMP = re.compile(r"[0-9]{1,12}")


class AuthMode(StrEnum):
    """How requests prove where they come from."""

    TOKEN = "token"
    HMAC = "hmac"


class WebhookSecrets(NamedTuple):
    """The secrets accepted now, current first; none that could be guessed. Its repr shows none of them."""

    tokens: tuple[str, ...] = ()
    hmac_keys: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "WebhookSecrets(...)"

    def has_any_for(self, mode: AuthMode) -> bool:
        """Return whether there is at least one secret for `mode`: without one nobody could ever be let in."""
        return bool(self.tokens if mode is AuthMode.TOKEN else self.hmac_keys)


def usable(values: Iterable[object]) -> tuple[str, ...]:
    """Return those of a secret's values that may let somebody in: texts, stripped, none that could be guessed."""
    texts = (value.strip() for value in values if isinstance(value, str))
    return tuple(text for text in texts if find_weakness(text) is None)


def is_authentic(
    mode: AuthMode, headers: Mapping[str, str], body: bytes, secrets: WebhookSecrets, now_epoch_seconds: int
) -> bool:
    """Return whether the request carries a valid credential. Header names are lower case; `body` is as received."""
    if mode is AuthMode.TOKEN:
        return _matches_any(headers.get(TOKEN_HEADER, ""), secrets.tokens)
    timestamp = headers.get(TIMESTAMP_HEADER, "")
    if not _TIMESTAMP.fullmatch(timestamp):
        return False
    if abs(now_epoch_seconds - int(timestamp)) > MAX_CLOCK_DIFFERENCE_SECONDS:
        return False
    expected = tuple(sign(key, timestamp, body) for key in secrets.hmac_keys)
    return _matches_any(headers.get(SIGNATURE_HEADER, "").lower(), expected)


def sign(key: str, timestamp: str, body: bytes) -> str:
    """Return the hex HMAC-SHA256 of `timestamp`, a dot and the raw body. Source: product description, ingress."""
    return hmac.new(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _matches_any(offered: str, accepted: tuple[str, ...]) -> bool:
    offered_bytes = offered.encode("utf-8", "surrogatepass")
    matched = False
    for secret in accepted:
        # No early return: the time must not tell which of the two secrets is in use.
        matched |= hmac.compare_digest(offered_bytes, secret.encode())
    return matched
