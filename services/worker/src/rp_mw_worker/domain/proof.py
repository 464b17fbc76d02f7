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
# The customer typed the code that went to the order's own address; written by the flag `chat_codes`, never in the file.
ONE_TIME_CODE = "one_time_code"
# No order fact is told on this channel.
NOTHING = "nothing"
PROOFS = (REPLY_ADDRESS, NUMBER_AND_CONTACT, NOTHING)

# How an order may be chosen where its number was not given.
BY_LINK, BY_ADDRESS = "link", "address"
CHOICES = (BY_LINK, BY_ADDRESS)


@dataclass(frozen=True, slots=True)
class ChannelProof(Strict):
    """What proves the customer on one channel, and how an order may be `chosen_by` besides its number.

    `by_code`: with the flag `chat_codes` a one-time code proves them instead.
    """

    by: str
    chosen_by: tuple[str, ...] = ()
    by_code: bool = False


@dataclass(frozen=True, slots=True)
class ContactRules(Strict):
    """Which spellings of an e-mail address are one mailbox, where case never matters.

    `plus_tags_are_same`: ana+shop@x and ana@x. `gmail_forms_are_same`: dots, tags and googlemail.com at Gmail.
    """

    plus_tags_are_same: bool
    gmail_forms_are_same: bool


@dataclass(frozen=True, slots=True)
class CodeRules(Strict):
    """`codes` of settings.yaml. `minutes`: how long a code is good; `proof_minutes`: how long a right one proves.

    The limits count codes of 24 hours. `mailbox` is the shop's own address that the helpdesk sends from, "" for its
    default.
    """

    minutes: int
    tries: int
    proof_minutes: int
    max_per_conversation_24h: int
    max_per_order_24h: int
    max_per_address_24h: int
    mailbox: str = ""


NO_PROOF = ChannelProof(NOTHING)
EXACT_CONTACTS = ContactRules(plus_tags_are_same=False, gmail_forms_are_same=False)
