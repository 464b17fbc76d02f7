"""Reads closed tickets back: what became of our decisions, in codes and times. The sweep calls it with what it left.

closed since the last look ── not ours, not in the sample, read in this version: left ── no calls left: "paced" ── read

A look goes on at the page where the one before stopped. A list of several pages is gone through twice before its time
counts as done, because pages shift while tickets change. What was read is known by its version: nothing is read twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from rp_mw_shared.clients.richpanel_budget import CALLS_OF_A_MEAN_EVENT
from rp_mw_shared.clock import Clock, cpu_budget
from rp_mw_shared.errors import PermanentError, TransientError
from rp_mw_shared.times import MS_PER_DAY
from rp_mw_worker.domain.outcomes import Judging, find_news, to_outcomes
from rp_mw_worker.domain.policy import Policy
from rp_mw_worker.ports import SweepMarks
from rp_mw_worker.sweep_ports import ClosedTickets, OpenTicket, Outcomes, ReadProgress, TicketPage

FIRST_LOOK_MS = 7 * MS_PER_DAY
_OVERLAP_MS = 600_000  # a list may show a change late
_RESERVE_MS = 15_000
_SHARE_OF_A_WINDOW = 0.5
_CPU_SECONDS = 5.0  # for reading a closed ticket, and again for judging it: as much as an open one has
FINISHED, OUT_OF_TIME, PACED = "finished", "out_of_time", "paced"


@dataclass(slots=True)
class Found:
    """How far a look came: tickets read, outcomes written, tickets that could not be read, the days they are of."""

    read: int = 0
    written: int = 0
    unreadable: int = 0
    pages: int = 0
    days: set[str] = field(default_factory=set)
    outcome: str = ""


def most_calls(requests: int, room: int) -> int:
    """Return the calls of one look: half of a window's, and no more than the `room` (tickets) that a sweep has left."""
    return max(0, min(round(requests * _SHARE_OF_A_WINDOW), room * CALLS_OF_A_MEAN_EVENT))


@dataclass(frozen=True, slots=True)
class ReadBack:
    """One reader over its boundaries; it reads one in `one_in` conversations, always the same ones."""

    tickets: ClosedTickets
    outcomes: Outcomes
    marks: SweepMarks
    clock: Clock
    policy: Policy
    requests_per_window: int
    one_in: int = 1
    cpu_seconds: float = _CPU_SECONDS

    def run(self, remaining_ms: Callable[[], int], room: int) -> Found:
        """List, read and write until the last page or call, or until time is short; never raises for a refusal."""
        found = Found()
        try:
            self._run(found, remaining_ms, most_calls(self.requests_per_window, room))
        except (PermanentError, TransientError) as error:
            found.outcome = error.code
        return found

    def _run(self, found: Found, remaining_ms: Callable[[], int], calls: int) -> None:
        progress = self._load_progress()
        page: int | None = progress.page
        while page is not None:
            if self._is_stopped(found, remaining_ms, calls):
                return
            shown = self.tickets.load_closed_tickets(page, progress.until)
            found.pages += 1
            for ticket in self._unread(shown):
                if self._is_stopped(found, remaining_ms, calls):
                    self.outcomes.save_progress(replace(progress, page=page))
                    return
                self._read(found, ticket)
            if shown.next_page is None:
                self.outcomes.save_progress(self._after_round(progress, page))
            else:
                progress = replace(progress, page=shown.next_page)
                self.outcomes.save_progress(progress)
            page = shown.next_page
        found.outcome = FINISHED

    def _load_progress(self) -> ReadProgress:
        now = self.clock.now_epoch_ms()
        kept = self.outcomes.load_progress() or ReadProgress(now - FIRST_LOOK_MS)
        return kept if kept.began_at else replace(kept, began_at=now)

    def _after_round(self, progress: ReadProgress, last_page: int) -> ReadProgress:
        """Return where the next look begins: after a round of several pages at the first of them once more."""
        if last_page == 1 or progress.is_second:
            return ReadProgress(max(progress.until, progress.began_at - _OVERLAP_MS))
        return ReadProgress(progress.until, began_at=self.clock.now_epoch_ms(), is_second=True)

    def _is_stopped(self, found: Found, remaining_ms: Callable[[], int], calls: int) -> bool:
        """Say why no further call is made, where none is."""
        if remaining_ms() < _RESERVE_MS:
            found.outcome = OUT_OF_TIME
            return True
        found.outcome = PACED
        return found.pages + found.read >= calls

    def _unread(self, page: TicketPage) -> list[OpenTicket]:
        """Return the page's tickets that are ours and in the sample, and were not read in their present version."""
        sampled = [ticket for ticket in page.tickets if is_sampled(ticket.conversation_id, self.one_in)]
        names = [ticket.conversation_id for ticket in sampled]
        marks, handled = self.marks.load(names), self.outcomes.find_handled(names)
        return [
            ticket
            for ticket in sampled
            if ticket.conversation_id in handled and marks.get(ticket.conversation_id) != _mark(ticket)
        ]

    def _read(self, found: Found, ticket: OpenTicket) -> None:
        found.read += 1
        try:
            with cpu_budget(self.cpu_seconds):
                closed = self.tickets.load_closed_ticket(ticket.conversation_id)
        except PermanentError:
            self._leave(found, ticket)
            return
        if closed is None:
            return
        rows = self.outcomes.load_conversation(ticket.conversation_id)
        try:
            with cpu_budget(self.cpu_seconds):
                outcomes = to_outcomes(rows, closed, self._judging())
                news = find_news(outcomes, rows)
        except PermanentError:
            self._leave(found, ticket)
            return
        if outcomes:  # else an event is on its way: the next look comes again
            self._write(found, ticket, news)

    def _judging(self) -> Judging:
        near_ms = self.policy.settings.limits.own_reply_match_seconds * 1000
        return Judging(self.policy.settings.teams, self.policy.intents.keys(), near_ms, self.clock.now_epoch_ms())

    def _leave(self, found: Found, ticket: OpenTicket) -> None:
        """Nobody's failure: this version is left, the next one is tried."""
        found.unreadable += 1
        self.marks.note(ticket.conversation_id, _mark(ticket))

    def _write(self, found: Found, ticket: OpenTicket, news: list[dict[str, Any]]) -> None:
        self.outcomes.add(news)
        self.marks.note(ticket.conversation_id, _mark(ticket))
        found.written += len(news)
        found.days |= {str(one["day"]) for one in news if "day" in one}


def is_sampled(conversation_id: str, one_in: int) -> bool:
    """Tell whether a conversation is one of those read back."""
    return int(sha256(conversation_id.encode()).hexdigest()[:8], 16) % one_in == 0


def _mark(ticket: OpenTicket) -> str:
    return sha256(f"closed:{ticket.conversation_id}:{ticket.version}".encode()).hexdigest()[:32]
