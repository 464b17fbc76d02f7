"""Reading back: what is read, when it stops, and that the agreement it gives is the simulated people's own count."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from rp_mw_local.simulators.agents import Agents
from rp_mw_local.simulators.richpanel_tickets import Tickets, ticket_json
from rp_mw_shared.clock import FakeClock
from rp_mw_shared.errors import PermanentError, RpMwError, TransientError
from rp_mw_shared.times import MS_PER_DAY, to_utc_text
from rp_mw_worker.adapters.richpanel.closed_tickets import to_closed_ticket
from rp_mw_worker.domain.agreement import to_agreement
from rp_mw_worker.domain.figures import add_up
from rp_mw_worker.domain.outcomes import ClosedTicket, to_outcomes
from rp_mw_worker.read_back import FIRST_LOOK_MS, ReadBack, is_sampled, most_calls
from rp_mw_worker.sweep_ports import LIST_FORBIDDEN, OpenTicket, ReadProgress, TicketPage
from tests.fakes.policy import load_policy

NOW = 1_795_016_400_000
READ_BACK = "rp_mw_worker.read_back"
AMPLE_MS = 60_000
PER_PAGE = 100
POLICY = load_policy()
SLUGS = {team.slug: name for name, team in POLICY.settings.teams.items()}


@dataclass
class Desk:
    """The `ClosedTickets` port over the simulator's store; `errors` are raised in place of a ticket or of the list."""

    store: Tickets = field(default_factory=Tickets)
    errors: dict[str, RpMwError] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)
    asked_since: list[int] = field(default_factory=list)

    def load_closed_tickets(self, page: int, updated_after: int) -> TicketPage:
        """Return those that are closed and changed."""
        self.asked_since.append(updated_after)
        if "list" in self.errors:
            raise self.errors["list"]
        found = [
            OpenTicket(one.id, False, str(one.updated_at_epoch_ms))
            for one in self.store.tickets.values()
            if one.status == "CLOSED" and one.updated_at_epoch_ms > updated_after
        ]
        end = page * PER_PAGE
        return TicketPage(tuple(found[end - PER_PAGE : end]), page + 1 if end < len(found) else None)

    def load_closed_ticket(self, conversation_id: str) -> ClosedTicket | None:
        """Return the ticket by the adapter's own reading of the simulated API's answer."""
        self.read.append(conversation_id)
        if conversation_id in self.errors:
            raise self.errors[conversation_id]
        shown = ticket_json(self.store.tickets[conversation_id], operator_key="is_operator", with_profile=True)
        return to_closed_ticket(shown, conversation_id, list)


@dataclass
class Trail:
    """The `Outcomes` and `SweepMarks` ports in memory."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    progress: ReadProgress | None = None

    def find_handled(self, conversation_ids: Sequence[str]) -> frozenset[str]:
        """Those that have rows."""
        return frozenset(conversation_ids) & self.rows.keys()

    def load_conversation(self, conversation_id: str) -> list[dict[str, Any]]:
        """Return the rows."""
        return list(self.rows[conversation_id])

    def add(self, outcomes: Sequence[Mapping[str, Any]]) -> None:
        """Keep them."""
        for one in outcomes:
            self.rows[str(one["conversation_id"])].append(dict(one))

    def load_progress(self) -> ReadProgress | None:
        """Return it."""
        return self.progress

    def save_progress(self, progress: ReadProgress) -> None:
        """Keep it."""
        self.progress = progress

    def load(self, conversation_ids: Sequence[str]) -> Mapping[str, str]:
        """Return the marks."""
        return {name: self.marks[name] for name in conversation_ids if name in self.marks}

    def note(self, conversation_id: str, mark: str) -> None:
        """Keep one."""
        self.marks[conversation_id] = mark

    def all_rows(self) -> list[dict[str, Any]]:
        """Every row."""
        return [row for rows in self.rows.values() for row in rows]


class Shop:
    """A helpdesk with tickets that were decided on, people who settle them, and a reader."""

    def __init__(self, tickets: int = 0, *, noise: float = 0.1) -> None:
        self.desk, self.trail, self.clock = Desk(), Trail(), FakeClock(NOW)
        self.agents = Agents(self.desk.store, [f"route-{slug}" for slug in SLUGS], noise=noise)
        slugs = itertools.cycle(SLUGS)
        for number in range(tickets):
            self.decide(f"c-{number}", next(slugs))

    def decide(self, conversation_id: str, slug: str, at: int = NOW) -> None:
        """The customer writes, and we route the ticket."""
        written = {"conversation_id": conversation_id, "text": "Where is it?", "email": "ana@example.com"}
        message = self.desk.store.customer_writes(written, at - 1_000)
        ticket = self.desk.store.tickets[conversation_id]
        ticket.tags = [tag for tag in ticket.tags if not tag.startswith("route-")] + [f"route-{slug}"]
        row = {
            "conversation_id": conversation_id,
            "ts_action_id": f"{to_utc_text(at)}#{abs(hash(conversation_id)):012x}#decision",
            "day": to_utc_text(at)[:10],
            "message_id": message["message_id"],
            "outcome": "completed",
            "route": SLUGS[slug],
            "intent": f"about_{slug}",
            "actions": {"rp_tags": "done"},
        }
        self.trail.rows.setdefault(conversation_id, []).append(row)

    def reader(self, **options: Any) -> ReadBack:
        """A reader of every ticket, with calls for all, unless said otherwise."""
        values = {"requests_per_window": 1_000_000} | options
        return ReadBack(self.desk, self.trail, self.trail, self.clock, POLICY, **values)

    def read_all(self, one_in: int = 1) -> None:
        """Look twice, as sweeps do: the second look goes through several pages once more."""
        for _ in range(2):
            assert self.reader(one_in=one_in).run(lambda: AMPLE_MS, 1_000_000).outcome == "finished"


def test_agreement_is_the_peoples_own_count_where_all_tickets_are_read_back() -> None:
    """Exactly, in all and for each team, with one in ten moved."""
    shop = Shop(1_200)
    shop.agents.work(NOW + 60_000)
    shop.read_all()
    found = to_agreement(add_up(shop.trail.all_rows()))
    kept, moved = shop.agents.kept, shop.agents.moved
    assert (found.agreed.hits, found.overrides) == (kept.total(), moved.total())
    assert moved.total() > 80
    assert {team: (share.hits, share.of) for team, share in found.by_team.items()} == {
        SLUGS[tag.removeprefix("route-")]: (kept[tag], kept[tag] + moved[tag]) for tag in {*kept, *moved}
    }


def test_one_ticket_in_five_gives_agreement_within_two_points() -> None:
    """Of 10,000 tickets, with the same conversations in the sample each time."""
    shop = Shop(10_000)
    shop.agents.work(NOW + 60_000)
    shop.read_all(one_in=5)
    found = to_agreement(add_up(shop.trail.all_rows()))
    truth = shop.agents.kept.total() / 10_000
    assert 1_800 <= found.tickets <= 2_200
    assert found.agreed.value == pytest.approx(truth, abs=0.02)
    assert all(is_sampled(name, 5) for name in shop.desk.read)


def test_a_ticket_is_read_once_in_each_version() -> None:
    """Opened again, closed again: read again, and the newer outcome is the one that counts."""
    shop = Shop(1, noise=0.0)
    shop.agents.work(NOW + 60_000)
    shop.read_all()
    shop.read_all()
    assert shop.desk.read == ["c-0"]
    shop.clock.advance(3_600)
    shop.decide("c-0", "sales", NOW + 3_600_000)
    Agents(shop.desk.store, [f"route-{slug}" for slug in SLUGS], noise=1.0).work(NOW + 3_700_000)
    shop.read_all()
    assert shop.desk.read == ["c-0", "c-0"]
    found = add_up(shop.trail.all_rows())
    assert found.agreements == {"superseded": 1, "moved": 1}


def test_what_is_not_ours_or_open_is_not_read() -> None:
    """A ticket that we never decided on costs no call; nor does one that people still work on."""
    shop = Shop(2)
    shop.desk.store.customer_writes({"conversation_id": "phone-1", "text": "Hello"}, NOW)
    shop.desk.store.tickets["phone-1"].status = "CLOSED"
    shop.read_all()
    assert shop.desk.read == []


def test_the_next_look_begins_where_the_last_one_ended() -> None:
    """The first goes a week back; ten minutes are looked at twice, because a list may show a change late."""
    shop = Shop(1)
    shop.agents.work(NOW + 60_000)
    for _ in range(2):
        shop.reader().run(lambda: AMPLE_MS, 100)
    assert shop.desk.asked_since == [NOW - FIRST_LOOK_MS, NOW - 600_000]


def test_several_pages_are_gone_through_twice() -> None:
    """Pages shift while tickets change: one may have slipped from a page that was read to one that was not yet."""
    shop = Shop(PER_PAGE + 1)
    shop.agents.work(NOW + 60_000)
    shop.reader().run(lambda: AMPLE_MS, 1_000)
    assert shop.trail.progress == ReadProgress(NOW - FIRST_LOOK_MS, 1, NOW, is_second=True)
    shop.reader().run(lambda: AMPLE_MS, 1_000)
    assert shop.trail.progress == ReadProgress(NOW - 600_000)


def test_more_pages_than_one_look_may_ask_for_are_gone_through_in_several() -> None:
    """Each goes on where the one before stopped: thirty pages of other tickets do not hide ours on the last one."""
    shop = Shop()
    for number in range(30 * PER_PAGE):
        shop.desk.store.customer_writes({"conversation_id": f"other-{number}", "text": "Hello"}, NOW)
        shop.desk.store.tickets[f"other-{number}"].status = "CLOSED"
    shop.decide("c-1", "sales")
    shop.agents.work(NOW + 60_000)
    outcomes = [shop.reader(requests_per_window=50).run(lambda: AMPLE_MS, 1_000).outcome for _ in range(2)]
    assert (outcomes, shop.desk.read) == (["paced", "finished"], ["c-1"])


@pytest.mark.parametrize(("requests", "room", "calls"), [(50, 1_000, 25), (50, 3, 9), (50, 0, 0), (2, 1_000, 1)])
def test_half_a_window_is_the_most_that_may_wait(requests: int, room: int, calls: int) -> None:
    """And never more than the sweep has left for what may wait."""
    assert most_calls(requests, room) == calls


def test_a_look_stops_at_its_last_call_and_the_next_one_goes_on() -> None:
    """Nothing is read twice and nothing left out."""
    shop = Shop(60)
    shop.agents.work(NOW + 60_000)
    outcomes = [shop.reader(requests_per_window=50).run(lambda: AMPLE_MS, 1_000).outcome for _ in range(4)]
    assert outcomes == ["paced", "paced", "finished", "finished"]
    assert sorted(shop.desk.read) == sorted(shop.trail.rows)


def test_a_look_without_time_or_room_asks_nothing() -> None:
    """Customers come first."""
    shop = Shop(1)
    assert shop.reader().run(lambda: 1_000, 1_000).outcome == "out_of_time"
    assert shop.reader().run(lambda: AMPLE_MS, 0).outcome == "paced"
    assert shop.desk.asked_since == []


def test_one_ticket_that_cannot_be_read_keeps_no_other_back() -> None:
    """Its version is left; a helpdesk that does not answer ends the look, and the next one comes again."""
    shop = Shop(3)
    shop.agents.work(NOW + 60_000)
    shop.desk.errors["c-1"] = PermanentError("too large", code="vendor_answer_too_large")
    found = shop.reader().run(lambda: AMPLE_MS, 1_000)
    assert (found.outcome, found.read, found.written, found.unreadable) == ("finished", 3, 2, 1)
    shop = Shop(3)
    shop.agents.work(NOW + 60_000)
    shop.desk.errors["c-1"] = TransientError("busy", code="vendor_throttled")
    assert shop.reader().run(lambda: AMPLE_MS, 1_000).outcome == "vendor_throttled"
    assert shop.trail.progress is None
    del shop.desk.errors["c-1"]
    shop.read_all()
    assert len([row for row in shop.trail.all_rows() if row.get("kind") == "outcome"]) == 3


def test_a_list_that_is_forbidden_ends_the_look_with_its_reason() -> None:
    """The sweep says so."""
    shop = Shop(1)
    shop.desk.errors["list"] = PermanentError("may not list", code=LIST_FORBIDDEN)
    assert shop.reader().run(lambda: AMPLE_MS, 1_000).outcome == LIST_FORBIDDEN


def test_the_days_of_what_was_written_are_told() -> None:
    """They are the decisions' days, whenever the ticket was read."""
    shop = Shop()
    shop.decide("c-1", "sales", NOW - 2 * MS_PER_DAY)
    shop.agents.work(NOW)
    assert shop.reader().run(lambda: AMPLE_MS, 1_000).days == {to_utc_text(NOW - 2 * MS_PER_DAY)[:10]}


def test_an_event_that_is_on_its_way_is_waited_for() -> None:
    """A ticket without a final decision yet is not marked as read."""
    shop = Shop(1)
    shop.agents.work(NOW)
    shop.trail.rows["c-0"][0]["outcome"] = "parked"
    shop.reader().run(lambda: AMPLE_MS, 1_000)
    assert shop.trail.marks == {}


@pytest.mark.parametrize("step", ["read", "judge"])
def test_a_closed_ticket_that_takes_too_much_cpu_keeps_no_other_back(
    monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Its version is left, in reading and in judging alike, and is not tried again."""
    blow_up = re.compile(r"(?:a|a)*b")
    shop = Shop(3)
    shop.agents.work(NOW + 60_000)
    place = (
        "tests.unit.worker.process.test_read_back.to_closed_ticket" if step == "read" else f"{READ_BACK}.to_outcomes"
    )
    plain = to_closed_ticket if step == "read" else to_outcomes

    def blow(first: Any, second: Any, *rest: Any) -> Any:
        name = second if step == "read" else second.conversation_id
        return blow_up.search("a" * 60) if name == "c-1" else plain(first, second, *rest)

    monkeypatch.setattr(place, blow)
    found = shop.reader(cpu_seconds=0.2).run(lambda: AMPLE_MS, 1_000)
    assert (found.outcome, found.read, found.written, found.unreadable) == ("finished", 3, 2, 1)
    shop.clock.advance(60)
    assert shop.reader(cpu_seconds=0.2).run(lambda: AMPLE_MS, 1_000).read == 0
