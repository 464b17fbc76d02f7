"""The sweep finds what the webhook missed, changes nothing that was handled, and says how far it came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import pytest

from rp_mw_shared.clock import FakeClock
from rp_mw_shared.errors import PermanentError, RpMwError, TransientError
from rp_mw_shared.messages.types import InboundEvent
from rp_mw_worker import wiring
from rp_mw_worker.adapters.richpanel.ticket_list import _to_page
from rp_mw_worker.domain.delivery_window import is_business_hour
from rp_mw_worker.domain.model import Flags, RolloutStage
from rp_mw_worker.sweep import SOURCE, Sweep, room_until_next
from rp_mw_worker.sweep_ports import LIST_FORBIDDEN, OpenTicket, TicketPage
from tests.fakes.policy import load_policy
from tests.fakes.recording import recording
from tests.fakes.worker_world import World

AMPLE_MS = 60_000


@dataclass
class FakeTickets:
    """The `TicketList` port over pages made beforehand; an error in place of a page is raised."""

    pages: list[TicketPage | RpMwError]

    def load_open_tickets(self, page: int) -> TicketPage:
        """Return or raise what the page holds."""
        found = self.pages[page - 1]
        if isinstance(found, RpMwError):
            raise found
        return found


@dataclass
class FakeInbox:
    """The `Inbox` port: a repeated deduplication id is queued once."""

    queued: dict[str, InboundEvent] = field(default_factory=dict)

    def send(self, event: InboundEvent, deduplication_id: str) -> None:
        """Keep the event."""
        self.queued.setdefault(deduplication_id, event)


def page(*tickets: OpenTicket, next_page: int | None = None) -> TicketPage:
    """One page of the list."""
    return TicketPage(tickets, next_page)


@dataclass
class FakeMarks:
    """The `SweepMarks` port in memory."""

    marks: dict[str, str] = field(default_factory=dict)

    def load(self, conversation_ids: Sequence[str]) -> Mapping[str, str]:
        """Return those that are known."""
        return {name: self.marks[name] for name in conversation_ids if name in self.marks}

    def note(self, conversation_id: str, mark: str) -> None:
        """Remember one."""
        self.marks[conversation_id] = mark


def sweep(inbox: FakeInbox, *pages: TicketPage | RpMwError, marks: FakeMarks | None = None, room: int = 1_000) -> Sweep:
    """A sweeper over the pages."""
    return Sweep(FakeTickets(list(pages)), inbox, FakeClock(1_795_000_000_000), marks or FakeMarks(), room=lambda: room)


def test_only_tickets_without_our_tag_are_queued_over_all_pages() -> None:
    """Each page is read, and the normal path gets a minimal event for each ticket we never saw."""
    inbox = FakeInbox()
    first = page(OpenTicket("c1", False, "v1"), OpenTicket("c2", True, "v1"), next_page=2)
    summary = sweep(inbox, first, page(OpenTicket("<m@mail.example.com>", False, "v1"))).run(lambda: AMPLE_MS)
    assert summary == {
        "listed": 3,
        "unprocessed": 2,
        "known": 0,
        "queued": 2,
        "pages": 2,
        "read_back": 0,
        "summed": 0,
        "outcome": "finished",
    }
    events = list(inbox.queued.values())
    assert [event.conversation_id for event in events] == ["c1", "<m@mail.example.com>"]
    assert all(event.origin == "sweep" and event.event_id is None for event in events)


def test_a_second_sweep_of_unchanged_tickets_queues_nothing_new() -> None:
    """The deduplication id follows the ticket's own version."""
    inbox = FakeInbox()
    for _ in range(2):
        sweep(inbox, page(OpenTicket("c1", False, "v1"))).run(lambda: AMPLE_MS)
    assert len(inbox.queued) == 1
    sweep(inbox, page(OpenTicket("c1", False, "v2"))).run(lambda: AMPLE_MS)
    assert len(inbox.queued) == 2


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ("2026-03-06T13:59:00Z", 0),  # 8:59 in New York, winter time
        ("2026-03-06T14:00:00Z", 1),
        ("2026-03-09T13:00:00Z", 1),  # the clocks went forward on Sunday
        ("2026-03-09T22:00:00Z", 0),  # 18 o'clock
        ("2026-03-08T15:00:00Z", 0),  # Sunday
        ("2026-07-03T15:00:00Z", 0),  # a holiday
    ],
)
def test_each_sweep_says_whether_the_shop_is_open(now: str, said: int) -> None:
    """By the policy's hours in the shop's time zone, also where the sweep fails: the alarm of silence asks by them."""
    shop = load_policy().settings.shop
    clock = FakeClock(int(datetime.fromisoformat(now).timestamp() * 1000))
    refused = FakeTickets([TransientError("no", code="vendor_timeout")])
    with recording() as kept:
        Sweep(refused, FakeInbox(), clock, is_open=lambda at: is_business_hour(at, shop)).run(lambda: AMPLE_MS)
        assert kept.samples("ShopOpen") == [said]


def test_a_dry_run_counts_and_queues_nothing() -> None:
    """What would be queued is counted as unprocessed."""
    inbox = FakeInbox()
    summary = sweep(inbox, page(OpenTicket("c1", False, "v1"))).run(lambda: AMPLE_MS, is_dry_run=True)
    assert (summary["unprocessed"], summary["queued"], inbox.queued) == (1, 0, {})


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (PermanentError("may not list", code=LIST_FORBIDDEN), "list_forbidden"),
        (TransientError("busy", code="vendor_throttled"), "vendor_throttled"),
    ],
)
def test_a_refusal_ends_the_sweep_with_its_reason_and_keeps_what_was_queued(error: RpMwError, outcome: str) -> None:
    """The schedule comes again; what was found before the refusal is on its way."""
    inbox = FakeInbox()
    summary = sweep(inbox, page(OpenTicket("c1", False, "v1"), next_page=2), error).run(lambda: AMPLE_MS)
    assert (summary["outcome"], summary["queued"]) == (outcome, 1)


@pytest.mark.parametrize(
    ("pages", "queued", "failed"),
    [
        ([page(OpenTicket("c1", False, "v1"), OpenTicket("c2", False, "v1"))], [2], []),
        ([page()], [0], []),
        ([page(OpenTicket("c1", False, "v1"), next_page=2), PermanentError("no", code=LIST_FORBIDDEN)], [1], [1]),
        ([TransientError("gone", code="vendor_unreachable")], [0], [1]),
    ],
)
def test_each_sweep_counts_what_it_queued_and_whether_it_failed(
    pages: list[TicketPage | RpMwError], queued: list[float], failed: list[float]
) -> None:
    """A sample of 0 tells a sweep that found nothing from one that never ran."""
    with recording() as kept:
        sweep(FakeInbox(), *pages).run(lambda: AMPLE_MS)
        assert (kept.samples("SweepQueued"), kept.samples("SweepFailed")) == (queued, failed)


def test_it_stops_while_there_is_time_to_say_so() -> None:
    """Near the function's end no further page is read."""
    inbox = FakeInbox()
    left = iter([AMPLE_MS, 1_000])
    first = page(OpenTicket("c1", False, "v1"), next_page=2)
    summary = sweep(inbox, first, page()).run(lambda: next(left))
    assert (summary["outcome"], summary["pages"]) == ("out_of_time", 1)


@pytest.mark.parametrize("tags", [["mw-processed"], ["tag-id-7", "x"]])
def test_our_tag_is_known_by_name_and_by_id(tags: list[str]) -> None:
    """Some accounts' tickets hold the ids of tags."""
    answer = {"ticket": [{"id": "c1", "tags": tags, "updated_at": "v"}, {"id": "c2", "tags": None}, {}], "next_page": 2}
    found = _to_page(answer, {"mw-processed", "tag-id-7"}, 1)
    assert [(ticket.conversation_id, ticket.is_processed) for ticket in found.tickets] == [("c1", True), ("c2", False)]
    assert found.next_page == 2


@pytest.mark.parametrize("next_page", ["https://api.example/v1/tickets?status=OPEN&page=3", 3, "3"])
def test_the_next_page_is_the_next_number_in_whatever_form_it_is_named(next_page: object) -> None:
    """Documented as an address; null on the last page, and a trashed ticket is left out."""
    items = [{"id": "c1", "updated_at": "v"}, {"id": "c2", "updated_at": "v", "is_trashed": True}]
    found = _to_page({"ticket": items, "next_page": next_page}, set(), 2)
    assert ([ticket.conversation_id for ticket in found.tickets], found.next_page) == (["c1"], 3)
    assert _to_page({"ticket": items, "next_page": None}, set(), 2).next_page is None


def test_a_handled_ticket_stays_as_it_is() -> None:
    """Swept again after it was answered, the event is a duplicate: no second reply, no new record."""
    world = World()
    message_id = world.helpdesk.customer_writes("c1", "I would like to return the blue mug", channel="livechat")
    world.deliver(world.event("c1", message_id))
    before = (world.helpdesk.replies("c1"), dict(world.events()))
    inbox = FakeInbox()
    sweep(inbox, page(OpenTicket("c1", False, "v1"))).run(lambda: AMPLE_MS)
    assert world.deliver(*inbox.queued.values()) == 0
    assert (world.helpdesk.replies("c1"), dict(world.events())) == before


def test_the_schedules_event_starts_a_sweep_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Terraform's schedule sends reaches the sweeper, not the batch."""
    inbox = FakeInbox()
    monkeypatch.setattr(wiring, "sweeper", lambda: sweep(inbox, page(OpenTicket("c1", False, "v1"))))
    assert wiring.handle({"source": SOURCE}, lambda: AMPLE_MS)["queued"] == 1


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("https://api.richpanel.com/v1/tickets?status=OPEN&page=2&per_page=100", 2),
        ("/v1/tickets?page=2", 2),
        ("2", 2),
        (2, 2),
        (None, None),
        ("", None),
    ],
)
@pytest.mark.parametrize("key", ["ticket", "tickets"])
def test_the_next_page_is_read_in_every_documented_form(said: object, expected: int | None, key: str) -> None:
    """A URL, a number or its text."""
    assert _to_page({key: [{"id": "c1"}], "next_page": said}, {"mw-processed"}, 1).next_page == expected


def test_no_more_is_queued_than_the_budget_handles_until_the_next_sweep() -> None:
    """And that is said; the next sweep goes on."""
    inbox = FakeInbox()
    many = page(*(OpenTicket(f"c{number}", False, "v1") for number in range(10)))
    summary = sweep(inbox, many, room=4).run(lambda: AMPLE_MS)
    assert (summary["queued"], summary["outcome"], len(inbox.queued)) == (4, "paced", 4)


def test_half_the_budget_is_the_sweeps_less_what_waits_already() -> None:
    """50 calls in 30 s, for a quarter of an hour, three an event."""
    assert room_until_next(50, 30, 900, 0) == 250
    assert room_until_next(50, 30, 900, 200) == 50
    assert room_until_next(50, 30, 900, 2_000) == 0


def test_a_ticket_handled_in_shadow_is_queued_once_and_again_when_it_changes() -> None:
    """Nothing marks it in the helpdesk, so the tables have to know."""
    world, marks = World(), FakeMarks()
    world.flags.set(Flags(False, False, frozenset(), RolloutStage.SHADOW))
    world.deps = replace(world.deps, sweep_marks=marks)
    worker = world.new_worker(world.deps)
    world.helpdesk.customer_writes("c1", "I would like to return the blue mug", channel="livechat")
    queued = []
    for version in ("v1", "v1", "v1", "v2"):
        inbox = FakeInbox()
        queued.append(sweep(inbox, page(OpenTicket("c1", False, version)), marks=marks).run(lambda: AMPLE_MS)["queued"])
        assert world.deliver(*inbox.queued.values(), worker=worker) == 0
    assert queued == [1, 0, 0, 1]


def test_a_swept_ticket_without_a_customers_message_ends_and_is_left_alone() -> None:
    """No dead letter, no page: an agent opened it."""
    world, marks = World(), FakeMarks()
    world.deps = replace(world.deps, sweep_marks=marks)
    worker = world.new_worker(world.deps)
    world.helpdesk.customer_writes("c1", "only to open the ticket", channel="livechat")
    world.helpdesk.agent_writes("c1", "Hello, we found your umbrella.")
    ticket = world.helpdesk.store.tickets["c1"]
    ticket.comments[:] = [comment for comment in ticket.comments if comment.is_operator]
    for expected in (1, 0):
        inbox = FakeInbox()
        sweeper = sweep(inbox, page(OpenTicket("c1", False, "v1")), marks=marks)
        assert sweeper.run(lambda: AMPLE_MS)["queued"] == expected
        assert world.deliver(*inbox.queued.values(), worker=worker) == 0
    assert (world.quarantined, world.events()) == ([], {})
