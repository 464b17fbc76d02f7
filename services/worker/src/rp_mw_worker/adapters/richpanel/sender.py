"""Who a ticket comes from and where a reply would go, reduced to codes and digests: no address leaves this module."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rp_mw_shared.observability import Metric, metric
from rp_mw_shared.redaction.hashing import salted_hash
from rp_mw_worker.adapters.richpanel.contacts import ContactReader
from rp_mw_worker.domain.policy import Policy

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
    return SenderFacts(_channel(raw, sender, rules), marks, salted_hash(domain, salt) if domain else None)


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
