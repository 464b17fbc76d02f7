"""Richpanel's list of tickets, for the sweep. Some accounts may read single tickets and not the list.

Source: Richpanel API reference, "Retrieve conversations"; observed: 403 on the list, items without comments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rp_mw_shared.clients.http import VendorHttp
from rp_mw_shared.errors import PermanentError, TransientError
from rp_mw_worker.adapters.richpanel.ticket import is_trashed
from rp_mw_worker.sweep_ports import LIST_FORBIDDEN, OpenTicket, TicketPage

CALL_SECONDS = 10.0
PER_PAGE = 100
_FORBIDDEN = 403


class RichpanelTicketList:
    """The `TicketList` port; `to_ids` turns tag names into what tickets may hold instead of them."""

    def __init__(self, http: VendorHttp, to_ids: Callable[[Sequence[str]], list[str]], processed_tag: str) -> None:
        self._http = http
        self._to_ids = to_ids
        self._processed_tag = processed_tag

    def load_open_tickets(self, page: int) -> TicketPage:
        """Return one page of at most 100 open tickets; PermanentError `list_forbidden` on a 403."""
        return self.load_page("OPEN", page)

    def load_page(self, status: str, page: int, updated_after: int | None = None) -> TicketPage:
        """Return one page of tickets of a status, changed after `updated_after` (epoch milliseconds) where it is given.

        Closed ones come with what lies in the bin or among the spam: what became of those is told too.
        """
        marks = {self._processed_tag, *self._to_ids([self._processed_tag])}
        query = {"status": status, "page": str(page), "per_page": str(PER_PAGE)}
        if updated_after is not None:
            query["updated_after"] = str(updated_after)
        response = self._http.request(
            "GET",
            "/tickets",
            operation="list_tickets",
            idempotent=True,
            query=query,
            accept=(_FORBIDDEN,),
            total_seconds=CALL_SECONDS,
        )
        if response.status == _FORBIDDEN:
            raise PermanentError("this account may not list tickets", code=LIST_FORBIDDEN)
        return _to_page(response.json(), marks, page, with_trashed=status != "OPEN")


def _to_page(payload: Any, marks: set[str], page: int, *, with_trashed: bool = False) -> TicketPage:
    answer = payload if isinstance(payload, Mapping) else {}
    items = answer.get("ticket", answer.get("tickets"))
    if not isinstance(items, list):
        raise TransientError("the helpdesk's answer holds no list of tickets", code="vendor_answer_unreadable")
    listed = [item for item in items if isinstance(item, Mapping) and item.get("id")]
    shown = [item for item in listed if with_trashed or not is_trashed(item)]
    # Documented as an address; whichever form it has, the next page is the next number.
    has_next = answer.get("next_page") not in (None, "", False)
    return TicketPage(tuple(_to_ticket(item, marks) for item in shown), page + 1 if has_next and items else None)


def _to_ticket(item: Mapping[str, Any], marks: set[str]) -> OpenTicket:
    tags = item.get("tags")
    is_processed = isinstance(tags, list) and bool(marks & {str(tag) for tag in tags})
    return OpenTicket(str(item["id"]), is_processed, str(item.get("updated_at", "")))
