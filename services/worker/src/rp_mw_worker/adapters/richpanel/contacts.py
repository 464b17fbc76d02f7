"""The contacts of a ticket's sender: which there are, where an answer goes, and which may prove an order theirs.

Where the answer's own address is the proof, a ticket that names two of them proves nothing: nobody documents to which
one the helpdesk writes. Source: Richpanel API reference, the ticket object; `reply_to` is a guess at spellings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from rp_mw_shared.redaction.hashing import GMAIL, UNTAGGED, contact_digest, contact_digests
from rp_mw_worker.domain.proof import REPLY_ADDRESS, ChannelProof, ContactRules

Json = Mapping[str, Any]
_REPLY_TO = ("reply_to", "replyTo", "reply-to")
_MIN_PHONE_DIGITS = 7


@dataclass(frozen=True, slots=True)
class SenderContacts:
    """`listed` are all in plain, the sender's own first. `reply_address` is the one e-mail address an answer goes to,
    None where there is none or more than one. `proving` are the digests that are compared with an order's.
    `is_redirected`: a Reply-To names another address than wrote.
    """

    listed: tuple[str, ...] = field(repr=False)
    reply_address: str | None = field(repr=False)
    proving: frozenset[str]
    is_redirected: bool


@dataclass(frozen=True, slots=True)
class ContactReader:
    """Reads contacts by the shop's rules; `country` (ISO 3166-1 alpha-2) is where a number without its code belongs."""

    rules: ContactRules
    country: str
    proofs: Mapping[str, ChannelProof]

    def read(self, raw: Json, profile: Json, sender: Json, channel: str, salt: str) -> SenderContacts:
        """Return the contacts of the ticket `raw`; `channel` is ours."""
        wrote = _texts(sender.get("address"), sender.get("phone"), _phone_like(sender.get("id")))
        shown = _texts(profile.get("email"), profile.get("phone"))
        answered = self._answered(channel, wrote, shown)
        is_redirected = any(not self._is_one([*wrote[:1], other], salt) for other in _reply_to(raw) if wrote)
        is_certain = not is_redirected and self._is_one(answered, salt)
        proving = answered if is_certain else ()
        return SenderContacts(
            listed=tuple(dict.fromkeys((*wrote, *shown, *_reply_to(raw)))),
            reply_address=next((contact for contact in proving if "@" in contact), None)
            if channel == "email"
            else None,
            proving=frozenset(digest for contact in proving for digest in self.digests(contact, salt)),
            is_redirected=is_redirected,
        )

    def _answered(self, channel: str, wrote: tuple[str, ...], shown: tuple[str, ...]) -> tuple[str, ...]:
        """Return the contacts an answer may go to; where that is no proof, all the helpdesk shows for the account."""
        proof = self.proofs.get(channel)
        if proof is None or proof.by != REPLY_ADDRESS:
            return (*wrote, *shown)
        return tuple(contact for contact in (*wrote, *shown) if ("@" in contact) == (channel == "email"))

    def _is_one(self, contacts: Iterable[str], salt: str) -> bool:
        """Tell whether all contacts of a kind are the same one."""
        for kind in (True, False):
            found = [set(self.digests(contact, salt)) for contact in contacts if ("@" in contact) == kind]
            if found and not set.intersection(*found):
                return False
        return True

    def digests(self, contact: str, salt: str) -> tuple[str, ...]:
        """Return the digests of a sender's contact under the shop's rules, none for what is no contact."""
        if "@" in contact:
            rules = self.rules
            forms = {UNTAGGED: rules.plus_tags_are_same, GMAIL: rules.gmail_forms_are_same}
            return contact_digests(contact, salt, [form for form, is_same in forms.items() if is_same])
        spelled = (contact_digest(spelling, salt) for spelling in (contact, *_phone_spellings(contact, self.country)))
        return tuple(dict.fromkeys(digest for digest in spelled if digest))


@lru_cache(maxsize=256)
def _phone_spellings(contact: str, country: str) -> tuple[str, ...]:
    """Return a number as it is written abroad and at home; none where it is no number of the shop's country."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(contact, country)
    except phonenumbers.NumberParseException:
        return ()
    if not phonenumbers.is_valid_number_for_region(parsed, country):
        return ()
    forms = (phonenumbers.PhoneNumberFormat.E164, phonenumbers.PhoneNumberFormat.NATIONAL)
    return tuple(phonenumbers.format_number(parsed, form) for form in forms)


def _phone_like(value: Any) -> str | None:
    """Phone-like channels put the number into `id`, which elsewhere is an id."""
    is_number = isinstance(value, str | int) and sum(map(str.isdigit, str(value))) >= _MIN_PHONE_DIGITS
    return str(value) if is_number else None


def _texts(*values: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(value).strip() for value in values if value and str(value).strip()))


def _reply_to(raw: Json) -> tuple[str, ...]:
    """Return the addresses of any Reply-To the ticket shows."""
    via = raw.get("via")
    source = via.get("source") if isinstance(via, Mapping) else None
    places = [place for place in (raw, via, source) if isinstance(place, Mapping)]
    return _texts(*(address for place in places for key in _REPLY_TO for address in _addresses(place.get(key))))


def _addresses(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from _addresses(value.get("address") or value.get("email"))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _addresses(item)
    elif isinstance(value, str) and "@" in value:
        yield value.rpartition("<")[2].rstrip("> ")
