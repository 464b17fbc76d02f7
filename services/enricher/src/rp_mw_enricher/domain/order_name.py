"""Order names: what a customer may have typed, how it is searched, and which hits are really that order.

The shop's search may match loosely (1001 also finds 10011) and names need not be unique, so the search only narrows
down and the comparison here decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Nothing in it can leave the quotes of a search string. Source: Shopify search syntax, special characters.
_ORDER_NAME = re.compile(r"[A-Za-z0-9#_-]{1,20}")
_NUMERIC_ID = re.compile(r"[0-9]{1,20}")
_GLOBAL_ID = re.compile(r"gid://shopify/Order/([0-9]{1,20})")


@dataclass(frozen=True, slots=True)
class NameFormat:
    """How the shop writes order names around the number. Source: Shopify admin, order ID format."""

    prefix: str = "#"
    suffix: str = ""


def find_search_string(typed: str, name_format: NameFormat) -> str | None:
    """Return the search for the order a customer called `typed`, such as `name:"#1001"`, or None if it is no name."""
    typed = typed.strip()
    if not _ORDER_NAME.fullmatch(typed):
        return None
    core = to_comparable(typed, name_format)
    return f'name:"{name_format.prefix}{core}{name_format.suffix}"' if core else None


def is_same_name(typed: str, name: str, name_format: NameFormat) -> bool:
    """Return whether both are one name, whatever their case, `#`, and the shop's prefix and suffix."""
    core = to_comparable(typed, name_format)
    return bool(core) and core == to_comparable(name, name_format)


def to_comparable(name: str, name_format: NameFormat) -> str:
    """Return the part of a name that tells orders apart, in upper case; empty when nothing is left."""
    core = name.strip().upper().lstrip("#")
    prefix, suffix = name_format.prefix.upper().lstrip("#"), name_format.suffix.upper()
    if prefix and len(core) > len(prefix):
        core = core.removeprefix(prefix)
    if suffix and len(core) > len(suffix):
        core = core.removesuffix(suffix)
    return core


def to_spellings(name: str, name_format: NameFormat) -> tuple[str, ...]:
    """Return how a customer may write the order called `name`: with or without the shop's prefix and suffix.

    Upper case, without `#` and outer hyphens, sorted; the name itself is left out.
    """
    core = to_comparable(name, name_format)
    before, after = ("", name_format.prefix), ("", name_format.suffix)
    written = {_plain(f"{prefix}{core}{suffix}") for prefix in before for suffix in after} if core else set()
    return tuple(sorted(written - {_plain(name), ""}))


def _plain(name: str) -> str:
    return name.replace("#", "").replace(" ", "").strip("-").upper()


def find_global_id(value: str) -> str | None:
    """Return the GraphQL id for a numeric or global order id, or None if it is neither."""
    value = value.strip()
    match = _GLOBAL_ID.fullmatch(value)
    number = match.group(1) if match else value
    return f"gid://shopify/Order/{number}" if _NUMERIC_ID.fullmatch(number) else None
