"""What a decision was made from, without a word of the customer's: enough to decide again under another policy.

Only codes, counts, flags, labels, numbers and times are kept, in under 650 bytes. `from_replay_record` builds a case
of stand-ins (`word word 1000`, order `#1000`) that every rule sees as it saw the real one.

Keys: c channel · t now, a age, both ms · fl, ff flags · i intents · rf risks · x failure · s screen hits · w words ·
n order numbers · l linked orders · o lookup · p pending · r our replies [ms ago, template] ·
cr, ur replies to the customer, to whoever gave this contact · k matters · nc no contact · rt redirected ·
mm machine verdicts · m message facts · mv model version ·
g language, left out for the base one
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from rp_mw_shared.flags.declared import FLAGS
from rp_mw_shared.flags.kinds import to_text
from rp_mw_shared.messages.types import OrderFacts, ParcelFacts, TrackingFacts
from rp_mw_worker.domain.agents_in_ticket import after_latest, latest_agent_age_ms
from rp_mw_worker.domain.authors import find_doubtful_author
from rp_mw_worker.domain.carriers import CarrierRules
from rp_mw_worker.domain.delivery_window import method_words
from rp_mw_worker.domain.entities import order_numbers
from rp_mw_worker.domain.interpretation import find_active_pending, find_case_matters, word_count
from rp_mw_worker.domain.matters import ABOUT_ORDER, ASKS_WHERE, DEADLINE, NOT_BARE, SAYS_LATE, SECOND_QUESTION
from rp_mw_worker.domain.model import (
    Author,
    AutoReply,
    Case,
    Classification,
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
from rp_mw_worker.domain.order_match import is_called, match_order, plain_order_id
from rp_mw_worker.domain.order_obstacles import is_printable_order_name
from rp_mw_worker.domain.policy import BASE_LANGUAGE, Policy
from rp_mw_worker.domain.reasons import Reason
from rp_mw_worker.domain.tags import UNKNOWN_LANGUAGE

RECORD_VERSION = 1
_FIRST_NUMBER = 1000
_OUR_CONTACT, _OTHER_CONTACT = "sender", "somebody"
_MAX_TITLE_CHARS = 40
_NUMBER, _ODD, _NO_NUMBER = "PCL-", "?", "none"
# The flags with a place in `fl`, and the classifier, of which the classification tells all that a decision uses.
_PLACED_FLAGS = (
    "safe_mode",
    "automation_enabled",
    "automation_enabled_channels",
    "rollout_stage",
    "disabled_templates",
    "classifier",
)
# Short, because the record shares an item of 1 KB with the audit row.
_STATUS_FIELDS = {
    "fs": "fulfillment_status",
    "ps": "financial_status",
    "ds": "delivery_status",
    "to": "destination_country",
    "wa": "waits_as",
}
_TIME_FIELDS = {
    "ct": "created_at_epoch_ms",
    "xt": "cancelled_at_epoch_ms",
    "st": "shipped_at_epoch_ms",
    "dt": "delivered_at_epoch_ms",
    "et": "estimated_delivery_at_epoch_ms",
}
# Where each parcel is told, these are not: they are made of the parcels.
_TOLD_BY_PARCELS = frozenset({"ds", "st", "dt", "et", "parcels"})
_PARCEL_TIMES = (
    *("labelled_at_epoch_ms", "in_transit_at_epoch_ms", "delivered_at_epoch_ms"),
    *("estimated_delivery_at_epoch_ms", "last_scan_at_epoch_ms"),
)

_MATTER_MARKS = {
    ABOUT_ORDER: "a",
    ASKS_WHERE: "w",
    SAYS_LATE: "l",
    NOT_BARE: "b",
    DEADLINE: "d",
    SECOND_QUESTION: "q",
}
# Why the words may not be the customer's, by the number that stands in a record; of an older one 0 is unknown.
_AUTHORS = (Reason.AUTHOR_UNKNOWN, None, Reason.THIRD_PARTY, Reason.MESSAGE_UNSEEN)
_AUTHOR_OF = (Author.UNKNOWN, Author.CUSTOMER, Author.THIRD_PARTY, Author.UNSEEN)
_FACTS = frozenset(item.name for item in fields(OrderFacts))
_PLACED_FACTS = frozenset(_STATUS_FIELDS.values()) | frozenset(_TIME_FIELDS.values())
_PLACED_FACTS |= {"order_id", "name", "contact_digests", "shipping_method", "tracking", "is_test", "parcels"}


class ReplayError(ValueError):
    """The record is not one this version can decide again."""


def to_replay_record(case: Case, policy: Policy) -> dict[str, Any]:
    """Return what `decide` used of the case, as a JSON object without personal data; empty values are left out."""
    found, pending = case.classification, find_active_pending(case)
    words = word_count(case.text) if case.text.strip() else -1
    numbers = order_numbers(case.entities)
    record = {
        "v": RECORD_VERSION,
        "c": case.ticket.channel,
        "t": case.now_epoch_ms,
        "a": case.now_epoch_ms - case.received_at_epoch_ms,
        "fl": _flag_values(case),
        "ff": _further_flags(case),
        "i": _to_pairs(found.intents),
        "rf": sorted(found.risk_flags),
        "x": found.failure,
        "s": sorted(case.screen_hits),
        "mm": sorted(case.machine_marks or ()),
        "w": words,
        "n": len(numbers),
        "l": len({plain_order_id(order_id) for order_id in case.ticket.linked_order_ids}),
        "o": _lookup_values(case, policy),
        "p": [pending.kind, _to_pairs(pending.intents)] if pending else None,
        "r": [[case.now_epoch_ms - reply.sent_at_epoch_ms, reply.template_id] for reply in case.state.auto_replies],
        "cr": case.customer_replies_24h,
        "ur": case.unproved_replies_24h,
        "k": _to_marks(find_case_matters(case, policy)),
        "nc": int(not case.ticket.sender_contact_digests),
        "rt": int(case.ticket.is_redirected),
        "e": sorted(case.state.risk_flags),
        "m": _message_values(case, policy),
        "mv": found.model_version,
        "g": None if case.language == BASE_LANGUAGE else case.language or UNKNOWN_LANGUAGE,
    }
    return {key: value for key, value in record.items() if value not in (None, [], {}, "", 0) or key in {"t", "w"}}


def from_replay_record(record: dict[str, Any]) -> Case:
    """Return a case of stand-ins that `decide` treats as the recorded one; raises ReplayError for an unknown record."""
    if record.get("v") != RECORD_VERSION:
        raise ReplayError(f"replay record version {record.get('v')!r} is not {RECORD_VERSION}")
    try:
        return _to_case(record)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ReplayError(f"the replay record is damaged near {error}") from error


def _to_marks(matters: frozenset[str]) -> str:
    """Return the kinds as one text: one character for each usual one, any other by name after a comma."""
    marks = "".join(sorted(_MATTER_MARKS[kind] for kind in matters if kind in _MATTER_MARKS))
    return ",".join([marks, *sorted(matters - _MATTER_MARKS.keys())]).rstrip(",")


def _from_marks(text: str) -> frozenset[str]:
    marks, *names = text.split(",")
    return frozenset((*names, *(kind for kind, mark in _MATTER_MARKS.items() if mark in marks)))


def _flag_values(case: Case) -> list[Any]:
    flags = case.flags
    switches = [int(flags.safe_mode), int(flags.automation_enabled), int(_is_on_channel(case))]
    return [*switches, int(flags.rollout_stage), flags.problem or "", *sorted(flags.disabled_templates)]


def _is_on_channel(case: Case) -> bool:
    return case.ticket.channel in case.flags.automation_enabled_channels


def _further_flags(case: Case) -> dict[str, str]:
    """Every flag that `fl` has no place for, as SSM holds it: a flag declared later is recorded by itself."""
    return {name: to_text(getattr(case.flags, name)) for name in FLAGS if name not in _PLACED_FLAGS}


def _from_further_flags(record: dict[str, Any]) -> dict[str, Any]:
    return {name: FLAGS[name].parse(text) for name, text in record.get("ff", {}).items() if name in FLAGS}


def _to_pairs(intents: tuple[Intent, ...]) -> list[list[Any]]:
    return [[intent.label, intent.confidence] for intent in intents]


def _from_pairs(pairs: list[list[Any]]) -> tuple[Intent, ...]:
    return tuple(Intent(str(label), float(confidence)) for label, confidence in pairs)


def _message_values(case: Case, policy: Policy) -> list[Any]:
    """[open, attachment, author known, operator wrote since, superseded, ms since a person wrote or -1]"""
    since, age = after_latest(case), latest_agent_age_ms(case, policy)
    latest = max((message.created_at_epoch_ms for message in case.new_messages), default=None)
    return [
        int(case.ticket.is_open),
        int(any(message.attachment_count for message in case.new_messages)),
        _AUTHORS.index(find_doubtful_author(case)),
        int(any(message.author is Author.OPERATOR for message in since)),
        int(latest is not None and latest < case.state.last_message_at_epoch_ms),
        -1 if age is None else age,
    ]


def _lookup_values(case: Case, policy: Policy) -> list[Any] | None:
    """[by, outcome, order or None]; of the order: does its number fit, is it the linked one, is it the sender's."""
    lookup = case.order_lookup
    if lookup is None:
        return None
    order = lookup.order
    return [lookup.by, lookup.outcome, _order_values(case, order, policy) if order else None]


def _order_values(case: Case, order: OrderFacts, policy: Policy) -> dict[str, Any]:
    """Times are ms before the decision. Of an order that is not proven the sender's nothing but that is kept."""
    linked = {plain_order_id(order_id) for order_id in case.ticket.linked_order_ids}
    numbers = order_numbers(case.entities)
    values: dict[str, Any] = {
        "fits": int(any(is_called(order, number) for number in numbers)),
        "linked": int(plain_order_id(order.order_id) in linked),
        "ours": int(bool(case.ticket.sender_contact_digests & frozenset(order.contact_digests))),
    }
    if match_order(case.ticket, numbers, case.order_lookup, policy.proof_on(case.ticket.channel)).matched:
        values |= {key: getattr(order, name) for key, name in _STATUS_FIELDS.items()}
        times = {key: getattr(order, name) for key, name in _TIME_FIELDS.items()}
        values |= {key: None if time is None else case.now_epoch_ms - time for key, time in times.items()}
        values["by"] = method_words(order, policy)[:_MAX_TITLE_CHARS]
        values["test"] = int(order.is_test)
        values["odd"] = int(not is_printable_order_name(order.name))
        values["parcels"] = _stand_in_numbers(order.tracking, policy.carriers)
        values["pc"] = [_parcel_values(case, parcel, policy.carriers) for parcel in order.parcels]
        values["more"] = _further_facts(order)
        values = {key: value for key, value in values.items() if not (order.parcels and key in _TOLD_BY_PARCELS)}
    # A time of 0 is this very moment, and told.
    told = {key for key in _TIME_FIELDS if values.get(key) is not None}
    return {key: value for key, value in values.items() if value not in ("", [], {}, None, 0) or key in told}


def _further_facts(order: OrderFacts) -> dict[str, Any]:
    """Every yes, no or number that has no place of its own: a fact added later is recorded by itself.

    Text is not: it might be personal, so a text has to be given its place, and its form, by hand.
    """
    found = ((item, getattr(order, item.name)) for item in fields(order) if item.name not in _PLACED_FACTS)
    return {
        item.name: value for item, value in found if isinstance(value, bool | int | float) and value != item.default
    }


def _parcel_values(case: Case, parcel: ParcelFacts, carriers: CarrierRules) -> str:
    """status:ms since each of `_PARCEL_TIMES`:number,number; empty for what is not known"""
    times = (getattr(parcel, name) for name in _PARCEL_TIMES)
    ages = ("" if time is None else str(case.now_epoch_ms - time) for time in times)
    return ":".join((parcel.delivery_status or "", *ages, ",".join(_stand_in_numbers(parcel.tracking, carriers))))


def _stand_in_numbers(tracking: tuple[TrackingFacts, ...], carriers: CarrierRules) -> list[str]:
    """Keep which numbers are the same and whether each is one, not the numbers."""
    entries = {entry.number: entry for entry in tracking if entry.number}
    kept = (_stand_in(number, entry.company, carriers) for number, entry in entries.items())
    return [f"{mark}{place}" for place, mark in enumerate(kept)]


def _stand_in(number: str, company: str | None, carriers: CarrierRules) -> str:
    """A number, what cannot be printed, or the word for a number that is to come."""
    if carriers.is_number(number, company):
        return _NUMBER
    return _ODD if carriers.is_odd(number) else _NO_NUMBER


def _to_case(record: dict[str, Any]) -> Case:
    now = int(record["t"])
    state = ConversationState("replayed", 1, auto_replies=_to_replies(record, now), pending=_to_pending(record, now))
    text, entities = _to_text(record)
    messages, newest, last_at = _to_messages(record, now, text)
    safe, automated, on_channel, stage, problem, *disabled = record.get("fl", [0, 0, 0, 0, ""])
    channel = str(record.get("c", "unknown"))
    flags = Flags(
        safe_mode=bool(safe),
        automation_enabled=bool(automated),
        automation_enabled_channels=frozenset({channel}) if on_channel else frozenset(),
        rollout_stage=RolloutStage(stage),
        disabled_templates=frozenset(disabled),
        problem=problem or None,
        **_from_further_flags(record),
    )
    return Case(
        ticket=Ticket(
            "replayed",
            channel,
            bool(record["m"][0]),
            messages,
            sender_contact_digests=frozenset() if record.get("nc") else frozenset({_OUR_CONTACT}),
            is_redirected=bool(record.get("rt")),
            linked_order_ids=tuple(str(_FIRST_NUMBER + place) for place in range(record.get("l", 0))),
        ),
        classification=Classification(
            _from_pairs(record.get("i", [])),
            frozenset(record.get("rf", [])),
            failure=record.get("x"),
            model_version=record.get("mv", ""),
        ),
        state=replace(state, last_message_at_epoch_ms=last_at, risk_flags=frozenset(record.get("e", []))),
        flags=flags,
        now_epoch_ms=now,
        received_at_epoch_ms=now - int(record.get("a", 0)),
        text=text,
        new_messages=newest,
        entities=entities,
        screen_hits=frozenset(record.get("s", [])),
        machine_marks=frozenset(record.get("mm", [])),
        order_lookup=_to_lookup(record),
        customer_replies_24h=int(record.get("cr", 0)),
        unproved_replies_24h=int(record.get("ur", 0)),
        matters=_from_marks(record.get("k", "")),
        language=_to_language(record.get("g", BASE_LANGUAGE)),
    )


def _to_language(code: str) -> str | None:
    return None if code == UNKNOWN_LANGUAGE else str(code)


def _to_replies(record: dict[str, Any], now: int) -> tuple[AutoReply, ...]:
    return tuple(AutoReply(now - int(age), str(template)) for age, template in record.get("r", []))


def _to_pending(record: dict[str, Any], now: int) -> PendingFlow | None:
    if "p" not in record:
        return None
    kind, pairs = record["p"]
    return PendingFlow(str(kind), "message", _from_pairs(pairs), now + 1)


def _to_text(record: dict[str, Any]) -> tuple[str, tuple[Entity, ...]]:
    """Return as many stand-in words as there were, with the order numbers where the reader expects them."""
    count, numbers = int(record["w"]), int(record.get("n", 0))
    text, entities = " ".join(["word"] * max(0, count - numbers)), []
    for place in range(numbers):
        text += " " if text else ""
        value = str(_FIRST_NUMBER + place)
        entities.append(Entity("order_number", value, len(text), len(text) + len(value)))
        text += value
    return "" if count < 0 else text or "?", tuple(entities)


def _to_messages(
    record: dict[str, Any], now: int, text: str
) -> tuple[tuple[TicketMessage, ...], tuple[TicketMessage, ...], int]:
    """Return the ticket's messages, the new ones of them, and when the last handled message was written."""
    _, attached, known, answered, superseded, agent_age = record["m"]
    author = _AUTHOR_OF[int(known)]
    newest = TicketMessage("message", author, text, now, attachment_count=int(attached))
    before = [TicketMessage("agent", Author.OPERATOR, "", now - agent_age)] if agent_age >= 0 else []
    after = [TicketMessage("since", Author.OPERATOR, "", now)] if answered else []
    return (*before, newest, *after), (newest,), now + 1 if superseded else 0


def _to_lookup(record: dict[str, Any]) -> OrderLookup | None:
    if "o" not in record:
        return None
    by, outcome, values = record["o"]
    order = _to_order(record, values) if values is not None else None
    return OrderLookup(str(by), str(outcome), order)


def _to_order(record: dict[str, Any], values: dict[str, Any]) -> OrderFacts:
    number, now = str(_FIRST_NUMBER if values.get("fits") else 1), int(record["t"])
    facts: dict[str, Any] = {name: values.get(key) for key, name in _STATUS_FIELDS.items()}
    facts |= {name: now - values[key] if key in values else None for key, name in _TIME_FIELDS.items()}
    created, fulfillment = facts.pop("created_at_epoch_ms"), facts.pop("fulfillment_status")
    order = OrderFacts(
        order_id=str(_FIRST_NUMBER if values.get("linked") else 1),
        name=f"# {number}" if values.get("odd") else f"#{number}",
        created_at_epoch_ms=int(created or 0),
        fulfillment_status=str(fulfillment or ""),
        contact_digests=(_OUR_CONTACT if values.get("ours") else _OTHER_CONTACT,),
        shipping_method=values.get("by"),
        tracking=_to_tracking(values.get("parcels", [])),
        is_test=bool(values.get("test")),
        parcels=tuple(_to_parcel(parcel, now) for parcel in values.get("pc", [])),
        **facts,
    )
    more = {name: value for name, value in values.get("more", {}).items() if name in _FACTS - _PLACED_FACTS}
    return replace(order, **more)


def _to_tracking(numbers: list[str]) -> tuple[TrackingFacts, ...]:
    """Return stand-ins that count as what they stand for: a number needs digits enough."""
    return tuple(TrackingFacts(number=number.replace(_NUMBER, f"{_NUMBER}1000")) for number in numbers)


def _to_parcel(values: str, now: int) -> ParcelFacts:
    status, *ages, numbers = values.split(":")
    times = {name: now - int(age) if age else None for name, age in zip(_PARCEL_TIMES, ages, strict=True)}
    return ParcelFacts(status or None, tracking=_to_tracking(numbers.split(",") if numbers else []), **times)
