"""What identifies somebody online: e-mail addresses, links, addresses of machines, keys, passwords and user names.

E-mail addresses are found also url-encoded (`%40`), bracketed (`(at)`), spelled out, quoted, read aloud ("ana arroba
example punto com") and without their sign ("anadiaz gmail.com"). The at sign is found
first and the address read to both sides of it, each character once, so that no pattern can blow up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_AT = re.compile(r"@|%40|&#0?64;|\s?[\[({<]\s?at\s?[\])}>]\s?", re.IGNORECASE)
_LABEL = r"[\w][\w-]{0,80}"
_DOT = r"(?:\.{1,2}|%2e|\s?[\[({<]\s?dot\s?[\])}>]\s?)"
_DOMAIN = re.compile(
    rf"\[[^\]\n]{{1,90}}\]?|-?{_LABEL}(?:{_DOT}{_LABEL}){{0,130}}"
    rf"|(?:\([^()\n@]{{0,60}}\)?|[ \t\r\n\x00-\x1f\x7f\u2400-\u241f]{{1,4}}){_LABEL}(?:\s?\.{_LABEL}){{1,8}}",
    re.IGNORECASE,
)
_LOCAL = re.compile(r"[\w.+\-!#$*^~{}'%\\&`|/?=\x7f\u2400-\u241f]")
_COMMON_LOCAL = re.compile(r"[\w.+\-!#$*^~'\\\x7f]")
_SPELLED = re.compile(
    r"(?<![\w.+-])(?:[\w+-]{1,40}\s(?:dot|underscore|dash|hyphen)\s){0,3}[\w.+-]{2,64}(?<!\bis)(?<!\bus)(?<!\bme)\s{1,2}at\s{1,2}"
    r"[\w-]{2,40}(?:\s{1,2}dot\s{1,2}[\w-]{2,20}){1,3}(?!\w)",
    re.IGNORECASE,
)
# "jane @ example.com" and "jane_at_example_dot_com"
_SPACED = re.compile(r"(?<![\w.+-])[\w.+-]{2,64}\s{1,2}@\s{1,2}[\w-]{2,40}(?:\.[a-z]{2,12}){1,3}(?![\w@])")
_JOINED = re.compile(
    r"(?<![A-Za-z0-9.+-])[A-Za-z0-9.+-]{2,64}_at_[A-Za-z0-9-]{2,40}(?:_dot_[A-Za-z]{2,12}){1,3}(?!\w)", re.IGNORECASE
)
_SAID_AT = r"(?:at|arroba|chiocciola|arobase|apenstaartje|klammeraffe)"
_SAID_DOT = r"(?:dot|punto|punkt|point|punt|ponto)"
_ALOUD = re.compile(
    rf"(?<![\w.+-])[\w.+-]{{2,64}}(?: {_SAID_DOT} [\w+-]{{1,40}}){{0,3}} {_SAID_AT} "
    rf"[\w-]{{2,40}}(?: {_SAID_DOT} [\w-]{{2,20}}){{1,3}}(?!\w)",
    re.IGNORECASE,
)
_HOSTS = (
    r"(?:gmail|googlemail|hotmail|yahoo|ymail|outlook|icloud|proton(?:mail)?|gmx|web|live|msn|aol|libero|orange|wanadoo"
    r"|laposte|telefonica|ziggo|kpnmail|planet|sapo|uol|bol|terra|t-online|freenet|mail)"
)
_UNSIGNED = re.compile(
    rf"(?<![\w.@+-])[A-Za-z0-9][\w.+-]{{2,63}} {{1,2}}@?{_HOSTS}\.(?:com|net|org|de|fr|es|it|nl|pt|co\.uk|com\.br"
    rf"|br|at|ch|be)(?![\w.-]\w)",
    re.IGNORECASE,
)
_NO_LOCAL = re.compile(
    r"(?:my|on|at|to|via|from|the|with|use|uses|using|and|or|een|per|von|bei|mit|auf|sur|chez|par|por|con|in|em|op"
    r"|not|for|use|is)\b ",
    re.IGNORECASE,
)
# A slip of the finger that leaves the address readable.
_COMMA_ENDING = re.compile(r",(?:com|net|org|co|de|fr|uk|in|it|es)\b")
_MAX_LOCAL_CHARS = 128
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:])(?=[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:]{2,39}(?:(?:\.\d{1,3}){3})?(?![\w:])")
_VERSION = re.compile(r"\b(?:version|ver\.?|v|release|firmware|build|ios|android)[ :]{1,2}$", re.IGNORECASE)
_MAC = re.compile(r"(?<![\w:-])[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}(?![\w:-])")
_URL = re.compile(r"(?:https?|ftp|wss?)://[^\s<>\"'`]{3,2000}|\bwww\.[^\s<>\"'`]{3,2000}", re.IGNORECASE)
_OPAQUE = re.compile(r"[A-Za-z0-9_\-]{16,}|[0-9]{5,}")
_WORDY = re.compile(r"[a-z]+(?:-[a-z]+)*", re.IGNORECASE)
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


def find_emails(plain: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, "email") for every address in a folded text."""
    for at in _AT.finditer(plain):
        domain = _DOMAIN.match(plain, at.end())
        if domain is None:
            continue
        start = _local_start(plain, at.start())
        if start < at.start():
            end = _trimmed_end(plain, domain.end())
            slip = None if "." in plain[at.end() : end] else _COMMA_ENDING.match(plain, end)
            yield start, slip.end() if slip else end, "email"
    yield from _written_out(plain)


def find_unsigned_emails(plain: str) -> Iterator[tuple[int, int, str]]:
    """Yield e-mail addresses that are read aloud or lack their at sign."""
    for match in _ALOUD.finditer(plain):
        if not _NO_LOCAL.match(plain, match.start()):
            yield match.start(), match.end(), "email"
    for match in _UNSIGNED.finditer(plain) if "." in plain else ():
        if not _NO_LOCAL.match(plain, match.start()):
            yield match.start(), match.end(), "email"


def _written_out(plain: str) -> Iterator[tuple[int, int, str]]:
    lowered = plain.lower()
    for sign, pattern in ((" dot ", _SPELLED), ("@ ", _SPACED), ("_dot_", _JOINED)):
        if sign in lowered:
            for match in pattern.finditer(plain):
                yield match.start(), match.end(), "email"


def _local_start(plain: str, at: int) -> int:
    """Return where the local part that ends at `at` begins; `at` itself when there is none."""
    if plain[at - 1 : at] in {'"', "'"} and (opening := plain.rfind(plain[at - 1], max(0, at - 80), at - 1)) >= 0:
        return opening
    start = _walk_back(plain, at, _COMMON_LOCAL)
    if start == at:  # odd but legal characters right before the sign: read as much as may belong
        start = _walk_back(plain, at, _LOCAL)
    while start < at and plain[start] in ".'-":
        start += 1
    return start


def _walk_back(plain: str, at: int, allowed: re.Pattern[str]) -> int:
    start, lowest = at, max(0, at - _MAX_LOCAL_CHARS)
    while start > lowest and allowed.match(plain[start - 1]):
        start -= 1
    return start


def _trimmed_end(plain: str, end: int) -> int:
    while plain[end - 1] in "-_.":
        end -= 1
    return end


def find_urls(plain: str) -> Iterator[tuple[int, int, str]]:
    """Yield links whose query, credentials, fragment or path may identify a person or open something."""
    for match in _URL.finditer(plain):
        link = match.group().rstrip(".,;:!?)]}")
        if _is_telling_link(link):
            yield match.start(), match.start() + len(link), "url"


def _is_telling_link(link: str) -> bool:
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
