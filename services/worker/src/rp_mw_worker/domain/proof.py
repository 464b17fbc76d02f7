"""What proves a customer on a channel, and which contacts count as one: the shop's choice, read from channels.yaml.

Nothing the helpdesk says of a sender is proof by itself: a mail's From is typed by whoever sends it, and a chat's
address by the visitor. Where the answer goes to the order's own address, a forger only makes us write to its owner.
"""

from __future__ import annotations

from dataclasses import dataclass

from rp_mw_worker.domain.policy_file import Strict

# The answer goes to the contact that is compared with the order's (e-mail, a number that wrote).
REPLY_ADDRESS = "reply_address"
# The customer gave the order's number, and the helpdesk shows the order's contact for the account.
NUMBER_AND_CONTACT = "number_and_contact"
# No order fact is told on this channel.
NOTHING = "nothing"
PROOFS = (REPLY_ADDRESS, NUMBER_AND_CONTACT, NOTHING)

# How an order may be chosen where its number was not given.
BY_LINK, BY_ADDRESS = "link", "address"
CHOICES = (BY_LINK, BY_ADDRESS)


@dataclass(frozen=True, slots=True)
class ChannelProof(Strict):
    """What proves the customer on one channel, and how an order may be `chosen_by` besides its number."""

    by: str
    chosen_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactRules(Strict):
    """Which spellings of an e-mail address are one mailbox, where case never matters.

    `plus_tags_are_same`: ana+shop@x and ana@x. `gmail_forms_are_same`: dots, tags and googlemail.com at Gmail.
    """

    plus_tags_are_same: bool
    gmail_forms_are_same: bool


NO_PROOF = ChannelProof(NOTHING)
EXACT_CONTACTS = ContactRules(plus_tags_are_same=False, gmail_forms_are_same=False)
