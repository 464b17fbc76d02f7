"""Passwords, keys, tokens and user names: what opens an account."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Source: the vendors' documented key prefixes.
_KEY = re.compile(
    r"(?<![\w-])(?:sk-[\w-]{16,200}|(?:sk|pk|rk)_(?:live|test)_\w{10,200}|AKIA[0-9A-Z]{16}|ASIA[0-9A-Z]{16}"
    r"|gh[pousr]_\w{30,100}|github_pat_\w{30,100}|xox[abprs]-[\w-]{10,100}|AIza[\w-]{30,45}|shp(?:at|ca|pa|ss)_\w{20,60}"
    r"|eyJ[\w-]{8,2000}\.[\w-]{8,4000}(?:\.[\w-]{4,2000})?|glpat-[\w-]{16,40}|SG\.[\w-]{16,40}\.[\w-]{16,60})"
)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----")
_ASSIGNED = re.compile(
    r"(?:pass ?word|passcode|passphrase|pwd|api[ _-]?key|(?:access|auth|session|bearer|id)?[ _-]?token|secret"
    r"(?:[ _-]?key)?|client[ _-]?secret)[\"']?\s{0,2}(?P<glue>[:=]|\bis\b)\s{0,2}[\"']?(?P<value>[^\s\"',;]{4,200})",
    re.IGNORECASE,
)
_USER = re.compile(
    r"(?:user ?name|db_user|user_?id|login(?: name| id)?|screen name)[\"']?\s{0,2}(?:[:=]|\bis\b)\s{0,2}[\"']?"
    r"(?P<value>[\w.@-]{3,64})",
    re.IGNORECASE,
)
# A plain search for these is many times faster than the pattern, and most texts have none.
_ASSIGNED_HINTS = ("pass", "pwd", "key", "token", "secret")
_USER_HINTS = ("user", "login", "screen")
_MARKED = re.compile(r"[\d\W_]")


def find_secrets(plain: str) -> Iterator[tuple[int, int, str]]:
    """Yield keys of known vendors, private keys, and what is assigned to a password, token or user name."""
    for match in _KEY.finditer(plain):
        yield match.start(), match.end(), "secret"
    for match in _PRIVATE_KEY.finditer(plain):
        closing = plain.find("-----END", match.end())
        yield match.start(), len(plain) if closing < 0 else min(len(plain), closing + 40), "secret"
    lowered = plain.lower()
    for match in _ASSIGNED.finditer(plain) if any(hint in lowered for hint in _ASSIGNED_HINTS) else ():
        value = match.group("value").rstrip(".!?)")
        if len(value) >= 4 and (match.group("glue") in ":=" or _MARKED.search(value)) and not value.startswith("["):
            yield match.start("value"), match.start("value") + len(value), "secret"
    for match in _USER.finditer(plain) if any(hint in lowered for hint in _USER_HINTS) else ():
        value = match.group("value").rstrip(".")
        if _MARKED.search(value) and value:
            yield match.start("value"), match.start("value") + len(value), "username"
