"""Looks for a secret in whatever form it could hide: spelled, coded, digested, turned round, cut, split at line ends.

Every search is over lower-cased text.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import urllib.parse
from collections.abc import Iterable, Iterator
from functools import cache

_HASHES = ("md5", "sha1", "sha256", "sha512", "blake2b")
_LEAST_CHARS = 7
# A digest kept cut, or turned round, is found by this much of either end.
_DIGEST_CHARS = 12
_HEX = re.compile(r"[0-9a-f]{12,}")
_BLANKS = re.compile(r"(?:\\[rnt]|\s)+")


@cache
def forms(secret: str) -> frozenset[str]:
    """Return every form a secret could hide in, lower-cased; unsalted digests are `digests_of`."""
    found = {spelling.lower() for spelling in spellings(secret)}
    for spelling in spellings(secret) | {secret.strip("#")}:
        raw = spelling.encode()
        found |= {urllib.parse.quote(spelling, safe="").lower(), urllib.parse.quote_plus(spelling).lower()}
        found |= {raw.hex(), json.dumps(spelling)[1:-1].lower(), spelling[::-1].lower()}
        found |= {"".join(f"\\u{ord(char):04x}" for char in spelling)}
        found |= {
            coded.decode().rstrip("=").lower() for coded in (base64.b64encode(raw), base64.urlsafe_b64encode(raw))
        }
        # base64 of the secret inside a longer text: the part that does not depend on its neighbours
        found |= {base64.b64encode(b"x" * shift + raw).decode()[4:-4].lower() for shift in (0, 1, 2)}
    return frozenset(form for form in found if len(form) >= _LEAST_CHARS)


def spellings(secret: str) -> set[str]:
    """Return the secret as written, in other case and without blanks."""
    squeezed = "".join(secret.split())
    return {
        secret,
        secret.lower(),
        secret.upper(),
        secret.swapcase(),
        squeezed,
        squeezed.lower(),
        " ".join(secret.split()),
    }


def digests_of(secret: str) -> Iterator[str]:
    """Yield the digests that anybody can compute who guesses the secret."""
    for spelling in spellings(secret) | {secret.strip("#")}:
        for name in _HASHES:
            yield hashlib.new(name, spelling.encode()).hexdigest()


@cache
def digest_ends(secret: str) -> frozenset[str]:
    """Return the beginnings and ends of the digests, as they stand and turned round."""
    ends = set()
    for digest in digests_of(secret):
        for way in (digest, digest[::-1]):
            ends |= {way[:_DIGEST_CHARS], way[-_DIGEST_CHARS:]}
    return frozenset(ends)


def leaks(haystack: str, secrets: Iterable[str]) -> list[str]:
    """Return the secrets found in `haystack`, in whatever form."""
    lowered = haystack.lower()
    joined = _BLANKS.sub("", lowered)  # every secret has a spelling without blanks
    runs = _HEX.findall(lowered)
    ends = {end for run in runs for end in (run[:_DIGEST_CHARS], run[-_DIGEST_CHARS:])}
    return [
        secret
        for secret in secrets
        if ends & digest_ends(secret) or any(form in lowered or form in joined for form in forms(secret))
    ]
