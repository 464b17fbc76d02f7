"""Finds open tickets that were never processed and puts them into the worker's own inbox, where webhooks go too.

It decides nothing: a ticket it queues takes the normal path, and one that was finished in between is recognised there.
So it may run at any time, twice, and while the system works. With what is left it reads closed tickets
back (`read_back`), it sums the days that are over (`day_sums`), and it says whether the shop is open, for the alarm of
silence.

listed ── has our tag: left ── handled in this very version: left ── no room until the next sweep: "paced" ── queued
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from rp_mw_shared.clients.richpanel_budget import paced_events_per_second
from rp_mw_shared.clock import Clock
from rp_mw_shared.errors import PermanentError, TransientError
from rp_mw_shared.messages.types import InboundEvent
from rp_mw_shared.observability import LogEvent, Metric, flush_metrics, log, metric
from rp_mw_worker.day_sums import refresh_sums
from rp_mw_worker.ports import NoMarks, SweepMarks
from rp_mw_worker.read_back import ReadBack
from rp_mw_worker.sweep_ports import DecisionDays, Inbox, OpenTicket, TicketList, TicketPage

SOURCE = "rp-mw.sweep"
MAX_PAGES = 50
_RESERVE_MS = 15_000
_FINISHED, _OUT_OF_TIME, _MORE_PAGES, _PACED = "finished", "out_of_time", "more_pages", "paced"


@dataclass(slots=True)
class Summary:
    """How far a sweep came: tickets listed, those without our tag, those of them that were handled as they are, those
    queued, pages read, closed tickets read back and how that ended, days whose figures were summed, and how it ended.
    """

    listed: int = 0
    unprocessed: int = 0
    known: int = 0
    queued: int = 0
    pages: int = 0
    read_back: int = 0
    reading: str = ""
    summed: int = 0
    outcome: str = _MORE_PAGES

    def to_json(self) -> dict[str, Any]:
        """Return the summary as the function answers it."""
        counts = ("listed", "unprocessed", "known", "queued", "pages", "read_back", "summed")
        names = (*counts, *(["reading"] if self.reading else []), "outcome")
        return {name: getattr(self, name) for name in names}


def room_until_next(requests: int, window_seconds: float, interval_seconds: float, waiting: int) -> int:
    """Return how many tickets the budget can handle until the next sweep, beside `waiting` messages of the queue."""
    return max(0, int(paced_events_per_second(requests, window_seconds) * interval_seconds) - waiting)


@dataclass(frozen=True, slots=True)
class Sweep:
    """One sweeper over its boundaries; `room` says how many tickets may be queued now, `is_open` whether people are at
    work at a moment (epoch milliseconds).

    `check_floor` leaves a stage by itself where people's agreement is too low (`demotion`), as of the time given.
    """

    tickets: TicketList
    inbox: Inbox
    clock: Clock
    marks: SweepMarks = field(default_factory=NoMarks)
    room: Callable[[], int] = field(default=lambda: 1_000_000)
    days: DecisionDays | None = None
    is_open: Callable[[int], bool] = field(default=lambda now: False)
    reader: ReadBack | None = None
    check_floor: Callable[[DecisionDays, int], object] | None = None
    new_trace_id: Callable[[int], str] = field(default=lambda now: f"1-{now // 1000:08x}-{os.urandom(12).hex()}")

    def run(self, remaining_ms: Callable[[], int], *, is_dry_run: bool = False) -> dict[str, Any]:
        """List, pick and queue until the last page or until time is short; never raises for a vendor's refusal."""
        summary = Summary()
        try:
            self._run(summary, remaining_ms, is_dry_run)
            if self.days is not None and not is_dry_run:
                changed = self._read_back(summary, remaining_ms)
                summary.summed = refresh_sums(self.days, self.clock.now_epoch_ms(), remaining_ms, changed)
                if self.check_floor is not None and remaining_ms() >= _RESERVE_MS:
                    self.check_floor(self.days, self.clock.now_epoch_ms())
        except (PermanentError, TransientError) as error:
            summary.outcome = error.code
            metric(Metric.SWEEP_FAILED)
        metric(Metric.SWEEP_QUEUED, summary.queued)
        metric(Metric.SHOP_OPEN, int(self.is_open(self.clock.now_epoch_ms())))
        log(LogEvent.SWEEP_FINISHED, outcome=summary.outcome, count=summary.queued, trigger="sweep")
        flush_metrics()
        return summary.to_json()

    def _run(self, summary: Summary, remaining_ms: Callable[[], int], is_dry_run: bool) -> None:
        page: int | None = 1
        room = self.room()
        while page is not None and summary.pages < MAX_PAGES:
            if remaining_ms() < _RESERVE_MS:
                summary.outcome = _OUT_OF_TIME
                return
            found = self.tickets.load_open_tickets(page)
            summary.pages += 1
            summary.listed += len(found.tickets)
            for ticket in self._unknown(summary, found):
                if summary.queued >= room and not is_dry_run:
                    summary.outcome = _PACED
                    return
                summary.queued += 0 if is_dry_run else self._queue(ticket)
            page = found.next_page
        summary.outcome = _FINISHED if page is None else _MORE_PAGES

    def _read_back(self, summary: Summary, remaining_ms: Callable[[], int]) -> set[str]:
        """Read closed tickets back with the room that is left; return the days whose figures changed."""
        if self.reader is None:
            return set()
        found = self.reader.run(remaining_ms, max(0, self.room() - summary.queued))
        summary.read_back, summary.reading = found.read, found.outcome
        return found.days

    def _unknown(self, summary: Summary, page: TicketPage) -> list[OpenTicket]:
        """Return the page's tickets that were never handled in their present version."""
        unprocessed = [ticket for ticket in page.tickets if not ticket.is_processed]
        marks = self.marks.load([ticket.conversation_id for ticket in unprocessed])
        unknown = [ticket for ticket in unprocessed if marks.get(ticket.conversation_id) != _mark(ticket)]
        summary.unprocessed += len(unprocessed)
        summary.known += len(unprocessed) - len(unknown)
        return unknown

    def _queue(self, ticket: OpenTicket) -> int:
        now = self.clock.now_epoch_ms()
        mark = _mark(ticket)
        event = InboundEvent(
            conversation_id=ticket.conversation_id,
            delivery_id=mark,
            received_at_epoch_ms=now,
            trace_id=self.new_trace_id(now),
            origin="sweep",
        )
        self.inbox.send(event, mark)
        return 1


def _mark(ticket: OpenTicket) -> str:
    """Name a ticket's version: an unchanged ticket that waits in the queue already is not queued twice."""
    return sha256(f"sweep:{ticket.conversation_id}:{ticket.version}".encode()).hexdigest()[:32]
