"""Closed tickets for reading back: which changed since when, and what one came to. Words are looked at in
memory only, to tell how a draft ended.

Source: Richpanel API reference, "Retrieve conversations" (`status`, `updated_after` in epoch milliseconds); observed:
list items without comments. Where a rating stands nothing documents: `rating_field` names the key, with dots between
levels, as an account was seen to have it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from rp_mw_shared.clients.http import VendorHttp
from rp_mw_shared.errors import PermanentError, TransientError
from rp_mw_worker.adapters.richpanel.contacts import find_customers
from rp_mw_worker.adapters.richpanel.ticket import is_note, is_trashed, read_author, read_written, to_epoch_ms
from rp_mw_worker.adapters.richpanel.ticket_list import CALL_SECONDS, RichpanelTicketList
from rp_mw_worker.domain.drafts import find_draft_end
from rp_mw_worker.domain.outcomes import ClosedTicket, End, Written
from rp_mw_worker.sweep_ports import TicketPage

_NOT_FOUND = 404
_RATINGS = range(1, 6)
Json = Mapping[str, Any]


class RichpanelClosedTickets:
    """The `ClosedTickets` port; `to_names` turns what a ticket holds for tags into their names."""

    def __init__(
        self,
        http: VendorHttp,
        tickets: RichpanelTicketList,
        to_names: Callable[[Sequence[str]], list[str]],
        rating_field: str = "",
    ) -> None:
        self._http = http
        self._tickets = tickets
        self._to_names = to_names
        self._rating_field = rating_field

    def load_closed_tickets(self, page: int, updated_after: int) -> TicketPage:
        """Return one page of at most 100 closed tickets; PermanentError `list_forbidden` on a 403."""
        return self._tickets.load_page("CLOSED", page, updated_after)

    def load_closed_ticket(self, conversation_id: str) -> ClosedTicket | None:
        """Return the ticket, one that is gone too; None when it is open again."""
        response = self._http.request(
            "GET",
            f"/tickets/{quote(conversation_id, safe='')}",
            operation="read_back",
            idempotent=True,
            accept=(_NOT_FOUND,),
            total_seconds=CALL_SECONDS,
        )
        if response.status == _NOT_FOUND:
            return ClosedTicket(conversation_id, End.GONE)
        payload = response.json()
        raw = payload.get("ticket") if isinstance(payload, Mapping) else None
        if not isinstance(raw, Mapping):
            raise TransientError("the helpdesk's answer holds no ticket", code="vendor_answer_unreadable")
        return to_closed_ticket(raw, conversation_id, self._to_names, self._rating_field)


def to_closed_ticket(
    raw: Json, conversation_id: str, to_names: Callable[[Sequence[str]], list[str]], rating_field: str = ""
) -> ClosedTicket | None:
    """Return what the ticket in an answer came to, None for an open one; raises PermanentError for no list of comments.

    A private note is nobody's message.
    """
    end = _find_end(raw)
    if end is None:
        return None
    comments, customers = raw.get("comments"), find_customers(raw)
    if not isinstance(comments, list):
        raise PermanentError("the closed ticket shows no comments", code="vendor_answer_unreadable")
    every = [one for one in comments if isinstance(one, Mapping) and one.get("id")]
    shown = [one for one in every if not is_note(one)]
    tags = raw.get("tags")
    return ClosedTicket(
        conversation_id,
        end,
        tuple(
            Written(str(one["id"]), customers.author(one, read_author(one)), to_epoch_ms(one.get("created_at")))
            for one in shown
        ),
        frozenset(to_names([str(tag) for tag in tags])) if isinstance(tags, list) else frozenset(),
        str(raw["assignee_id"]) if raw.get("assignee_id") not in (None, "", "unassigned") else None,
        _find_rating(raw, rating_field),
        find_draft_end(read_written(every), [str(one["id"]) for one in every if is_note(one)]),
    )


def _find_end(raw: Json) -> End | None:
    status = str(raw.get("status", "")).upper()
    if is_trashed(raw):
        is_spam = status == "SPAM" or str(raw.get("is_spam", "")).lower() == "true"
        return End.SPAM if is_spam else End.TRASHED
    return End.CLOSED if status == "CLOSED" else None


def _find_rating(raw: Json, field: str) -> int | None:
    """Return the customer's rating where `field` leads to a whole number from 1 to 5."""
    found: Any = raw if field else None
    for key in field.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    rating = int(found) if isinstance(found, int) or str(found).isdecimal() else 0
    return rating if rating in _RATINGS else None
