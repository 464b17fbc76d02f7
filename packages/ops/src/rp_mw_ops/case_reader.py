"""Reads a case for `rp-mw decide` from JSON; the format is in docs/cases.md. What is left out is harmless.

Left-out flags are off, left-out times are the case's own, plain contacts are digested here and go no further. The
ticket is prepared by the worker's own functions (`case_preparation`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from rp_mw_ops.case_preparation import SALT, Comment, TicketForm, UnreadableTicketError, prepare, read_form
from rp_mw_shared.flags.declared import FLAGS
from rp_mw_shared.flags.kinds import to_text
from rp_mw_shared.messages.types import OrderFacts
from rp_mw_shared.redaction.hashing import contact_digests
from rp_mw_worker.adapters.richpanel.contacts import ContactReader
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
)

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from rp_mw_worker.domain.policy import Policy
    from rp_mw_worker.ports import Classifiers

_LOOKUP_OUTCOMES = ("found", "not_found", "ambiguous", "failed")


class CaseError(ValueError):
    """The JSON is not a case; the message names every field that is wrong."""


class _Closed:
    """Base of what is read: an unknown key is an error, because a misspelt one would silently change the decision."""

    __slots__ = ()
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True)
class MessageInput(_Closed):
    """One comment of the ticket: clean words as `text`, or the helpdesk's body as `raw_text`, which then counts."""

    text: str = ""
    raw_text: str | None = None
    raw_is_html: bool = False
    author: Author = Author.CUSTOMER
    message_id: str = ""
    created_at_epoch_ms: int | None = None
    attachment_count: int = 0


@dataclass(frozen=True, slots=True)
class TicketInput(_Closed):
    """The ticket; `contacts` are e-mail addresses and phone numbers of the sender, beside `sender_address`."""

    conversation_id: str = "conversation"
    channel: str = "email"
    is_open: bool = True
    messages: tuple[MessageInput, ...] = ()
    tags: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    sender_contact_digests: tuple[str, ...] = ()
    linked_order_ids: tuple[str, ...] = ()
    subject: str = ""
    sender_address: str = ""
    sender_name: str = ""
    recipient_address: str = ""


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
    """One line of the file. `text` is short for one customer message; `language` left out is read from the words.

    `raw_text` is the body of the customer's last message as the helpdesk shows it: it is cleaned, and counts instead of
    `text`. `classify`: the embedded model classifies the words, as in the worker, instead of `classification`.
    """

    now: int
    id: str | int | None = None
    text: str | None = None
    raw_text: str | None = None
    raw_is_html: bool = False
    classify: bool = False
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
    state, flags = _state(given), _flags(given.flags)
    text = given.text if given.raw_text is None else None
    try:
        seen = read_form(_form(given), policy)
    except UnreadableTicketError as error:
        raise CaseError(str(error)) from None
    seen = replace(seen, ticket=_with_contacts(seen.ticket, given.ticket, policy))
    classifiers = _embedded() if given.classify else None
    prepared = prepare(
        seen, state, flags, given.now, policy, text=text, language=given.language, classifiers=classifiers
    )
    found = prepared.case
    return replace(
        found,
        classification=found.classification if given.classify else _classification(given.classification),
        flags=flags,
        now_epoch_ms=given.now,
        received_at_epoch_ms=given.now if given.received_at is None else given.received_at,
        new_messages=prepared.new_messages,
        entities=found.entities if given.entities is None else given.entities,
        matters=found.matters if given.entities is None else None,
        screen_hits=found.screen_hits | frozenset(given.screen_hits),
        order_lookup=_order(given.order),
        customer_replies_24h=given.customer_replies_24h,
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


def _form(given: CaseInput) -> TicketForm:
    """Return the ticket as the helpdesk would show it."""
    ticket = given.ticket
    comments = tuple(_comment(message, place, given.now) for place, message in enumerate(_messages(given), 1))
    return TicketForm(
        conversation_id=ticket.conversation_id,
        channel=ticket.channel,
        is_open=ticket.is_open,
        comments=comments,
        tags=ticket.tags,
        linked_order_ids=ticket.linked_order_ids,
        subject=ticket.subject,
        sender_address=ticket.sender_address,
        sender_name=ticket.sender_name,
        recipient_address=ticket.recipient_address,
    )


def _messages(given: CaseInput) -> tuple[MessageInput, ...]:
    """Return the ticket's messages, the customer's last one with the case's raw body where there is one."""
    messages = given.ticket.messages
    if given.raw_text is None:
        return messages or ((MessageInput(text=given.text),) if given.text is not None else ())
    places = [place for place, message in enumerate(messages) if message.author is Author.CUSTOMER]
    last = places[-1] if places else len(messages)
    message = messages[last] if places else MessageInput()
    raw = replace(message, raw_text=given.raw_text, raw_is_html=given.raw_is_html)
    return (*messages[:last], raw, *messages[last + 1 :])


def _comment(message: MessageInput, place: int, now_epoch_ms: int) -> Comment:
    return Comment(
        message_id=message.message_id or f"message-{place}",
        author=message.author,
        body=message.text if message.raw_text is None else message.raw_text,
        created_at_epoch_ms=now_epoch_ms if message.created_at_epoch_ms is None else message.created_at_epoch_ms,
        attachment_count=message.attachment_count,
        is_raw=message.raw_text is not None,
        is_html=message.raw_is_html,
    )


def _with_contacts(ticket: Ticket, given: TicketInput, policy: Policy) -> Ticket:
    reader = ContactReader(policy.contacts, policy.settings.shop.country, policy.proofs)
    spelled = (digest for contact in given.contacts for digest in reader.digests(contact, SALT))
    digests = (*given.sender_contact_digests, *spelled)
    return replace(ticket, sender_contact_digests=ticket.sender_contact_digests | frozenset(digests))


@cache
def _embedded() -> Classifiers:
    from rp_mw_ops.eval.classifiers import make_choice

    return make_choice("embedded", {})


def _digests(contacts: tuple[str, ...]) -> tuple[str, ...]:
    """Return an order's digests, as the enricher tells them."""
    return tuple(digest for contact in contacts for digest in contact_digests(contact, SALT))


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


def _order(given: OrderInput | None) -> OrderLookup | None:
    if given is None:
        return None
    order = given.order
    if order is not None and given.contacts:
        order = replace(order, contact_digests=(*order.contact_digests, *_digests(given.contacts)))
    return OrderLookup(given.by, given.outcome, order, given.reason)
