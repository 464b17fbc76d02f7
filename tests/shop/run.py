"""A shop of 10,000 customers, honest and not, at their first message: who is told of which order?

Where codes are asked on chat, the whole dialogue: an owner types the code from the mail, a stranger guesses.

    python -m tests.shop.run [--customers 10000] [--seed 1] [--strict-chat | --codes]

The worker's own steps, policy and adapters decide; the shop's orders and the choice by address are the enricher's own
functions. A reply counts as told to everybody the helpdesk might send it to. `--strict-chat`: nobody is proved on chat.
`--codes`: the flag chat_codes is on for every chat, not only for the writers whose name says so.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import sys
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rp_mw_enricher.domain.answer import LookupAnswer, Outcome
from rp_mw_enricher.domain.order_facts import to_order_facts
from rp_mw_enricher.domain.orders_of_address import choose_order
from rp_mw_local.simulators.shopify_orders import order_json
from rp_mw_shared.messages.types import BY_EMAIL, BY_ID, EnrichmentRequest, OrderFacts
from rp_mw_shared.redaction.hashing import contact_digest, contact_digests
from rp_mw_worker.domain.model import Flags
from rp_mw_worker.domain.policy import Policy
from rp_mw_worker.domain.proof import NOTHING, ChannelProof
from tests.fakes.helpdesk import SALT
from tests.fakes.worker_world import LIVE, NOON, POLICY, World

# Shares of all customers; none is below 5 %.
ORDERS = {
    "none": 0.15,
    "one open": 0.40,
    "one open, older ones arrived": 0.20,
    "one arrived": 0.10,
    "several open": 0.15,
}
WRITERS = {
    "mail, own address": 0.30,
    "mail, address shared with the household": 0.05,
    "mail, another's address forged": 0.10,
    "mail, Reply-To changed": 0.05,
    "mail, account with a second address": 0.05,
    "chat, own address typed": 0.15,
    "chat, another's address typed": 0.10,
    "chat, another's address and number known": 0.05,
    "mail, another's number given": 0.05,
    "chat with codes, own order": 0.05,
    "chat with codes, another's address and number known, code guessed": 0.05,
}
GUESSES = 12  # of a stranger, over GUESSED_CHATS conversations about the same order
GUESSED_CHATS = 3
NAMES_ITS_ORDER = 0.15  # of those who write for themselves
LINKED = 0.10  # the helpdesk links an order, of another customer for half of them
QUESTIONS = (
    "Where is my order? Thanks",
    "Hi, when will my package arrive?",
    "Hello, can you tell me the status of my order please",
    "My order has not arrived yet, where is it?",
    "Has my parcel shipped?",
)
WITH_NUMBER = "Where is my order {number}?"
KNEW_BOTH = "chat, another's address and number known"
CODE_OWNER = "chat with codes, own order"
CODE_GUESSER = "chat with codes, another's address and number known, code guessed"
STRANGER = "whoever sits there"
CODES_ON = replace(LIVE, chat_codes=True)
_MAILED_CODE = re.compile(r"<p>(\d{6})</p>")


@dataclass
class Customer:
    """One customer with their address and orders; `is_asked` is the one that could be meant without a number."""

    number: int
    email: str
    kind: str
    orders: list[OrderFacts] = field(default_factory=list)
    open_orders: list[OrderFacts] = field(default_factory=list)


@dataclass
class Tally:
    """What came of all first messages."""

    counts: Counter[str] = field(default_factory=Counter)
    disclosures: list[str] = field(default_factory=list)
    knew_both: int = 0

    @property
    def answered_share(self) -> float:
        """Of the e-mail questions without a number by customers with one open order, the share told of it at once."""
        return self.counts["answered"] / max(1, self.counts["answerable"])


class Shop:
    """The customers, their orders, and what the enricher would answer."""

    def __init__(self, size: int, seed: int, flags: Flags = LIVE) -> None:
        self.flags = flags
        self.random = random.Random(seed)
        self.customers: list[Customer] = []
        self.by_name: dict[str, OrderFacts] = {}
        self.by_id: dict[str, OrderFacts] = {}
        self.by_address: dict[str, list[OrderFacts]] = {}
        self.owners: dict[str, str] = {}
        for number in range(size):
            self._add(number)

    def _add(self, number: int) -> None:
        kind = self.random.choices([*ORDERS], [*ORDERS.values()])[0]
        customer = Customer(number, f"customer{number}@mail{number % 7}.example", kind)
        arrived = {"one open, older ones arrived": self.random.choice((1, 4)), "one arrived": 1}.get(kind, 0)
        opened = {"none": 0, "one arrived": 0, "several open": self.random.choice((2, 3, 5))}.get(kind, 1)
        for place in range(arrived + opened):
            order = self._order(customer, place, is_open=place >= arrived)
            customer.orders.append(order)
            if place >= arrived:
                customer.open_orders.append(order)
        self.customers.append(customer)

    def _order(self, customer: Customer, place: int, *, is_open: bool) -> OrderFacts:
        order_id = 100_000 + customer.number * 10 + place
        contents: dict[str, Any] = {"id": order_id, "name": f"#{order_id}", "email": customer.email}
        contents |= {"tracking": {"company": "UPS", "number": f"TRK{order_id}X", "url": "https://www.ups.com/track"}}
        contents |= {"created_days_ago": 4, "shipped_days_ago": 2} if is_open else _ARRIVED
        facts = to_order_facts(order_json(contents, NOON), lambda contact: contact_digests(contact, SALT))
        self.by_name[str(order_id)] = self.by_id[str(order_id)] = facts
        self.owners[str(order_id)] = customer.email
        self.by_address.setdefault(customer.email, []).append(facts)
        return facts

    def answer(self, request: EnrichmentRequest) -> LookupAnswer:
        """Answer a lookup as the enricher does."""
        if request.lookup_kind == BY_EMAIL:
            wanted = contact_digest(request.lookup_value, SALT)
            theirs = [
                order for order in self.by_address.get(request.lookup_value, []) if wanted in order.contact_digests
            ]
            return choose_order(theirs, NOON)
        known = self.by_id if request.lookup_kind == BY_ID else self.by_name
        order = known.get(request.lookup_value)
        return LookupAnswer(Outcome.FOUND, order=order) if order else LookupAnswer(Outcome.NOT_FOUND)


_ARRIVED = {"created_days_ago": 20, "shipped_days_ago": 18, "delivered_days_ago": 14}


def run(size: int, seed: int, policy: Policy = POLICY, *, codes: bool = False) -> Tally:
    """Let every customer write once and say who was told what; `codes`: on every chat a code is asked for."""
    shop, tally = Shop(size, seed, CODES_ON if codes else LIVE), Tally()
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        for customer in shop.customers:
            _write(shop, customer, policy, tally)
    return tally


def _write(shop: Shop, customer: Customer, policy: Policy, tally: Tally) -> None:
    pick = shop.random
    writer = pick.choices([*WRITERS], [*WRITERS.values()])[0]
    other = pick.choice(shop.customers)
    contents, receivers, number = _message(writer, customer, other)
    if number is None and customer.orders and pick.random() < NAMES_ITS_ORDER and "another" not in writer:
        number = pick.choice(customer.orders).name
    if pick.random() < LINKED:
        linked = pick.choice((customer, other)).orders
        contents |= {"linked_order_id": linked[0].order_id} if linked else {}
    text = pick.choice(QUESTIONS) if number is None else WITH_NUMBER.format(number=number)
    if writer in {CODE_OWNER, CODE_GUESSER}:
        told = _converse(shop, writer, customer if writer == CODE_OWNER else other, policy, tally)
    else:
        told = _deliver(shop, text, contents, policy)
    is_for_itself = writer in {"mail, own address", "mail, address shared with the household"}
    if is_for_itself and number is None and len(customer.open_orders) == 1:
        tally.counts["answerable"] += 1
        tally.counts["answered"] += customer.open_orders[0].name in told
    tally.counts[writer] += 1
    tally.counts[f"orders: {customer.kind}"] += 1
    for name in told:
        order = shop.by_name[name.lstrip("#")]
        if all(contact_digest(receiver, SALT) in order.contact_digests for receiver in receivers):
            tally.counts["told to the order's contact"] += 1
        elif writer == KNEW_BOTH:
            tally.knew_both += 1
        else:
            tally.disclosures.append(f"{writer}: {name}")


def _message(writer: str, customer: Customer, other: Customer) -> tuple[dict[str, Any], list[str], str | None]:
    """Return the message's contents, everybody a reply to it may reach, and the number it gives."""
    mail: dict[str, Any] = {"channel": "email", "email": customer.email}
    chat = {"channel": "messenger", "email": customer.email}
    their_number = other.orders[0].name if other.orders else None
    if writer == "mail, another's address forged":  # the answer goes to whom it names
        return mail | {"email": other.email}, [other.email], None
    if writer == "mail, Reply-To changed":
        return mail | {"reply_to": "eve@evil.example"}, [customer.email, "eve@evil.example"], None
    if writer == "mail, account with a second address":
        return mail | {"sender_email": "eve@evil.example"}, [customer.email, "eve@evil.example"], None
    if writer == "chat, another's address typed":
        return chat | {"email": other.email}, [STRANGER], None
    if writer in {KNEW_BOTH, CODE_GUESSER}:
        return chat | {"email": other.email}, [STRANGER], their_number
    if writer == "mail, another's number given":
        return mail, [customer.email], their_number
    return (chat if writer.startswith("chat") else mail), [customer.email], None


def _deliver(shop: Shop, text: str, contents: dict[str, Any], policy: Policy) -> list[str]:
    """Bring the message to its end; return the names of the orders that any reply tells of."""
    world = World(policy=policy)
    world.flags.set(shop.flags)
    _say(shop, world, "c1", text, contents)
    return _told(shop, world, ["c1"])


def _say(shop: Shop, world: World, chat: str, text: str, contents: dict[str, Any]) -> None:
    """Write, let the worker handle it, and let the shop answer what it asks."""
    asked = set(world.enrichment.requests)
    message_id = world.helpdesk.customer_writes(chat, text, **contents)
    world.deliver(world.event(chat, message_id, customer_email=contents["email"]))
    for request_id in [one for one in world.enrichment.requests if one not in asked]:
        request = world.enrichment.requests[request_id]
        found = shop.answer(request)
        address = shop.owners.get(request.lookup_value) if request.with_address and found.order else None
        world.deliver(world.result(request, found.order, outcome=found.outcome.value, order_address=address))


def _told(shop: Shop, world: World, chats: list[str]) -> list[str]:
    """Return the orders that any reply on these chats tells of: by number or tracking number."""
    said = " ".join(text for chat in chats for text in world.helpdesk.replies(chat))
    numbers = dict.fromkeys(re.findall(r"\d{6,}", said))
    return [f"#{number}" for number in numbers if number in shop.by_name]


def _converse(shop: Shop, writer: str, owner: Customer, policy: Policy, tally: Tally) -> list[str]:
    """Play the dialogue of a chat that asks for codes; return the orders told of on it."""
    world = World(policy=policy)
    world.flags.set(CODES_ON)
    number = owner.orders[0].name if owner.orders else "#999999"
    chats = ["c1"] if writer == CODE_OWNER else [f"c{place}" for place in range(GUESSED_CHATS)]
    for chat in chats:
        contents = {"channel": "messenger", "email": owner.email}
        _say(shop, world, chat, WITH_NUMBER.format(number=number), contents)
        codes = [found[1] for mail in world.helpdesk.mails_to(owner.email) if (found := _MAILED_CODE.search(mail))]
        typed = codes[-1:]
        if writer == CODE_GUESSER:
            typed = [f"{shop.random.randrange(1_000_000):06d}" for _ in range(GUESSES // GUESSED_CHATS)]
            tally.counts["codes: guesses"] += len(typed)
        for code in typed:
            world.clock.advance(5)
            _say(shop, world, chat, code, contents)
    told = _told(shop, world, chats)
    tally.counts["codes: mailed"] += len(world.helpdesk.mails_to(owner.email))
    tally.counts["codes: owners with an order"] += writer == CODE_OWNER and bool(owner.orders)
    tally.counts["codes: owners told of it"] += writer == CODE_OWNER and bool(told)
    tally.counts["codes: strangers told of it"] += writer == CODE_GUESSER and bool(told)
    return told


def with_strict_chat(policy: Policy) -> Policy:
    """Return the policy of a shop whose chat proves nobody."""
    return replace(policy, proofs={**policy.proofs, "livechat": ChannelProof(NOTHING)})


def main() -> int:
    """Print what came of it; 1 for any disclosure or too few answers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--strict-chat", action="store_true")
    parser.add_argument("--codes", action="store_true")
    args = parser.parse_args()
    tally = run(args.customers, args.seed, with_strict_chat(POLICY) if args.strict_chat else POLICY, codes=args.codes)
    for name, count in sorted(tally.counts.items()):
        sys.stdout.write(f"  {name:<55} {count}\n")
    sys.stdout.write(f"  told on chat, without a code, to who knew number and address: {tally.knew_both}\n")
    sys.stdout.write(
        f"  told to nobody of these and not the order's contact: {len(tally.disclosures)} {tally.disclosures[:5]}\n"
    )
    sys.stdout.write(f"  one open order, e-mail, no number: answered at first touch {tally.answered_share:.3f}\n")
    is_told_without_code = args.codes and tally.knew_both > 0
    return 1 if tally.disclosures or is_told_without_code or tally.answered_share < 0.60 else 0


if __name__ == "__main__":
    raise SystemExit(main())
