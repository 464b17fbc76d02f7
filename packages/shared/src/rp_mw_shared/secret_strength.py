"""Says whether a secret of our own making (webhook token, signing key, salt) could be guessed, or is a placeholder."""

from __future__ import annotations

LEAST_CHARS = 32  # of hex digits: 128 bits
_LEAST_DIFFERENT_CHARS = 10
_MOST_CHARS = 512
_HOW_TO_MAKE_ONE = "make one with `openssl rand -hex 32`"


def find_weakness(value: str) -> str | None:
    """Return what is wrong with a secret, in words that do not show it, or None for one that is long and random."""
    if len(value) < LEAST_CHARS:
        return f"is shorter than {LEAST_CHARS} characters: {_HOW_TO_MAKE_ONE}"
    if len(set(value)) < _LEAST_DIFFERENT_CHARS:
        return f"repeats few characters: {_HOW_TO_MAKE_ONE}"
    return find_malformation(value)


def find_malformation(value: str) -> str | None:
    """Return what keeps a secret of any maker from being sent in a header, or None."""
    if len(value) > _MOST_CHARS:
        return f"is longer than {_MOST_CHARS} characters: was a whole file pasted?"
    if any(not "!" <= char <= "~" for char in value):
        return "holds a blank, a line end or a character outside ASCII: write it again without"
    return None
