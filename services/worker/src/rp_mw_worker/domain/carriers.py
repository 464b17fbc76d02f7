"""Carriers as carriers.yaml holds them: their names, the hosts of their links, the forms of their numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from rp_mw_worker.domain.policy_file import Strict

_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 -]{3,38}")
_COMPANY = re.compile(r"[A-Za-z0-9][A-Za-z0-9 &()-]{0,38}")
_URL_CHARS = re.compile(r"[A-Za-z0-9:/?#@!$&'()*+,;=._~%\[\]-]+")
_MAX_URL_CHARS = 300
_MIN_DIGITS = 4
_MIN_WORD_CHARS = 3  # shorter words of `not_numbers` may be a part of a number
_MIN_PHONE_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Carrier(Strict):
    """`names` as shops write them; `hosts` of its tracking pages; `numbers` are regular expressions, blanks left out.

    Without `numbers` any printable number is the carrier's.
    """

    names: tuple[str, ...]
    hosts: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True)
class CarrierRules(Strict):
    """Everything in carriers.yaml. `not_numbers` are words that shops write where a number is to come, lower case."""

    carriers: dict[str, Carrier]
    not_numbers: tuple[str, ...]
    other_hosts: tuple[str, ...] = ()

    @cached_property
    def hosts(self) -> tuple[str, ...]:
        """Every host that a tracking link may lead to; its subdomains count too."""
        of_carriers = (host for carrier in self.carriers.values() for host in carrier.hosts)
        return tuple(dict.fromkeys((*of_carriers, *self.other_hosts)))

    @cached_property
    def _forms(self) -> re.Pattern[str]:
        forms = (form for carrier in self.carriers.values() for form in carrier.numbers)
        return re.compile("|".join(f"(?:{form})" for form in forms) or r"(?!)", re.IGNORECASE)

    @cached_property
    def _known_names(self) -> dict[str, Carrier]:
        return {name.lower(): carrier for carrier in self.carriers.values() for name in carrier.names}

    def is_number(self, number: str, company: str | None) -> bool:
        """Tell whether `number` is a tracking number: of one of the forms where its carrier has any, and printable."""
        text = number.strip()
        if self.is_odd(text) or self._is_placeholder(text) or self._has_placeholder(text):
            return False
        digits = [char for char in text if char.isdigit()]
        if len(digits) < _MIN_DIGITS or (len(set(digits)) == 1 and not re.search("[A-Za-z]", text)):
            return False  # 0000000000 fills a field that may not be empty
        carrier = self._known_names.get((company or "").strip().lower())
        if carrier is None or not carrier.numbers:
            return True
        return self._forms.fullmatch(re.sub(r"[ -]", "", text)) is not None

    def is_odd(self, number: str) -> bool:
        """Tell whether what stands in a number's place is neither a word for a missing one nor printable."""
        return not self._is_placeholder(number) and _NUMBER.fullmatch(number.strip()) is None

    def _is_placeholder(self, text: str) -> bool:
        return text.strip().lower() in self.not_numbers

    def _has_placeholder(self, text: str) -> bool:
        """Tell whether one of several words stands for a missing number, as in `pending 2026` and `TBD-0001`."""
        words = re.split(r"[ -]+", text.strip().lower())
        return any(word in self.not_numbers for word in words if len(word) >= _MIN_WORD_CHARS)


NO_CARRIERS = CarrierRules({}, ())


def is_printable_company(company: str) -> bool:
    """Tell whether a carrier's name looks like one and may stand in a reply.

    A dot could make a link of it, and many digits a phone number.
    """
    return _COMPANY.fullmatch(company) is not None and sum(map(str.isdigit, company)) < _MIN_PHONE_DIGITS


def is_known_carrier_url(url: str, hosts: tuple[str, ...]) -> bool:
    """Whether `url` is an https link, without user or port, to one of `hosts` or a subdomain of one."""
    if len(url) > _MAX_URL_CHARS or not _URL_CHARS.fullmatch(url) or not url.startswith("https://"):
        return False
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return False
    if port is not None or "@" in parts.netloc:
        return False
    return any(host == known or host.endswith(f".{known}") for known in hosts)
