"""What the worker needs from the world outside, as it needs it. Adapters implement these; `wiring.build` chooses them.

Each port is one I/O boundary: `process` and the modules it calls reach the world through nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from rp_mw_shared.clients.http import ANSWER_TOO_DEEP, ANSWER_TOO_LARGE
from rp_mw_shared.clock import CPU_BUDGET_SPENT
from rp_mw_shared.errors import PermanentError
from rp_mw_shared.idempotency.ledger import (
    ActionRecord,
    ActionStatus,
    AlreadyCompleted,
    AlreadyDone,
    Began,
    Claimed,
    EventRecord,
    EventStatus,
    LeaseHeld,
    NeedsProof,
    Recorded,
)
from rp_mw_shared.messages.types import EnrichmentRequest
from rp_mw_shared.times import MS_PER_DAY
from rp_mw_worker.domain.codes import CodeRecord
from rp_mw_worker.domain.comments import WrittenText
from rp_mw_worker.domain.model import Classification, ConversationState, Flags, Ticket
from rp_mw_worker.domain.records import ActionResult, AuditRow

TICKET_NOT_FOUND, LINK_UNREADABLE, TAG_UNKNOWN = "ticket_not_found", "order_link_unreadable", "tag_unknown"


@dataclass(frozen=True, slots=True)
class HelpdeskTicket:
    """A ticket as read, with what the run needs and the decision must not see.

    `known_values` are the customer's own name and addresses, masked by value before a model sees the text.
    `customer_digest` names the customer in conversation_state. `written` is every comment's texts, private notes too,
    oldest first: a sent reply is looked for in it. `note_ids` are the comments that the helpdesk calls private.
    `is_trashed`: in the helpdesk's bin or among its spam. `is_closed` is what the status says, None when it says
    nothing; `assignee_id` None is nobody; `sender_domain_digest` names the domain a reply would go
    to, None for no address; `tags_as_shown` holds ids or names, as the helpdesk has them. `reply_address` is the one
    e-mail address an answer goes to, in plain: it leaves the run in a lookup by it, and nowhere else.
    """

    ticket: Ticket
    known_values: tuple[str, ...] = field(default=(), repr=False)
    customer_digest: str | None = None
    written: tuple[WrittenText, ...] = field(default=(), repr=False)
    note_ids: frozenset[str] = frozenset()
    is_trashed: bool = False
    is_closed: bool | None = None
    assignee_id: str | None = None
    sender_domain_digest: str | None = None
    tags_as_shown: tuple[str, ...] = ()
    reply_address: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that is no answer to a ticket. `opening` is what the ticket it makes in the helpdesk says by itself.

    `mailbox` is the shop's address it leaves from, "" for the helpdesk's own choice; `tag` keeps us away from it.
    """

    address: str = field(repr=False)
    subject: str
    body: str = field(repr=False)
    opening: str
    tag: str
    mailbox: str = ""


@dataclass(frozen=True, slots=True)
class TicketUpdate:
    """What a ticket shall show besides what it has: closed, assigned to a person, and these tags by name."""

    close: bool = False
    assignee_id: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(slots=True)
class Updated:
    """What became of each wanted part, None where it was not wanted; `refused` is set when the tags never will be."""

    status: ActionResult | None = None
    assignee: ActionResult | None = None
    tags: ActionResult | None = None
    refused: PermanentError | None = None


TOO_MANY_COMMENTS = "ticket_too_many_comments"
TOO_MUCH_TEXT = "new_messages_too_long"
# Why a ticket is not read: nobody's failure, and no later try is different. A person reads it.
TOO_MUCH_TO_READ = frozenset({ANSWER_TOO_LARGE, ANSWER_TOO_DEEP, TOO_MANY_COMMENTS, TOO_MUCH_TEXT, CPU_BUDGET_SPENT})


class Helpdesk(Protocol):
    """The helpdesk's API. Raises TransientError, PermanentError, and OutcomeUnknownError where it is said."""

    def load_ticket(self, conversation_id: str) -> HelpdeskTicket:
        """Return the ticket as it stands; PermanentError `ticket_not_found` when there is none."""

    def load_written(self, conversation_id: str) -> tuple[WrittenText, ...]:
        """Return what stands in the ticket, oldest first; errors as `load_ticket`."""

    def load_linked_orders(self, conversation_id: str) -> tuple[str, ...]:
        """Return the ids of the orders linked to the conversation; empty for none, or where that is refused.

        Raises TransientError `order_link_unreadable` when the helpdesk answers everything but this.
        """

    def send_reply(self, ticket: Ticket, text: str, may_leave: Callable[[], None]) -> tuple[WrittenText, ...] | None:
        """Send `text` to the customer, at most once; OutcomeUnknownError when no answer says whether it was sent.

        `may_leave` is called after every wait, immediately before the bytes leave: what it raises is raised, and
        nothing was sent. Returns what stands in the ticket, oldest first, when the answer shows it, else None: then
        only a read can prove the reply.
        """

    def send_mail(self, mail: Mail, may_leave: Callable[[], None]) -> None:
        """Send a mail of its own to `mail.address`, at most once; OutcomeUnknownError when nobody knows whether.

        `may_leave` as in `send_reply`, before the mail itself. Raises TransientError only where nothing was made.
        """

    def add_note(self, conversation_id: str, text: str, may_leave: Callable[[], None] | None = None) -> None:
        """Add a private note, at most once; OutcomeUnknownError when no answer says whether it was added.

        `may_leave` is called as in `send_reply`.
        """

    def tag_unread(self, conversation_id: str, tags: Sequence[str]) -> None:
        """Add tags to a ticket that cannot be read, whatever it shows; safe to repeat."""

    def update(self, seen: HelpdeskTicket, wanted: TicketUpdate) -> Updated:
        """Close, assign and tag the ticket just read; nothing is written that `seen` shows already. Safe to repeat.

        What the helpdesk refuses, or takes without effect, stands in the answer, also `tag_unknown` for a tag that the
        account neither has nor takes; the others are added. Raises TransientError, also `tags_not_applied` when the
        tags were taken and are not there.
        """


class CallBudget(Protocol):
    """The helpdesk's request budget."""

    def reserve(self, calls: int, deadline: float) -> None:
        """Book an event's calls when the budget is short, waiting until `deadline` (monotonic seconds).

        Raises TransientError `rate_limited` with the wait when they may leave only later.
        """


class Classifier(Protocol):
    """Names what redacted text is about; an answer it cannot give is a Classification with `failure` set."""

    def classify(self, text: str, deadline: float | None = None, subject: str = "") -> Classification:
        """Classify by `deadline` (monotonic seconds); `subject` is the customer's hash, for abuse watch."""


class Classifiers(Protocol):
    """Every classifier there is, by its name in the flags."""

    def classify(
        self, name: str, text: str, deadline: float, subject: str, language: str | None = "en"
    ) -> Classification:
        """Classify with `embedded`, `openai` or `cascade`; any other name is a failure, never a guess.

        `language` is the text's, ISO 639-1, None when nothing tells.
        """


class FlagReader(Protocol):
    """The kill switch and its siblings; never raises, fails closed."""

    def current(self) -> Flags:
        """Return the flags, at most ten seconds old."""

    def fresh(self) -> Flags:
        """Return the flags as read now, past any cache."""


class EnrichmentQueue(Protocol):
    """The enricher's inbox."""

    def send(self, request: EnrichmentRequest) -> None:
        """Queue the request in its conversation's group; the same request twice within minutes is queued once."""


class SweepMarks(Protocol):
    """Which version of a ticket was swept and handled, so that it is not queued again for as long as it stays so."""

    def load(self, conversation_ids: Sequence[str]) -> Mapping[str, str]:
        """Return the marks of up to a page of tickets; raises TransientError."""

    def note(self, conversation_id: str, mark: str) -> None:
        """Remember the mark of a ticket's handled version; raises TransientError."""


class NoMarks:
    """Remembers nothing."""

    def load(self, conversation_ids: Sequence[str]) -> Mapping[str, str]:
        """Return nothing."""
        return {}

    def note(self, conversation_id: str, mark: str) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class ReadMark:
    """The last full read of a conversation that was handled to its end: when it began, and how many in this minute."""

    read_at_epoch_ms: int
    reads: int = 1
    since_epoch_ms: int = 0


class ReadMarks(Protocol):
    """When conversations were read last, for deliveries that name no message."""

    def load_read(self, conversation_id: str) -> ReadMark | None:
        """Return the mark by a consistent read, or None; raises TransientError."""

    def note_read(self, conversation_id: str, mark: ReadMark) -> None:
        """Remember the mark; raises TransientError."""


class NoReads:
    """Remembers nothing."""

    def load_read(self, conversation_id: str) -> ReadMark | None:
        """Return None."""
        return None

    def note_read(self, conversation_id: str, mark: ReadMark) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class ReplySlot:
    """One automatic reply to a customer, over all conversations: when, and a digest of which."""

    at_epoch_ms: int
    by: str


@dataclass(frozen=True, slots=True)
class CustomerReplies:
    """One customer's item of conversation_state: the replies of the last 24 hours; `version` 0 means none yet."""

    slots: tuple[ReplySlot, ...] = ()
    version: int = 0


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the tables know before a run; `customer` is None when no customer was asked for."""

    event: EventRecord | None
    state: ConversationState
    customer: CustomerReplies | None = None


@dataclass(frozen=True, slots=True)
class SettledAction:
    """One action's end: `owner` is the token of the run that began it; None for an action that was never begun."""

    key: str
    status: ActionStatus
    owner: str | None
    body_digest: str = ""


@dataclass(frozen=True, slots=True)
class Finish:
    """What one event leaves in conversation_state, audit_trail and the actions; `state.version` is the one to write."""

    event_id: str
    owner: str
    now: int
    state: ConversationState | None
    audit: AuditRow
    actions: tuple[SettledAction, ...] = ()


class Records(Protocol):
    """The three tables. `now` is epoch milliseconds; every write is conditional on the owner or the version.

    side effects      claim(plan) ── act ── finish(B, C, actions) ── complete
    none              record_final, all three tables
    """

    def load(self, event_id: str, conversation_id: str, customer_digest: str | None, now: int) -> Loaded:
        """Return event, state and customer by one consistent read; a pending flow past its expiry is left out."""

    def record_final(self, event: EventRecord, finish: Finish | None) -> Recorded | LeaseHeld | AlreadyCompleted:
        """Write an event without side effects in its final state, with B and C beside it.

        Raises LeaseLostError when conversation_state moved on meanwhile; the event is then open again.
        """

    def claim(
        self,
        event_id: str,
        *,
        owner: str,
        lease_ms: int,
        mode: str,
        fingerprint: str,
        plan: dict[str, Any] | None,
        now: int,
        trace_id: str,
    ) -> Claimed | LeaseHeld | AlreadyCompleted:
        """Take the event and record its plan in one write; a takeover returns the recorded plan."""

    def release(self, event_id: str, *, owner: str) -> None:
        """End this run's lease early, so that the next delivery need not wait for it."""

    def reserve_reply(
        self,
        customer_digest: str,
        *,
        by: str,
        known: CustomerReplies | None,
        limit: int,
        now: int,
        within_ms: int = MS_PER_DAY,
    ) -> bool:
        """Take one of the customer's `limit` replies in `within_ms`; True also when `by` has one already."""

    def load_code(self, conversation_id: str, now: int) -> CodeRecord | None:
        """Return the conversation's one-time code by a consistent read, or None."""

    def save_code(self, record: CodeRecord, known_version: int, now: int) -> bool:
        """Write the one-time code if the item still has `known_version`, 0 for none; False when another run wrote."""

    def load_action(self, key: str) -> ActionRecord | None:
        """Return the action's record by a consistent read, or None."""

    def begin_action(
        self, key: str, *, owner: str, body_digest: str, now: int, proven_absent: ActionRecord | None = None
    ) -> Began | AlreadyDone | NeedsProof:
        """Mark the action as attempting, unless it is settled or in doubt."""

    def finish_action(self, key: str, *, owner: str, status: ActionStatus, now: int) -> None:
        """Set the status of an action this owner began, outside the finishing batch; raises LeaseLostError."""

    def finish(self, finish: Finish) -> None:
        """Write B, C and the actions' ends; raises LeaseLostError when another run wrote meanwhile."""

    def complete(
        self,
        event_id: str,
        *,
        owner: str,
        result: dict[str, Any],
        now: int,
        status: EventStatus = EventStatus.COMPLETED,
    ) -> None:
        """Put the event into its final state, the last write of a run; raises LeaseLostError."""
