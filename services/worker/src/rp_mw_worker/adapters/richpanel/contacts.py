"""The people of a ticket: who it comes from, where a reply would go, and whose a comment is; no address leaves here.

A sender is reduced to codes and digests. Where the answer's own address is the proof, a ticket that names two of them
proves nothing: nobody documents to which one the helpdesk writes. Source: Richpanel API reference, the ticket object;
`reply_to` is a guess at spellings.

A comment is the ticket's own customer's unless somebody else wrote it: who is in copy, whose ticket was merged in, who
forwards. Source: Richpanel's ticket as observed: a customer's comment bears the id of the ticket's `customer_profile`
as its `author_id`, and may bear an address of its own under `via.source.from`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from rp_mw_shared.observability import Metric, metric
from rp_mw_shared.redaction.hashing import GMAIL, UNTAGGED, contact_digest, contact_digests, salted_hash
from rp_mw_worker.domain.model import Author
from rp_mw_worker.domain.policy import Policy
from rp_mw_worker.domain.proof import REPLY_ADDRESS, ChannelProof, ContactRules

Json = Mapping[str, Any]
FindMarks = Callable[..., frozenset[str]]
UNKNOWN_CHANNEL = "unknown"
_MIN_PHONE_DIGITS = 7


@dataclass(frozen=True, slots=True)
class SenderRules:
    """What the policy says of senders. `find_marks` is `machine_mail.find_sender_marks` bound to its rules; `channels`
    maps the helpdesk's names, lower case, to ours; `contacts` knows which of them prove anything.
    """

    find_marks: FindMarks
    channels: Mapping[str, str]
    contacts: ContactReader


def sender_rules(policy: Policy, find_marks: FindMarks) -> SenderRules:
    """Return what `policy` says of senders and channels."""
    contacts = ContactReader(policy.contacts, policy.settings.shop.country, policy.proofs)
    return SenderRules(find_marks, policy.channels, contacts)


@dataclass(frozen=True, slots=True)
class SenderFacts:
    """The ticket's channel, the sender's marks, and a digest of the domain a reply would go to, None for no address."""

    channel: str
    marks: frozenset[str]
    domain_digest: str | None


def read_sender(
    raw: Json, profile: Json, sender: Json, bodies: Iterable[str], rules: SenderRules, salt: str
) -> SenderFacts:
    """Return what may be known of the sender of the ticket `raw`; `bodies` are its messages as they came."""
    address = _text(sender.get("address")) or _text(profile.get("email"))
    marks = rules.find_marks(
        address=address,
        name=_text(sender.get("name")) or _text(profile.get("name")),
        subject=_text(raw.get("subject")),
        recipient=_text(profile.get("email")) or address,
        texts=bodies,
    )
    domain = address.rpartition("@")[2].strip().lower() if "@" in address else ""
    domain_digest = salted_hash(domain, salt) if domain else None
    return SenderFacts(_channel(raw, sender, rules), marks, domain_digest)


def _channel(raw: Json, sender: Json, rules: SenderRules) -> str:
    via = raw.get("via")
    name = str(via.get("channel", "") if isinstance(via, Mapping) else "").strip().lower()
    known = rules.channels.get(name)
    if known is not None:
        return known
    metric(Metric.UNKNOWN_CHANNELS)
    return _by_destination(sender)


def _by_destination(sender: Json) -> str:
    """Return the channel by where a reply would go: an address, a phone number, or nobody knows."""
    address = _text(sender.get("address"))
    if "@" in address:
        return "email"
    numbers = (address, _text(sender.get("phone")), _text(sender.get("id")))
    if any(sum(map(str.isdigit, number)) >= _MIN_PHONE_DIGITS and _is_phone(number) for number in numbers):
        return "sms"
    return UNKNOWN_CHANNEL


def _is_phone(text: str) -> bool:
    return all(char.isdigit() or char in "+ ()-./" for char in text)


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


# Words the API was seen to put in place of an id.
_NO_ID = frozenset({"", "customer", "user", "visitor", "end_user", "contact"})


@dataclass(frozen=True, slots=True)
class Customers:
    """The ticket's own customer: the profile's id, None where nothing tells it, and the addresses shown for them."""

    profile_id: str | None
    addresses: frozenset[str]

    def author(self, comment: Json, said: Author) -> Author:
        """Return `said`, the direction the comment shows, unless it is a customer's and not this one's."""
        if said is not Author.CUSTOMER:
            return said
        author_id = str(comment.get("author_id") or "").strip()
        address = _address_of(comment)
        is_other = self.profile_id is not None and author_id.lower() not in _NO_ID and author_id != self.profile_id
        is_elsewhere = bool(address and self.addresses) and address not in self.addresses
        return Author.THIRD_PARTY if is_other or is_elsewhere else said


def find_customers(raw: Json) -> Customers:
    """Return who the customer of the ticket is, as far as it tells."""
    profile = raw.get("customer_profile")
    profile = profile if isinstance(profile, Mapping) else {}
    profile_id = str(profile.get("id") or "").strip() or None
    addresses = {str(profile.get("email") or "").strip().lower(), _address_of(raw)}
    return Customers(profile_id or _first_writer(raw), frozenset(addresses - {""}))


def _first_writer(raw: Json) -> str | None:
    """Without a profile the customer is who wrote first; None for a ticket that somebody else opened."""
    comments = raw.get("comments")
    first = comments[0] if isinstance(comments, list) and comments else None
    author_id = str(first.get("author_id") or "").strip() if isinstance(first, Mapping) else ""
    return author_id if author_id.lower() not in _NO_ID else None


def _address_of(shown: Json) -> str:
    """Return the address under `via.source.from` in lower case, empty for none."""
    found: Any = shown
    for key in ("via", "source", "from", "address"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found.strip().lower() if isinstance(found, str) else ""


_REPLY_TO = ("reply_to", "replyTo", "reply-to")


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
        answered, reply_to = self._answered(channel, wrote, shown), _reply_to(raw)
        compared = (*wrote[:1], *reply_to) if wrote and reply_to else ()
        digests = {contact: self.digests(contact, salt) for contact in (*answered, *compared)}
        is_redirected = any(not _is_one([compared[0], other], digests) for other in compared[1:])
        is_certain = not is_redirected and _is_one(answered, digests)
        proving = answered if is_certain else ()
        return SenderContacts(
            listed=tuple(dict.fromkeys((*wrote, *shown, *reply_to))),
            reply_address=next((contact for contact in proving if "@" in contact), None)
            if channel == "email"
            else None,
            proving=frozenset(digest for contact in proving for digest in digests[contact]),
            is_redirected=is_redirected,
        )

    def _answered(self, channel: str, wrote: tuple[str, ...], shown: tuple[str, ...]) -> tuple[str, ...]:
        """Return the contacts an answer may go to; where that is no proof, all the helpdesk shows for the account."""
        proof = self.proofs.get(channel)
        if proof is None or proof.by != REPLY_ADDRESS:
            return (*wrote, *shown)
        return tuple(contact for contact in (*wrote, *shown) if ("@" in contact) == (channel == "email"))

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


def _is_one(contacts: Sequence[str], digests: Mapping[str, Iterable[str]]) -> bool:
    """Tell whether all contacts of a kind are the same one, by their digests."""
    for kind in (True, False):
        found = [set(digests[contact]) for contact in contacts if ("@" in contact) == kind]
        if found and not set.intersection(*found):
            return False
    return True


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
