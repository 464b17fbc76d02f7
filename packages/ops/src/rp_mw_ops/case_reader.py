"""Reads a case for `rp-mw decide` from JSON; the format is in docs/cases.md. What is left out is harmless.

Left-out flags are off, left-out times are the case's own, plain contacts are digested here and go no further.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from rp_mw_shared.flags.declared import FLAGS
from rp_mw_shared.flags.kinds import to_text
from rp_mw_shared.messages.types import OrderFacts
from rp_mw_shared.redaction.hashing import contact_digest
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
    Ticket,
    TicketMessage,
)
from rp_mw_worker.domain.new_messages import new_messages

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from rp_mw_worker.domain.policy import Policy

# Digests of a case are compared within the case only, so their salt is no secret.
_SALT = "a case of rp-mw decide"
_EARLIER_MESSAGES = 5
_LOOKUP_OUTCOMES = ("found", "not_found", "ambiguous", "failed")


class CaseError(ValueError):
    """The JSON is not a case; the message names every field that is wrong."""


class _Closed:
    """Base of what is read: an unknown key is an error, because a misspelt one would silently change the decision."""

    __slots__ = ()
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True)
class MessageInput(_Closed):
    """One comment of the ticket."""

    text: str = ""
    author: Author = Author.CUSTOMER
    message_id: str = ""
    created_at_epoch_ms: int | None = None
    attachment_count: int = 0


@dataclass(frozen=True, slots=True)
class TicketInput(_Closed):
    """The ticket; `contacts` are e-mail addresses and phone numbers of the sender."""

    conversation_id: str = "conversation"
    channel: str = "email"
    is_open: bool = True
    messages: tuple[MessageInput, ...] = ()
    tags: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    sender_contact_digests: tuple[str, ...] = ()
    linked_order_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClassificationInput(_Closed):
    """The classifier's answer."""

    intents: tuple[Intent, ...] = ()
    risk_flags: tuple[str, ...] = ()
    classifier: str = "embedded"
    model_version: str = ""
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class OrderInput(_Closed):
    """What the lookup found; `contacts` are the order's e-mail addresses and phone numbers."""

    outcome: str = "found"
    by: str = "order_name"
    order: OrderFacts | None = None
    contacts: tuple[str, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class StateInput(_Closed):
    """What the tables know of the conversation."""

    last_message_id: str | None = None
    last_message_at_epoch_ms: int = 0
    last_intent: str | None = None
    last_route: str | None = None
    auto_replies: tuple[AutoReply, ...] = ()
    pending: PendingFlow | None = None


@dataclass(frozen=True, slots=True)
class CaseInput(_Closed):
    """One line of the file. `text` is short for one customer message; `language` left out is read from the words."""

    now: int
    id: str | int | None = None
    text: str | None = None
    ticket: TicketInput = field(default_factory=TicketInput)
    classification: ClassificationInput = field(default_factory=ClassificationInput)
    order: OrderInput | None = None
    state: StateInput = field(default_factory=StateInput)
    flags: dict[str, bool | str | tuple[str, ...] | None] = field(default_factory=dict)
    entities: tuple[Entity, ...] | None = None
    screen_hits: tuple[str, ...] = ()
    received_at: int | None = None
    customer_replies_24h: int = 0
    language: str | None = None


def parse_case(row: Any, policy: Policy) -> Case:
    """Return the case `row` (parsed JSON) describes; raises CaseError."""
    given = _validated(row)
    messages = _messages(given)
    state = _state(given)
    new = new_messages(messages, state)
    text = given.text if given.text is not None else "\n\n".join(message.text for message in new if message.text)
    return Case(
        ticket=_ticket(given.ticket, messages),
        classification=_classification(given.classification),
        state=state,
        flags=_flags(given.flags),
        now_epoch_ms=given.now,
        received_at_epoch_ms=given.now if given.received_at is None else given.received_at,
        text=text,
        new_messages=new,
        entities=_entities(text, policy) if given.entities is None else given.entities,
        screen_hits=frozenset(given.screen_hits),
        order_lookup=_order(given.order),
        customer_replies_24h=given.customer_replies_24h,
        language=given.language or _language(text, messages, new),
    )


def _validated(row: Any) -> CaseInput:
    from pydantic import ValidationError

    try:
        found = _adapter().validate_python(row)
    except ValidationError as error:
        places = error.errors(include_url=False, include_context=False, include_input=False)
        problems = (f"{'.'.join(str(step) for step in place['loc']) or 'case'}: {place['msg']}" for place in places)
        raise CaseError("; ".join(problems)) from None
    if found.order is not None and found.order.outcome not in _LOOKUP_OUTCOMES:
        raise CaseError(f"order.outcome: write one of {', '.join(_LOOKUP_OUTCOMES)}")
    if found.order is not None and (found.order.outcome == "found") != (found.order.order is not None):
        raise CaseError("order.order: is there exactly when outcome is found")
    return found


@cache
def _adapter() -> TypeAdapter[CaseInput]:
    from pydantic import TypeAdapter

    return TypeAdapter(CaseInput)


def _messages(given: CaseInput) -> tuple[TicketMessage, ...]:
    messages = given.ticket.messages
    if not messages and given.text is not None:
        messages = (MessageInput(text=given.text),)
    return tuple(
        TicketMessage(
            message_id=message.message_id or f"message-{place}",
            author=message.author,
            text=message.text,
            created_at_epoch_ms=given.now if message.created_at_epoch_ms is None else message.created_at_epoch_ms,
            attachment_count=message.attachment_count,
        )
        for place, message in enumerate(messages, 1)
    )


def _ticket(given: TicketInput, messages: tuple[TicketMessage, ...]) -> Ticket:
    return Ticket(
        conversation_id=given.conversation_id,
        channel=given.channel,
        is_open=given.is_open,
        messages=messages,
        tags=frozenset(given.tags),
        sender_contact_digests=frozenset((*given.sender_contact_digests, *_digests(given.contacts))),
        linked_order_ids=given.linked_order_ids,
    )


def _language(text: str, messages: tuple[TicketMessage, ...], new: tuple[TicketMessage, ...]) -> str | None:
    from rp_mw_worker.domain.language import language_of_message
    from rp_mw_worker.policy.languages import detect_scores, load_common_words

    before = [item.text for item in messages if item.author is Author.CUSTOMER and item not in new]
    return language_of_message(text, load_common_words(), detect_scores, reversed(before[-_EARLIER_MESSAGES:]))


def _digests(contacts: tuple[str, ...]) -> tuple[str, ...]:
    found = (contact_digest(contact, _SALT) for contact in contacts)
    return tuple(digest for digest in found if digest is not None)


def _classification(given: ClassificationInput) -> Classification:
    values = {item.name: getattr(given, item.name) for item in fields(given)}
    return Classification(**{**values, "risk_flags": frozenset(given.risk_flags)})


def _state(given: CaseInput) -> ConversationState:
    values = {item.name: getattr(given.state, item.name) for item in fields(given.state)}
    return ConversationState(given.ticket.conversation_id, **values)


def _flags(given: dict[str, Any]) -> Flags:
    """Return the flags as the flags command shows them, a list of names as a JSON list; left out is off."""
    values = {name: _flag(name, value) for name, value in given.items() if name != "problem"}
    return Flags(**values, problem=given.get("problem"))


def _flag(name: str, value: Any) -> Any:
    spec = FLAGS.get(name)
    if spec is None:
        raise CaseError(f"flags.{name}: no such flag; the flags are {', '.join(FLAGS)}")
    if isinstance(value, bool) and spec.kind != "switch":
        raise CaseError(f"flags.{name}: must be text or a list of names")
    try:
        return spec.parse(to_text(frozenset(value) if isinstance(value, tuple) else value))
    except ValueError as error:
        raise CaseError(f"flags.{name}: {error}") from None


def _entities(text: str, policy: Policy) -> tuple[Entity, ...]:
    from rp_mw_worker.domain.entities import find_entities

    return tuple(find_entities(text, policy.settings.order_number_patterns, policy.product_words))


def _order(given: OrderInput | None) -> OrderLookup | None:
    if given is None:
        return None
    order = given.order
    if order is not None and given.contacts:
        from dataclasses import replace

        order = replace(order, contact_digests=(*order.contact_digests, *_digests(given.contacts)))
    return OrderLookup(given.by, given.outcome, order, given.reason)
