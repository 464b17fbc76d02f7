"""Prepares a case's ticket as the worker does: the helpdesk's form, its adapter, the worker's own step; no second path.

    messages, subject, addresses --> Richpanel's ticket --adapter--> HelpdeskTicket --make_decision.to_case--> Case

What a case says itself (its language, words already clean) stands in for what the worker would find.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from rp_mw_shared.clock import Clock, SystemClock
from rp_mw_shared.errors import PermanentError, TransientError
from rp_mw_worker.adapters.richpanel.contacts import sender_rules
from rp_mw_worker.adapters.richpanel.ticket import to_helpdesk_ticket
from rp_mw_worker.dependencies import Dependencies
from rp_mw_worker.domain.comments import new_messages
from rp_mw_worker.domain.model import Author, Case, Classification, ConversationState, Flags, TicketMessage
from rp_mw_worker.policy_engine import PolicyEngine
from rp_mw_worker.steps.context import LoadedEvent, QueueDelivery, TicketReading
from rp_mw_worker.steps.make_decision import to_case

if TYPE_CHECKING:
    from rp_mw_worker.domain.policy import Policy
    from rp_mw_worker.ports import Classifiers, HelpdeskTicket

# Digests of a case are compared within the case only, so their salt is no secret.
SALT = "a case of rp-mw decide"
# The helpdesk's names of channels where they differ from ours; see the adapter.
_HELPDESK_CHANNELS = {"livechat": "messenger", "social": "facebook_message", "phone": "aircall"}


class UnreadableTicketError(ValueError):
    """The worker would not read such a ticket either: a person's."""


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment; `is_raw`: `body` is what the helpdesk shows, else words that are clean already."""

    message_id: str
    author: Author
    body: str = field(repr=False)
    created_at_epoch_ms: int
    attachment_count: int = 0
    is_raw: bool = False
    is_html: bool = False


@dataclass(frozen=True, slots=True)
class TicketForm:
    """A ticket as the helpdesk would give it; times in epoch milliseconds, addresses in plain."""

    conversation_id: str
    channel: str
    is_open: bool
    comments: tuple[Comment, ...] = ()
    tags: tuple[str, ...] = ()
    linked_order_ids: tuple[str, ...] = ()
    subject: str = field(default="", repr=False)
    sender_address: str = field(default="", repr=False)
    sender_name: str = field(default="", repr=False)
    recipient_address: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Prepared:
    """The worker's case, without what only the case's file knows. `new_messages` are the ticket's own."""

    case: Case
    new_messages: tuple[TicketMessage, ...]


class _NoClassifier:
    """The port of classifiers, where the answer stands in the case."""

    def classify(self, *_: object, **__: object) -> Classification:
        """Return no answer: the case's own takes its place."""
        return Classification()


class _CaseEngine(PolicyEngine):
    """The worker's engine, where the case says its language itself, and where nobody reads redacted words."""

    def __init__(self, policy: Policy, language: str | None, *, is_classified: bool) -> None:
        super().__init__(policy)
        self._language = language
        self._is_classified = is_classified

    def language(self, *args: Any, **kwargs: Any) -> str | None:
        """Return the case's language, or else what the words show."""
        return self._language or super().language(*args, **kwargs)

    def redact(self, *args: Any, **kwargs: Any) -> str:
        """Return the redacted text for a classifier, nothing without one."""
        return super().redact(*args, **kwargs) if self._is_classified else ""


class _CaseClock(SystemClock):
    """A clock that shows the case's own moment."""

    def __init__(self, now_epoch_ms: int) -> None:
        super().__init__()
        self._now_epoch_ms = now_epoch_ms

    def now_epoch_ms(self) -> int:
        """Return the moment."""
        return self._now_epoch_ms


def to_payload(form: TicketForm) -> dict[str, Any]:
    """Return the helpdesk's answer that shows this ticket. Source: Richpanel's GET /tickets/{id}, as observed."""
    sender = {"address": form.sender_address or None, "name": form.sender_name or None}
    reply_to = form.recipient_address or form.sender_address
    return {
        "ticket": {
            "id": form.conversation_id,
            "status": "OPEN" if form.is_open else "CLOSED",
            "subject": form.subject,
            "customer_profile": {"name": form.sender_name or None, "email": reply_to or None},
            "via": {
                "channel": _HELPDESK_CHANNELS.get(form.channel, form.channel),
                "source": {"from": sender},
            },
            "tags": list(form.tags),
            "comments": [_to_comment(comment) for comment in form.comments],
            "orders": [{"orderId": order_id} for order_id in form.linked_order_ids],
        }
    }


def read_payload(payload: Mapping[str, Any], conversation_id: str, policy: Policy) -> HelpdeskTicket:
    """Return the ticket as the worker reads the helpdesk's answer; raises UnreadableTicketError where it would not."""
    engine = PolicyEngine(policy)
    senders = sender_rules(policy, engine.sender_marks)
    try:
        return to_helpdesk_ticket(
            payload, conversation_id, salt=SALT, read_body=engine.read_body, tag_names={}, senders=senders
        )
    except (PermanentError, TransientError) as error:
        raise UnreadableTicketError(f"ticket: {error}") from None


def read_form(form: TicketForm, policy: Policy) -> HelpdeskTicket:
    """Return the ticket as the worker would read it, with the form's own channel, times and clean words."""
    seen = read_payload(to_payload(form), form.conversation_id, policy)
    messages = tuple(map(_as_given, seen.ticket.messages, form.comments))
    ticket = replace(seen.ticket, channel=form.channel, messages=messages)
    return replace(seen, ticket=ticket)


def prepare(
    seen: HelpdeskTicket,
    state: ConversationState,
    flags: Flags,
    now_epoch_ms: int,
    policy: Policy,
    *,
    text: str | None = None,
    language: str | None = None,
    classifiers: Classifiers | None = None,
) -> Prepared:
    """Return what the worker makes of the ticket. `text` stands in for the words of the new messages, if given."""
    new = new_messages(seen.ticket.messages, state)
    read = _with_words(new, text, now_epoch_ms)
    reading = TicketReading(seen, read, now_epoch_ms, None)
    conversation = seen.ticket.conversation_id
    delivery = QueueDelivery(conversation, "case", "case", "case", "case", now_epoch_ms)
    engine = _CaseEngine(policy, language, is_classified=classifiers is not None)
    deps = _dependencies(engine, classifiers or _NoClassifier(), _CaseClock(now_epoch_ms))
    asked = replace(flags, classifier="embedded")
    return Prepared(to_case(deps, delivery, LoadedEvent("case", state, None, None, None), reading, asked), new)


def _with_words(new: tuple[TicketMessage, ...], text: str | None, now_epoch_ms: int) -> tuple[TicketMessage, ...]:
    """Return one message with the given words where they differ from the messages' own."""
    if text is None or text == "\n\n".join(message.text for message in new if message.text):
        return new
    last = new[-1] if new else TicketMessage("case", Author.CUSTOMER, "", now_epoch_ms)
    return (replace(last, text=text),)


def _dependencies(engine: PolicyEngine, classifiers: Classifiers | _NoClassifier, clock: Clock) -> Dependencies:
    nowhere: Any = None  # preparing a case reads and writes no table
    return Dependencies(
        helpdesk=nowhere,
        classifiers=cast("Any", classifiers),
        records=nowhere,
        enrichment=nowhere,
        flags=nowhere,
        engine=engine,
        clock=clock,
        salt=SALT,
        new_owner=lambda: "case",
    )


def _to_comment(comment: Comment) -> dict[str, Any]:
    direction = {} if comment.author is Author.UNKNOWN else {"is_operator": comment.author is Author.OPERATOR}
    return {
        "id": comment.message_id,
        "type": "Comment",
        "html_body" if comment.is_html else "plain_body": comment.body,
        "created_at": comment.created_at_epoch_ms,
        "attachments": [{}] * comment.attachment_count,
        **direction,
    }


def _as_given(message: TicketMessage, comment: Comment) -> TicketMessage:
    message = replace(message, created_at_epoch_ms=comment.created_at_epoch_ms)
    return message if comment.is_raw else replace(message, text=comment.body, doubtful="", with_notices="")
