"""Signatures that already brought a message in: a recorded request is not taken twice.

This process remembers them for as long as their timestamp lets them in; between processes SQS does, because a message
without an id of its own is deduplicated by its signature for five minutes (Source: SQS, exactly-once processing).
"""

from __future__ import annotations

import hashlib
from itertools import islice

from rp_mw_ingress.domain.authentication import MAX_CLOCK_DIFFERENCE_SECONDS

KEEP_SECONDS = 2 * MAX_CLOCK_DIFFERENCE_SECONDS  # a timestamp may lie ahead by as much as it may lie back
MAX_SIGNATURES = 20_000  # 3 MB


class SeenSignatures:
    """Digests of signatures, oldest first; the oldest give way to new ones beyond MAX_SIGNATURES."""

    def __init__(self) -> None:
        self._kept_until: dict[bytes, int] = {}

    def has(self, signature: str, now_epoch_seconds: int) -> bool:
        """Tell whether the signature was remembered and may still be valid."""
        return self._kept_until.get(_digest(signature), -1) >= now_epoch_seconds

    def remember(self, signature: str, now_epoch_seconds: int) -> None:
        """Keep the signature; call it once its message is queued, so that a sender may try again until then."""
        self._forget_old(now_epoch_seconds)
        self._kept_until[_digest(signature)] = now_epoch_seconds + KEEP_SECONDS

    def _forget_old(self, now_epoch_seconds: int) -> None:
        for key, until in list(islice(self._kept_until.items(), 2)):  # two out for one in: it never grows by old ones
            if until < now_epoch_seconds or len(self._kept_until) >= MAX_SIGNATURES:
                del self._kept_until[key]


def _digest(signature: str) -> bytes:
    return hashlib.sha256(signature.strip().lower().encode("utf-8", "surrogatepass")).digest()
