"""Proof that a text stands in a ticket: what was sent and what is read back rarely agree in mark-up and blanks."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from html import unescape

# Every private note of ours begins like this, squeezed or not, so that a helpdesk that does not say "private" cannot
# fool us.
NOTE_MARKER = "rp-mw:"

_TAG = re.compile(r"<[^<>]*>")
_BLANKS = re.compile(r"[\s\u200b\ufeff]+")
_DIGEST_HEX_CHARS = 32


def squeeze(text: str) -> str:
    """Return `text` without mark-up, entities and blanks: equal for every way a helpdesk shows the same words."""
    plain = unescape(_TAG.sub("", text))
    return _BLANKS.sub("", unicodedata.normalize("NFC", plain))


def squeeze_each(bodies: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return each comment's different bodies squeezed, in their order."""
    return [list(dict.fromkeys(map(squeeze, several))) for several in bodies]


def body_digest(text: str) -> str:
    """Return 32 hex digits of the SHA-256 of the squeezed text."""
    return hashlib.sha256(squeeze(text).encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_HEX_CHARS]


def is_written(written: Sequence[tuple[str, str]], after_message_id: str, digest: str, text: str | None) -> bool:
    """Tell whether a comment behind the message is the text of `digest`, or holds `text` (a signature may follow it).

    `written` is (comment id, squeezed text), oldest first. Older comments do not count: they may hold the same words.
    """
    wanted = squeeze(text) if text else ""
    for comment in _behind(written, after_message_id):
        if wanted and wanted in comment:
            return True
        if hashlib.sha256(comment.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_HEX_CHARS] == digest:
            return True
    return False


def has_note(written: Sequence[tuple[str, str]], after_message_id: str) -> bool:
    """Tell whether a note of ours stands behind the message."""
    return any(comment.startswith(NOTE_MARKER) for comment in _behind(written, after_message_id))


def _behind(written: Sequence[tuple[str, str]], message_id: str) -> list[str]:
    ids = [comment_id for comment_id, _ in written]
    start = len(ids) - ids[::-1].index(message_id) if message_id in ids else 0
    return [comment for _, comment in written[start:]]
