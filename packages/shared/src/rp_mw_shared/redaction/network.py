"""Addresses of machines and links that carry a secret: IPv4, IPv6, MAC, URLs with a query, credentials or a token."""

from __future__ import annotations

import re
from collections.abc import Iterator

_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:])(?=[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:]{2,39}(?:(?:\.\d{1,3}){3})?(?![\w:])")
_VERSION = re.compile(r"\b(?:version|ver\.?|v|release|firmware|build|ios|android)[ :]{1,2}$", re.IGNORECASE)
_MAC = re.compile(r"(?<![\w:-])[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}(?![\w:-])")
_URL = re.compile(r"(?:https?|ftp|wss?)://[^\s<>\"'`]{3,2000}|\bwww\.[^\s<>\"'`]{3,2000}", re.IGNORECASE)
_OPAQUE = re.compile(r"[A-Za-z0-9_\-]{16,}|[0-9]{5,}")
_WORDY = re.compile(r"[a-z]+(?:-[a-z]+)*", re.IGNORECASE)


def find_urls(plain: str) -> Iterator[tuple[int, int, str]]:
    """Yield links whose query, credentials, fragment or path may identify a person or open something."""
    for match in _URL.finditer(plain):
        link = match.group().rstrip(".,;:!?)]}")
        if _is_telling(link):
            yield match.start(), match.start() + len(link), "url"


def _is_telling(link: str) -> bool:
    authority, _, path = link.partition("://")[2].partition("/")
    if "?" in link or "#" in link or "@" in authority:
        return True
    return any(not _WORDY.fullmatch(piece) for piece in _OPAQUE.findall(path))


def find_machines(plain: str) -> Iterator[tuple[int, int, str]]:
    """Yield IPv4, IPv6 and MAC addresses; a number called a version is none."""
    for match in _MAC.finditer(plain):
        yield match.start(), match.end(), "ip_address"
    for match in _IPV4.finditer(plain):
        is_version = _VERSION.search(plain, max(0, match.start() - 12), match.start())
        if not is_version and all(int(part) <= 255 for part in match.group().split(".")):
            yield match.start(), match.end(), "ip_address"
    if plain.count(":") < 2:
        return
    for match in _IPV6.finditer(plain):
        if match.group().count(":") >= 2 and _is_ipv6(match.group()):
            yield match.start(), match.end(), "ip_address"


def _is_ipv6(value: str) -> bool:
    import ipaddress

    try:
        ipaddress.IPv6Address(value)
    except ValueError:
        return False
    return len(value) > 3
