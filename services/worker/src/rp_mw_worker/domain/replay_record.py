"""What a decision was made from, without a word of the customer's: enough to decide again under another policy.

Only codes, counts, flags, labels, numbers and times are kept, in under 650 bytes. `from_replay_record` builds a case
of stand-ins (`word word 1000`, order `#1000`) that every rule sees as it saw the real one.

Keys: c channel · t now, a age, both ms · fl, ff flags · i intents · rf risks · x failure · s screen hits ·
sh harmless ones · w words · n order numbers · l linked orders · o lookup · p pending ·
r our replies [ms ago, template] ·
cd one-time code as in CodeStanding ·
cr, ur replies to the customer, to whoever gave this contact · k matters · nc no contact · rt redirected ·
mm machine verdicts · m message facts · mv model version ·
g language, left out for the base one
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, replace
from typing import Any

from rp_mw_shared.flags.declared import FLAGS
from rp_mw_shared.flags.kinds import to_text
from rp_mw_shared.reasons import Reason
from rp_mw_worker.domain.comments import find_doubtful_author, is_answered_since, latest_agent_age_ms
from rp_mw_worker.domain.entities import order_numbers
from rp_mw_worker.domain.interpretation import find_active_pending, find_case_matters, word_count
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
from rp_mw_worker.domain.order_match import plain_order_id
from rp_mw_worker.domain.policy import BASE_LANGUAGE, Policy
from rp_mw_worker.domain.replay_order import FIRST_NUMBER, OUR_CONTACT, from_order_values, to_order_values
from rp_mw_worker.domain.screen import ABOUT_ORDER, ASKS_WHERE, DEADLINE, NOT_BARE, SAYS_LATE, SECOND_QUESTION
from rp_mw_worker.domain.tags import UNKNOWN_LANGUAGE

RECORD_VERSION = 1

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

# The flags with a place in `fl`, and the classifier, of which the classification tells all that a decision uses.
_PLACED_FLAGS = (
    "safe_mode",
    "automation_enabled",
    "automation_enabled_channels",
    "rollout_stage",
    "stage_ceiling",  # the stage in `fl` is the lower of the two
    "disabled_templates",
    "classifier",
)
# `fl` of worker 0.x held the stage's place on the ladder as it was then
_STAGES_BY_PLACE = ("shadow", "tags", "assign", "tier1", "tier2")
_OFF, _MAIL_CHANNEL = Flags(), "email"


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
        "sh": sorted(case.harmless_hits),
        "mm": sorted(case.machine_marks or ()),
        "w": words,
        "n": len(numbers),
        "l": len({plain_order_id(order_id) for order_id in case.ticket.linked_order_ids}),
        "o": _lookup_values(case, policy),
        "p": [pending.kind, _to_pairs(pending.intents)] if pending else None,
        "r": [[case.now_epoch_ms - reply.sent_at_epoch_ms, reply.template_id] for reply in case.state.auto_replies],
        "cr": case.customer_replies_24h,
        "ur": case.unproved_replies_24h,
        "k": _to_marks(find_case_matters(case, numbers, policy)),
        "cd": list(astuple(case.code)) if case.code else None,
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


def _flag_values(case: Case) -> list[Any]:
    """Return `fl`: safe mode, automation, this channel, the stage in force, the problem, and what templates are off.

    The channel is 1 where it is on, 2 where codes are asked and their mail may go too.
    """
    flags, channels = case.flags, case.flags.automation_enabled_channels
    on_channel = int(case.ticket.channel in channels) * (1 + (flags.chat_codes and _MAIL_CHANNEL in channels))
    switches = [int(flags.safe_mode), int(flags.automation_enabled), on_channel]
    return [*switches, flags.rollout_stage.name.lower(), flags.problem or "", *sorted(flags.disabled_templates)]


def _further_flags(case: Case) -> dict[str, str]:
    """Every flag that `fl` has no place for, as SSM holds it: a flag declared later is recorded by itself.

    What is off is left out: it is off when it is read.
    """
    said = {name: getattr(case.flags, name) for name in FLAGS if name not in _PLACED_FLAGS}
    return {name: to_text(value) for name, value in said.items() if value != getattr(_OFF, name)}


def _to_marks(matters: frozenset[str]) -> str:
    """Return the kinds as one text: one character for each usual one, any other by name after a comma."""
    marks = "".join(sorted(_MATTER_MARKS[kind] for kind in matters if kind in _MATTER_MARKS))
    return ",".join([marks, *sorted(matters - _MATTER_MARKS.keys())]).rstrip(",")


def _from_marks(text: str) -> frozenset[str]:
    marks, *names = text.split(",")
    return frozenset((*names, *(kind for kind, mark in _MATTER_MARKS.items() if mark in marks)))


def _to_pairs(intents: tuple[Intent, ...]) -> list[list[Any]]:
    return [[intent.label, intent.confidence] for intent in intents]


def _from_pairs(pairs: list[list[Any]]) -> tuple[Intent, ...]:
    return tuple(Intent(str(label), float(confidence)) for label, confidence in pairs)


def _message_values(case: Case, policy: Policy) -> list[Any]:
    """[open, attachment, author known, operator wrote since, superseded, ms since a person wrote or -1]"""
    is_answered, age, doubt = is_answered_since(case), latest_agent_age_ms(case, policy), find_doubtful_author(case)
    latest = max((message.created_at_epoch_ms for message in case.new_messages), default=None)
    return [
        int(case.ticket.is_open),
        int(any(message.attachment_count for message in case.new_messages)),
        _AUTHORS.index(doubt),
        int(is_answered),
        int(latest is not None and latest < case.state.last_message_at_epoch_ms),
        -1 if age is None else age,
    ]


def _lookup_values(case: Case, policy: Policy) -> list[Any] | None:
    """[by, outcome, order or None]"""
    lookup = case.order_lookup
    if lookup is None:
        return None
    order = lookup.order
    return [lookup.by, lookup.outcome, to_order_values(case, order, policy) if order else None]


def _to_case(record: dict[str, Any]) -> Case:
    now = int(record["t"])
    state = ConversationState("replayed", 1, auto_replies=_to_replies(record, now), pending=_to_pending(record, now))
    text, entities = _to_text(record)
    messages, newest, last_at = _to_messages(record, now, text)
    channel = str(record.get("c", "unknown"))
    return Case(
        ticket=Ticket(
            "replayed",
            channel,
            bool(record["m"][0]),
            messages,
            sender_contact_digests=frozenset() if record.get("nc") else frozenset({OUR_CONTACT}),
            is_redirected=bool(record.get("rt")),
            linked_order_ids=tuple(str(FIRST_NUMBER + place) for place in range(record.get("l", 0))),
        ),
        classification=Classification(
            _from_pairs(record.get("i", [])),
            frozenset(record.get("rf", [])),
            failure=record.get("x"),
            model_version=record.get("mv", ""),
        ),
        state=replace(state, last_message_at_epoch_ms=last_at, risk_flags=frozenset(record.get("e", []))),
        flags=_from_flag_record(record, channel),
        now_epoch_ms=now,
        received_at_epoch_ms=now - int(record.get("a", 0)),
        text=text,
        new_messages=newest,
        entities=entities,
        screen_hits=frozenset(record.get("s", [])),
        harmless_hits=frozenset(record.get("sh", [])),
        machine_marks=frozenset(record.get("mm", [])),
        order_lookup=_to_lookup(record),
        customer_replies_24h=int(record.get("cr", 0)),
        unproved_replies_24h=int(record.get("ur", 0)),
        matters=_from_marks(record.get("k", "")),
        language=_to_language(record.get("g", BASE_LANGUAGE)),
        code=CodeStanding(*record["cd"]) if "cd" in record else None,
    )


def _to_stage(kept: str | int) -> RolloutStage:
    return RolloutStage[(kept if isinstance(kept, str) else _STAGES_BY_PLACE[int(kept)]).upper()]


def _from_further_flags(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: FLAGS[name].parse(text) for name, text in record.get("ff", {}).items() if name in FLAGS}


def _from_flag_record(record: Mapping[str, Any], channel: str) -> Flags:
    """Return the flags of a record; raises KeyError, TypeError, ValueError or IndexError for what is none."""
    safe, automated, on_channel, stage, problem, *disabled = record.get("fl", [0, 0, 0, 0, ""])
    return Flags(
        safe_mode=bool(safe),
        automation_enabled=bool(automated),
        automation_enabled_channels=frozenset([channel, _MAIL_CHANNEL][:on_channel]),
        rollout_stage=_to_stage(stage),
        disabled_templates=frozenset(disabled),
        problem=problem or None,
        **_from_further_flags(record),
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
        value = str(FIRST_NUMBER + place)
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
    order = from_order_values(values, int(record["t"])) if values is not None else None
    return OrderLookup(str(by), str(outcome), order)
