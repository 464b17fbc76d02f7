"""Proof that a text stands in a ticket: what was sent and what is read back rarely agree in mark-up and blanks."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from html import unescape

_TAG = re.compile(r"<[^<>]*>")
_BLANKS = re.compile(r"[\s\u200b\ufeff]+")
_DIGEST_HEX_CHARS = 32


def squeeze(text: str) -> str:
    """Return `text` without mark-up, entities and blanks: equal for every way a helpdesk shows the same words."""
    plain = unescape(_TAG.sub("", text))
    return _BLANKS.sub("", unicodedata.normalize("NFC", plain))


def body_digest(text: str) -> str:
    """Return 32 hex digits of the SHA-256 of the squeezed text."""
    return hashlib.sha256(squeeze(text).encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_HEX_CHARS]


def is_written(written: Iterable[str], digest: str, text: str | None) -> bool:
    """Tell whether one of the squeezed comments is the text of `digest`, or holds `text` (a signature may follow it)."""
    wanted = squeeze(text) if text else ""
    for comment in written:
        if wanted and wanted in comment:
            return True
        if hashlib.sha256(comment.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_HEX_CHARS] == digest:
            return True
    return False
