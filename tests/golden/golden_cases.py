"""Turns a row of decisions.csv into a case. The little language of its columns is explained at each reader below."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rp_mw_shared.flags.model import open_flags
from rp_mw_shared.messages.types import OrderFacts, ParcelFacts, TrackingFacts
from rp_mw_worker.domain.model import (
    Author,
    AutoReply,
    Case,
    Classification,
    CodeStanding,
    ConversationState,
    Entity,
    Flags,
    Intent,
    OrderLookup,
    PendingFlow,
    RolloutStage,
    Ticket,
    TicketMessage,
)
from rp_mw_worker.domain.policy import Policy, VariableRule

FOLDER = Path(__file__).parent
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
TUESDAY_3_PM = 1_795_550_400_000  # 2026-11-24 15:00 in New York: a working day within business hours
SATURDAY = TUESDAY_3_PM + 4 * DAY
UNITS = {"m": MINUTE, "h": HOUR, "d": DAY}
LIVE = open_flags(automation_enabled_channels=frozenset({"email", "livechat"}))


_AUTHORS = {"unknown author": Author.UNKNOWN, "third party": Author.THIRD_PARTY, "unseen": Author.UNSEEN}


@dataclass(frozen=True, slots=True)
class GoldenRow:
    """One row: the case, and what must come of it. `codes` are `gate:code`, or a code alone for a routing reason."""

    name: str
    case: Case
    policy: Policy
    team: str
    outcome: str
    codes: tuple[str, ...]
    tags: tuple[str, ...]


def read_rows(policy: Policy) -> list[GoldenRow]:
    """Every row of decisions.csv."""
    with (FOLDER / "decisions.csv").open(encoding="utf-8", newline="") as lines:
        return [_to_row(row, policy) for row in csv.DictReader(lines)]


def read_table(name: str) -> list[dict[str, str]]:
    """The rows of another table of this folder."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _to_row(row: dict[str, str], policy: Policy) -> GoldenRow:
    return GoldenRow(
        name=row["case"],
        case=_case(row),
        policy=_policy(row["policy"], policy),
        team=row["team"],
        outcome=row["outcome"],
        codes=_words(row["codes"]),
        tags=_words(row["tags"]),
    )


def _words(cell: str) -> tuple[str, ...]:
    return tuple(cell.split())


def _parts(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";") if part.strip()]


def _case(row: dict[str, str]) -> Case:
    ticket_words = dict(_pair(part) for part in _parts(row["ticket"]))
    now = SATURDAY if "saturday" in ticket_words else TUESDAY_3_PM
    text, entities = _text(row["text"])
    author = next((author for words, author in _AUTHORS.items() if words in ticket_words), Author.CUSTOMER)
    new = TicketMessage("new", author, text, now - MINUTE, int("attachment" in ticket_words))
    state, replies = _state(row["state"], now)
    return Case(
        ticket=_ticket(row["channel"] or "email", new, ticket_words, now),
        classification=_classification(row["intents"]),
        state=state,
        flags=_flags(row["flags"]),
        now_epoch_ms=now,
        received_at_epoch_ms=now - _ago(ticket_words.get("received", "1m")),
        text=text,
        new_messages=(new,),
        entities=entities,
        order_lookup=_lookup(row["order"], now),
        customer_replies_24h=replies,
        language={"unknown": None}.get(code := ticket_words.get("language", "en"), code),
        machine_marks=frozenset(filter(None, [ticket_words.get("sender")])),
        code=_code(ticket_words["code"]) if "code" in ticket_words else None,
    )


def _code(value: str) -> CodeStanding:
    """`code=right` with the order proved, `wrong`, `spent`, or `had` for a conversation that had its codes."""
    if value == "had":
        return CodeStanding(may_issue=False)
    return CodeStanding(value, is_proof=value == "right", tries_left=1)


def _pair(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    return name, value


def _ago(text: str) -> int:
    return int(float(text[:-1]) * UNITS[text[-1]])


def _text(cell: str) -> tuple[str, tuple[Entity, ...]]:
    """`#1001` is an order number; an empty cell is seven harmless words; `(nothing)` is no text."""
    text = {"": "please tell me about that order now", "(nothing)": ""}.get(cell, cell)
    entities = []
    for word in text.split():
        if word.startswith("#"):
            start = text.index(word)
            entities.append(Entity("order_number", word, start, start + len(word)))
    return text, tuple(entities)


def _classification(cell: str) -> Classification:
    """`label 0.90; label 0.20`, `risk=label`, `failure=code`; empty is an order status at 0.90."""
    intents, risks, failure = [], set(), None
    for part in _parts(cell or "order_status_tracking 0.90"):
        name, value = _pair(part)
        if name == "risk":
            risks.add(value)
        elif name == "failure":
            failure = value
        elif part != "none":
            label, confidence = part.split()
            intents.append(Intent(label, float(confidence)))
    return Classification(tuple(intents), frozenset(risks), failure=failure, model_version="golden")


def _flags(cell: str) -> Flags:
    """Empty: everything on; `stage=tags`, `channels=sms`, `disabled=template`, `problem=stale`, `safe_mode`, `off`,
    `closed=flag` for any other switch, `codes` for one-time codes on chat.
    """
    flags = LIVE
    for part in _parts(cell):
        name, value = _pair(part)
        changes: dict[str, Any] = {
            "stage": {"rollout_stage": RolloutStage[value.upper()] if name == "stage" else None},
            "channels": {"automation_enabled_channels": frozenset({value})},
            "disabled": {"disabled_templates": frozenset(value.split(","))},
            "problem": {"problem": value},
            "safe_mode": {"safe_mode": True},
            "off": {"automation_enabled": False},
            "closed": {value: False},
            "codes": {"chat_codes": True},
        }[name]
        flags = replace(flags, **changes)
    return flags


def _ticket(channel: str, new: TicketMessage, words: dict[str, str], now: int) -> Ticket:
    """`closed`, `linked=1,2`, `agent=2h` (before), `answered` (since), `contact=bob` (default ana, or empty),
    `redirected` (a Reply-To).

    `_case` reads `language=de` here too (default en; `unknown` for no telling), and `sender=written_by_machine` or
    another verdict of who wrote; `code=` is explained at `_code`.
    """
    before = (TicketMessage("agent", Author.OPERATOR, "hi", now - _ago(words["agent"])),) if "agent" in words else ()
    after = (TicketMessage("since", Author.OPERATOR, "hi", now),) if "answered" in words else ()
    return Ticket(
        "conversation",
        channel,
        "closed" not in words,
        (*before, new, *after),
        sender_contact_digests=frozenset(filter(None, [words.get("contact", "ana")])),
        linked_order_ids=tuple(words["linked"].split(",")) if "linked" in words else (),
        is_redirected="redirected" in words,
    )


def _state(cell: str, now: int) -> tuple[ConversationState, int]:
    """`replied=5m template`, `asked` (our question is open), `customer=5` (replies in 24 h), `later`, `risk=label`."""
    state, replies = ConversationState("conversation", 1), 0
    for part in _parts(cell):
        name, value = _pair(part)
        if name == "replied":
            ago, template = value.split()
            state = replace(state, auto_replies=(*state.auto_replies, AutoReply(now - _ago(ago), template)))
        elif name == "asked":
            intents = (Intent("order_status_tracking", 0.9),)
            pending = PendingFlow("awaiting_order_number", "old", intents, now + HOUR)
            state = replace(state, pending=pending)
        elif name == "customer":
            replies = int(value)
        elif name == "risk":
            state = replace(state, risk_flags=state.risk_flags | {value})
        elif name == "later":
            state = replace(state, last_message_at_epoch_ms=now)
        else:
            raise ValueError(f"state: {part}")
    return state, replies


def _lookup(cell: str, now: int) -> OrderLookup | None:
    """`not_found`, `ambiguous`, `failed`, with `by_id` for a linked order, `by_address` for a sender's; or `found` and
    what differs.

    The plain order is #1001, id 5001, ana's, paid, unfulfilled, ordered yesterday, Standard to the US; a `parcel` of
    it is in transit, and what is said after it of delivery and its times is that parcel's.
    """
    parts = _parts(cell)
    if not parts:
        return None
    by = "order_id" if "by_id" in parts else "customer_email" if "by_address" in parts else "order_name"
    if parts[0] != "found":
        return OrderLookup(by, parts[0])
    order = OrderFacts("5001", "#1001", now - DAY, "UNFULFILLED", ("ana",), "PAID", shipping_method="Standard")
    for part in parts[1:]:
        order = _changed(order, part, now)
    return OrderLookup(by, "found", order)


_TIMES = {
    "ordered": "created_at_epoch_ms",
    "shipped": "shipped_at_epoch_ms",
    "delivered": "delivered_at_epoch_ms",
    "cancelled": "cancelled_at_epoch_ms",
    "estimated": "estimated_delivery_at_epoch_ms",
}
_OF_PARCEL = {
    "delivery": "delivery_status",
    "shipped": "in_transit_at_epoch_ms",
    "delivered": "delivered_at_epoch_ms",
    "estimated": "estimated_delivery_at_epoch_ms",
}


def _changed(order: OrderFacts, part: str, now: int) -> OrderFacts:
    name, value = _pair(part)
    if name == "parcel":
        company, number, url = (*value.split(" "), "", "")[:3]
        tracking = (TrackingFacts(company or None, number or None, url or None),) if value else ()
        parcel = ParcelFacts("IN_TRANSIT", order.created_at_epoch_ms, tracking=tracking)
        return replace(order, fulfillment_status="FULFILLED", parcels=(*order.parcels, parcel))
    if order.parcels and name in _OF_PARCEL:
        changed = (value or None) if name == "delivery" else now - _ago(value)
        last = replace(order.parcels[-1], **{_OF_PARCEL[name]: changed})  # type: ignore[arg-type]
        return replace(order, parcels=(*order.parcels[:-1], last))
    if name in _TIMES:
        return replace(order, **{_TIMES[name]: now - _ago(value)})  # type: ignore[arg-type]
    fields: dict[str, dict[str, Any]] = {
        "status": {"fulfillment_status": value},
        "paid": {"financial_status": value},
        "delivery": {"delivery_status": value or None},
        "method": {"shipping_method": value or None},
        "to": {"destination_country": value},
        "name": {"name": value},
        "id": {"order_id": value},
        "contact": {"contact_digests": (value,)},
        "test": {"is_test": True},
        "digital": {"requires_shipping": False},
        "waits": {"waits_as": value},
        "by_id": {},
        "by_address": {},
    }
    return replace(order, **fields[name])


def _policy(cell: str, policy: Policy) -> Policy:
    """Empty; `tiny_order_numbers`: an order number may have three characters; `german_without_words`;
    `scans_prove_nothing`: no fact proves that a parcel moves; `no_acknowledgements`; `intents_need_words`.
    """
    if not cell:
        return policy
    if cell == "german_without_words":
        return replace(policy, further_templates={"de": replace(policy.templates, templates={})})
    if cell == "intents_need_words":
        needed = {"damaged_item": ("damaged", "about_order"), "refund_request": ("refund", "about_order")}
        rules = {label: replace(policy.intents[label], words=words) for label, words in needed.items()}
        return replace(policy, intents={**policy.intents, **rules})
    if cell == "no_acknowledgements":
        return replace(policy, settings=replace(policy.settings, acknowledgements=False))
    if cell == "scans_prove_nothing":
        unproved = replace(policy.claims.claims["in_transit"], proved_by=())
        return replace(policy, claims=replace(policy.claims, claims={**policy.claims.claims, "in_transit": unproved}))
    assert cell == "tiny_order_numbers", cell
    variables = {**policy.templates.variables, "order_number": VariableRule(3)}
    return replace(policy, templates=replace(policy.templates, variables=variables))
