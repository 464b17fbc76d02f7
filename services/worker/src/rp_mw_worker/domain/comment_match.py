"""Proof that a text stands in a ticket: what was sent and what is read back rarely agree in mark-up and blanks."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from html import unescape
from typing import NamedTuple

from rp_mw_shared.redaction.hashing import salted_hash
from rp_mw_worker.domain.model import Author

_TAG = re.compile(r"<[^<>]*>")
_BLANKS = re.compile(r"[\s\u200b\ufeff]+")
_DIGEST_HEX_CHARS = 32


class WrittenText(NamedTuple):
    """One body of a comment without mark-up and blanks; `author` UNKNOWN also for a private comment."""

    comment_id: str
    text: str
    author: Author = Author.UNKNOWN


def squeeze(text: str) -> str:
    """Return `text` without mark-up, entities and blanks: equal for every way a helpdesk shows the same words."""
    plain = unescape(_TAG.sub("", text))
    return _BLANKS.sub("", unicodedata.normalize("NFC", plain))


def squeeze_each(bodies: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return each comment's different bodies squeezed, in their order."""
    return [list(dict.fromkeys(map(squeeze, several))) for several in bodies]


def body_digest(text: str, salt: str) -> str:
    """Return the salted digest of the squeezed text, 32 hex digits: no guess can be tried without the salt."""
    return _digest(squeeze(text), salt)


def is_digest_of(digest: str, text: str, salt: str) -> bool:
    """Tell whether `digest` is the text's, also one that was kept before digests were salted."""
    return digest in _digests(squeeze(text), salt)


def is_written(
    written: Sequence[WrittenText], after_message_id: str, digest: str, text: str | None, salt: str
) -> bool | None:
    """Tell whether an operator's comment after the message is the text of `digest`, or holds `text`.

    A signature may follow the text. None: it stands there, but as nobody's, as the customer's or as private, so that it
    may have reached nobody. `written` is oldest first; older comments do not count: they may hold the same words.
    """
    later = _later(written, after_message_id)
    authors = {comment.author for comment in later if _is_it(comment.text, digest, text, salt)}
    if not authors:
        return False
    return True if Author.OPERATOR in authors else None


def find_notes(written: Sequence[WrittenText], digests: Sequence[str], salt: str) -> frozenset[str]:
    """Return the ids of the comments that are notes of ours: for each digest the oldest comment with that very text.

    `digests` are kept when a note is written (`body_digest`); a later comment of the same words is somebody else's.
    """
    wanted, found = Counter(digests), set()
    for comment in written:
        digest = next((one for one in _digests(comment.text, salt) if wanted[one] > 0), None) if wanted else None
        if digest is not None and comment.comment_id not in found:
            wanted[digest] -= 1
            found.add(comment.comment_id)
    return frozenset(found)


def _is_it(squeezed: str, digest: str, text: str | None, salt: str) -> bool:
    wanted = squeeze(text) if text else ""
    return (bool(wanted) and wanted in squeezed) or digest in _digests(squeezed, salt)


def _later(written: Sequence[WrittenText], message_id: str) -> Sequence[WrittenText]:
    ids = [comment.comment_id for comment in written]
    start = len(ids) - ids[::-1].index(message_id) if message_id in ids else 0
    return written[start:]


def _digest(squeezed: str, salt: str) -> str:
    return salted_hash(f"body:{squeezed}", salt)


def _digests(squeezed: str, salt: str) -> tuple[str, str]:
    """Return the digest as it is kept now, and as the worker kept it up to 0.2: those items live out (90 days)."""
    unsalted = hashlib.sha256(squeezed.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_HEX_CHARS]
    return _digest(squeezed, salt), unsalted
