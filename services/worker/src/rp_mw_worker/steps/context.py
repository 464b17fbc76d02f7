"""What the steps hand to one another: flat values, none of which holds another one's type but `EventContext`.

delivery ── load ──> LoadedEvent ── read ──> TicketReading ── decide ──> DecisionMade ── claim ──> ClaimedEvent
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from rp_mw_shared.errors import PermanentError, TransientError
from rp_mw_shared.idempotency.keys import content_key, event_id, result_event_id
from rp_mw_shared.idempotency.ledger import ActionRecord, ActionStatus, EventRecord
from rp_mw_shared.messages.types import EnrichmentResult, InboundEvent, QueueMessage
from rp_mw_shared.observability import LogEvent, Metric, log, metric
from rp_mw_shared.redaction.hashing import contact_digest, salted_hash
from rp_mw_worker.domain.comments import WrittenText, find_notes
from rp_mw_worker.domain.model import Case, CodeStanding, ConversationState, Decision, Mode, OrderLookup, TicketMessage
from rp_mw_worker.domain.records import ActionResult, Plan, Results
from rp_mw_worker.ports import CustomerReplies, Finish, HelpdeskTicket, SettledAction

LOOKUP_EXPIRED = "lookup_expired"
REPLY, DRAFT, CODE = "rp_reply", "rp_draft", "rp_code"
_NOT_PROVEN = "not_proven"


@dataclass(frozen=True, slots=True)
class QueueDelivery:
    """One delivery. `event_id` None: it has to be found in the ticket. `lookup` is set for an enrichment result.

    `received_at_epoch_ms` is when the webhook came; 0 when only the conversation's state can tell.
    `fingerprint` is the salted digest of the whole queue message. `parked_event_id` is the event that asked for the
    lookup, `seen` the ticket if this run has read it already. `order_address` is where a one-time code would go.
    """

    conversation_id: str
    delivery_id: str
    event_id: str | None
    trace_id: str
    fingerprint: str
    received_at_epoch_ms: int = 0
    message_id: str | None = None
    text: str | None = field(default=None, repr=False)
    attachment_count: int = 0
    customer_digest: str | None = None
    origin: str = "webhook"
    request_id: str | None = None
    lookup: OrderLookup | None = None
    order_address: str | None = field(default=None, repr=False)
    parked_event_id: str | None = None
    seen: HelpdeskTicket | None = field(default=None, repr=False)
    is_last_delivery: bool = False
    is_redelivery: bool = False


def to_delivery(
    message: QueueMessage, body: str, salt: str, *, is_last_delivery: bool = False, is_redelivery: bool = False
) -> QueueDelivery:
    """Return the delivery of a validated message; raises PermanentError for a type that belongs to another queue."""
    if isinstance(message, InboundEvent):
        delivery = _of_event(message, body, salt)
    elif isinstance(message, EnrichmentResult):
        delivery = _of_result(message, body, salt)
    else:
        raise PermanentError("an enrichment request came to the worker's inbox", code="message_type_unexpected")
    return replace(delivery, is_last_delivery=is_last_delivery, is_redelivery=is_redelivery)


def _of_event(event: InboundEvent, body: str, salt: str) -> QueueDelivery:
    contact = event.customer_email or event.customer_phone
    return QueueDelivery(
        conversation_id=event.conversation_id,
        delivery_id=event.delivery_id,
        event_id=event.event_id or _name_by_text(event, salt),
        trace_id=event.trace_id,
        fingerprint=_fingerprint(body, salt),
        received_at_epoch_ms=event.received_at_epoch_ms,
        message_id=event.message_id,
        text=event.text,
        attachment_count=len(event.attachments),
        customer_digest=contact_digest(contact, salt) if contact else None,
        origin=event.origin,
    )


def _fingerprint(body: str, salt: str) -> str:
    return salted_hash(f"queue message:{body}", salt)


def _name_by_text(event: InboundEvent, salt: str) -> str | None:
    """Return the key of a message that brings its text and time but no id; the ingress has no salt to make it with."""
    if event.message_id is not None or event.text is None:
        return None
    content = content_key(event.text, event.created_at)
    return event_id(event.conversation_id, salted_hash(f"content:{content}", salt)) if content is not None else None


def _of_result(result: EnrichmentResult, body: str, salt: str) -> QueueDelivery:
    return QueueDelivery(
        conversation_id=result.conversation_id,
        delivery_id=result.request_id,
        event_id=result_event_id(result.request_id),
        trace_id=result.trace_id,
        fingerprint=_fingerprint(body, salt),
        message_id=result.message_id,
        origin="enrichment",
        request_id=result.request_id,
        # How the order was looked up stands in the conversation's pending flow.
        lookup=OrderLookup("order_name", result.outcome, result.order, result.reason),
        order_address=result.order_address,
        parked_event_id=result.event_id,
    )


@dataclass(frozen=True, slots=True)
class LoadedEvent:
    """An event to be worked on. `seen` is the ticket if it was read already, `abandoned` the record of a dead run.

    `is_gone`: it was looked for, and the helpdesk has no such ticket.
    """

    event_id: str
    state: ConversationState
    customer: CustomerReplies | None
    seen: HelpdeskTicket | None
    abandoned: EventRecord | None
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A finished event, with the ticket if it was read, and the conversation's last event."""

    event_id: str
    seen: HelpdeskTicket | None = field(default=None, repr=False)
    last_event_id: str | None = None


@dataclass(frozen=True, slots=True)
class HeldElsewhere:
    """Another run has the event until `until_epoch_ms`."""

    event_id: str
    until_epoch_ms: int


# How one event ended: an outcome's code, or why this run had nothing to do with it.
Ended = str | Duplicate | HeldElsewhere


class Nothing(StrEnum):
    """Why an event needs no decision of its own."""

    COVERED = "covered"  # an earlier run read this message together with its own
    SUPERSEDED = "superseded"  # nobody waits for this lookup's answer any more
    NOT_A_CUSTOMER = "not_a_customer"  # the ticket says the message is an operator's or a note
    GONE = "gone"  # the helpdesk has no such ticket any more
    TRASHED = "trashed"  # the ticket lies in the bin or among the spam


@dataclass(frozen=True, slots=True)
class TicketReading:
    """The input of a decision. `messages` are the customer's new ones, oldest first; the last one is answered.

    `code` is what a one-time code comes to, `proved_number` the order number that a right one was asked for with.
    """

    seen: HelpdeskTicket
    messages: tuple[TicketMessage, ...]
    received_at_epoch_ms: int
    lookup: OrderLookup | None
    code: CodeStanding | None = None
    proved_number: str | None = None


@dataclass(frozen=True, slots=True)
class DecisionMade:
    """A decision with the case it was made from; `reply_text` is the reply's words, None for no reply."""

    case: Case
    decision: Decision
    reply_text: str | None


@dataclass(frozen=True, slots=True)
class EventContext:
    """Everything known of one event when its decision is made."""

    delivery: QueueDelivery
    loaded: LoadedEvent
    reading: TicketReading
    made: DecisionMade


@dataclass(frozen=True, slots=True)
class Ending:
    """What an event without side effects leaves: its short result; state and audit row where `finish` is set."""

    owner: str
    mode: Mode
    result: dict[str, Any]
    finish: Finish | None


@dataclass(frozen=True, slots=True)
class ClaimedEvent:
    """One run of one event. `plan` is the recorded one: on a takeover the dead run's, whatever was decided now.

    `attempts` above 1: an earlier run may have acted already.
    """

    event_id: str
    conversation_id: str
    plan: Plan
    owner: str
    attempts: int
    lease_until_epoch_ms: int


@dataclass(frozen=True, slots=True)
class ReplyAttempt:
    """A reply about to be sent: its words, None where they cannot be written as planned.

    `prior` is the action's record when an earlier run left one.
    """

    text: str | None
    prior: ActionRecord | None = None

    @property
    def is_again(self) -> bool:
        """Whether it was sent before, and is proved to have had no effect."""
        return self.prior is not None and self.prior.status is not ActionStatus.PLANNED


@dataclass(frozen=True, slots=True)
class ReplySent:
    """A reply the helpdesk was asked to send, whatever it answered; `shown` is what the ticket holds, if it said."""

    record: ActionRecord
    text: str
    shown: tuple[WrittenText, ...] | None = None


@dataclass(frozen=True, slots=True)
class ReplyInDoubt:
    """A reply that an earlier run began, and nobody knows with what effect."""

    record: ActionRecord
    text: str | None


@dataclass(frozen=True, slots=True)
class ReplyEnd:
    """How the reply ended, and what the idempotency table has to say about it."""

    result: ActionResult
    settled: SettledAction | None = None


@dataclass(slots=True)
class Acted:
    """What became of each action; `refused` is set when the helpdesk will never take the tags."""

    results: Results = field(default_factory=dict)
    settled: list[SettledAction] = field(default_factory=list)
    refused: PermanentError | None = None


def without_notes(seen: HelpdeskTicket, state: ConversationState, salt: str) -> HelpdeskTicket:
    """Return the ticket without the private notes among its messages: those it calls so, and those we wrote."""
    notes = seen.note_ids | find_notes(seen.written, state.note_digests, salt)
    if not notes:
        return seen
    kept = tuple(message for message in seen.ticket.messages if message.message_id not in notes)
    return replace(seen, ticket=replace(seen.ticket, messages=kept), note_ids=notes)


def settled(record: ActionRecord, status: ActionStatus) -> SettledAction:
    """Return the end of the action that `record` began."""
    return SettledAction(record.key, status, record.owner, record.body_digest)


def reply_done(record: ActionRecord) -> ReplyEnd:
    """Return, and log, that the reply is in the ticket."""
    end = ReplyEnd(ActionResult(ActionStatus.DONE), settled(record, ActionStatus.DONE))
    log(LogEvent.ACTION_DONE, action=REPLY, attempt=record.attempts)
    return end


def reply_unknown(record: ActionRecord) -> ReplyEnd:
    """Return, and log, that nothing says whether the reply was sent: a person has to look."""
    log(LogEvent.ACTION_UNKNOWN, action=REPLY, error_code=_NOT_PROVEN, attempt=record.attempts)
    metric(Metric.SEND_UNKNOWN)
    return ReplyEnd(ActionResult(ActionStatus.UNKNOWN), settled(record, ActionStatus.UNKNOWN))


def reply_unproven(seconds: float) -> TransientError:
    """Return the error that brings the event back after `seconds`, when the ticket may tell more."""
    return TransientError(
        "whether the reply arrived has to be looked up later", code="reply_unproven", retry_after_seconds=seconds
    )
