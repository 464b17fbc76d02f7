"""What the sweep needs from the world outside: lists of tickets, what became of them, and its own queue.

A run of one event needs none of it; what that needs is in `ports`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rp_mw_shared.messages.types import InboundEvent
from rp_mw_worker.domain.outcomes import ClosedTicket

LIST_FORBIDDEN = "list_forbidden"


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """An open ticket as the list shows it; `version` changes whenever the ticket does."""

    conversation_id: str
    is_processed: bool
    version: str


@dataclass(frozen=True, slots=True)
class TicketPage:
    """One page of open tickets; `next_page` is None on the last one."""

    tickets: tuple[OpenTicket, ...]
    next_page: int | None


class TicketList(Protocol):
    """The helpdesk's list of tickets."""

    def load_open_tickets(self, page: int) -> TicketPage:
        """Return a page, counted from 1; PermanentError `list_forbidden` where the account may not list."""


class ClosedTickets(Protocol):
    """The helpdesk's closed tickets."""

    def load_closed_tickets(self, page: int, updated_after: int) -> TicketPage:
        """Return a page, counted from 1, of those changed after a time in epoch milliseconds; PermanentError
        `list_forbidden` where the account may not list.
        """

    def load_closed_ticket(self, conversation_id: str) -> ClosedTicket | None:
        """Return what a ticket came to, one that is gone too; None for one that is open again."""


@dataclass(frozen=True, slots=True)
class ReadProgress:
    """How far reading back came: tickets that changed until `until` are done (epoch milliseconds).

    A round over the pages of those that changed since began at `began_at`, 0 for none, and goes on at `page`.
    """

    until: int
    page: int = 1
    began_at: int = 0
    is_second: bool = False


class Outcomes(Protocol):
    """What the tables know of closed tickets; raises TransientError."""

    def find_handled(self, conversation_ids: Sequence[str]) -> frozenset[str]:
        """Return those of up to a page of conversations that we decided on."""

    def load_conversation(self, conversation_id: str) -> list[dict[str, Any]]:
        """Return the conversation's rows of the audit trail, oldest first."""

    def add(self, outcomes: Sequence[Mapping[str, Any]]) -> None:
        """Add outcomes; the same one a second time changes nothing."""

    def load_progress(self) -> ReadProgress | None:
        """Return how far reading back came, None for not begun."""

    def save_progress(self, progress: ReadProgress) -> None:
        """Keep it."""


class DecisionDays(Protocol):
    """Final decisions by UTC day (`2026-11-29`), and what closed days add up to; raises TransientError."""

    def load_rows(self, day: str) -> Iterable[dict[str, Any]]:
        """Return the day's rows of the audit trail, oldest first."""

    def load_sums(self, days: Iterable[str]) -> Mapping[str, dict[str, Any]]:
        """Return the sums that are kept, by day."""

    def save_sum(self, day: str, values: Mapping[str, Any]) -> None:
        """Keep a day's sum in place of the one before."""


class Inbox(Protocol):
    """The worker's own queue."""

    def send(self, event: InboundEvent, deduplication_id: str, /) -> None:
        """Queue the event in its conversation's group; the same deduplication id within minutes is queued once."""
