"""From the customer's message to the report, over real tables and the simulated helpdesk: decided, settled by people,
read back, added up; and every figure recomputed from what the tables hold.
"""

from __future__ import annotations

import functools
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from rp_mw_local.deployment.changes import Target
from rp_mw_local.deployment.storage import ensure_key, ensure_queue, ensure_table
from rp_mw_local.simulators.agents import Agents
from rp_mw_local.simulators.richpanel import RichpanelSimulator
from rp_mw_ops.commands.replay import last_rows
from rp_mw_ops.environment import Environment
from rp_mw_ops.figures.period import load_days
from rp_mw_ops.finding import open_days
from rp_mw_ops.forgetting import erase, find_traces
from rp_mw_ops.identity import prove
from rp_mw_ops.report.lines import Line, to_report_lines
from rp_mw_shared.audit_form import from_stored
from rp_mw_shared.clients.breaker import CircuitBreaker
from rp_mw_shared.clients.http import VendorHttp
from rp_mw_shared.clients.limiter import UnlimitedLimiter
from rp_mw_shared.environments.topology import load_topology
from rp_mw_shared.idempotency.attributes import from_item
from rp_mw_shared.times import MS_PER_DAY, to_utc_text
from rp_mw_worker.adapters.days_dynamodb import DynamoDBDays
from rp_mw_worker.adapters.marks_dynamodb import CLOSED_PREFIX, DynamoDBMarks
from rp_mw_worker.adapters.outcomes_dynamodb import DynamoDBOutcomes
from rp_mw_worker.adapters.records_dynamodb import DynamoDBRecords
from rp_mw_worker.adapters.richpanel.closed_tickets import RichpanelClosedTickets
from rp_mw_worker.adapters.richpanel.tags import TagDirectory
from rp_mw_worker.adapters.richpanel.ticket_list import RichpanelTicketList
from rp_mw_worker.domain.agreement import to_agreement
from rp_mw_worker.domain.figures import Figures, add_up
from rp_mw_worker.read_back import ReadBack
from rp_mw_worker.sweep_ports import ReadProgress
from tests.fakes.recording import recording
from tests.fakes.worker_tables import CallCounter, item_bytes
from tests.fakes.worker_world import NOON, POLICY, World
from tests.oracle.report_figures import recompute

pytestmark = pytest.mark.emulator
KEY = "desk-secret"
AMPLE_MS = 60_000
DAY = to_utc_text(NOON)[:10]
LATER = NOON + 9 * MS_PER_DAY
MEASURES = {"received": 50, "model_microdollars": 1_230_000}
TEXTS = (
    "I would like to return the blue mug that came last week please",
    "Is there a promo code for my first order with you?",
    "I will open a chargeback with my bank about this purchase",
    "Please tell me something about your company and its history",
)
Item = dict[str, Any]


class Shop:
    """The worker over tables of its own, the helpdesk's simulator over the same tickets, and people."""

    def __init__(self, aws: Callable[[str], Any], name: str) -> None:
        topology = load_topology(name)
        target = Target(topology, aws)
        key = ensure_key(target)
        for table in topology.tables.values():
            ensure_table(target, table, key)
        self.environment, self.client = Environment(topology, aws), aws("dynamodb")
        self.world = World()
        self.clock = self.world.clock
        events, states, audit = (
            self.environment.table(key) for key in ("idempotency", "conversation_state", "audit_trail")
        )
        self.tables = (events, states, audit)
        records = DynamoDBRecords(self.client, self.clock, event_table=events, state_table=states, audit_table=audit)
        self.world.deps = replace(self.world.deps, records=records)
        self.world.worker = self.world.new_worker(self.world.deps)
        self.desk = RichpanelSimulator(KEY, self.clock.now_epoch_ms)
        self.desk.store = self.store = self.world.helpdesk.store
        self.desk.switch(requests_per_window=100_000)
        self.desk.start()
        self.outcomes = DynamoDBOutcomes(self.client, self.clock, audit_table=audit, state_table=states)
        slugs = [f"route-{team.slug}" for team in POLICY.settings.teams.values()]
        self.agents = Agents(self.store, slugs, noise=0.1, seed=7)

    def ask(self, conversation_id: str, text: str) -> None:
        """A customer writes, and the worker handles it."""
        email = f"{conversation_id}@example.com"
        message = self.world.helpdesk.customer_writes(conversation_id, text, channel="email", email=email)
        with recording():
            assert self.world.deliver(self.world.event(conversation_id, message, customer_email=email)) == 0

    def reader(self) -> ReadBack:
        """What the sweep reads back with."""
        http = VendorHttp(
            vendor="richpanel",
            base_url=f"{self.desk.url}/v1",
            clock=self.clock,
            limiter=UnlimitedLimiter(),
            breaker=CircuitBreaker(self.clock, vendor="richpanel"),
            headers=lambda: {"x-richpanel-key": KEY},
        )
        tags = TagDirectory(lambda _page: {"tag": []}, self.clock)
        tickets = RichpanelTicketList(http, tags.to_ids, "mw-processed")
        closed = RichpanelClosedTickets(http, tickets, tags.to_names)
        marks = DynamoDBMarks(self.client, self.tables[1], self.clock, CLOSED_PREFIX)
        return ReadBack(closed, self.outcomes, marks, self.clock, POLICY, 100_000)

    def read_back(self) -> Any:
        """One look."""
        with recording():
            return self.reader().run(lambda: AMPLE_MS, 100_000)

    def scan(self, table: int) -> list[Item]:
        """Everything a table holds."""
        pages = self.client.get_paginator("scan").paginate(TableName=self.tables[table])
        return [from_stored(from_item(item)) for page in pages for item in page["Items"]]

    def figures(self) -> Figures:
        """The day's, from its rows."""
        return add_up(self.days.load_rows(DAY))

    @property
    def days(self) -> DynamoDBDays:
        """The index of days."""
        return open_days(self.environment)

    def report(self) -> list[Line]:
        """The report's lines, nine days later, read as `rp-mw report` reads them."""
        days = open_days(self.environment, for_many=True)
        return to_report_lines(load_days(days, [DAY], LATER, from_rows=True), MEASURES, LATER)


@pytest.fixture(scope="module")
def aws_clients(aws: Callable[[str], Any]) -> Callable[[str], Any]:
    """One client of each service."""
    return functools.cache(aws)


@pytest.fixture
def shop(aws_clients: Callable[[str], Any]) -> Iterator[Shop]:
    """A shop of this test's own."""
    made = Shop(aws_clients, f"rb{uuid.uuid4().hex[:8]}")
    yield made
    made.desk.stop()


@pytest.fixture(scope="module")
def busy(aws_clients: Callable[[str], Any]) -> Iterator[Shop]:
    """Sixty customers, settled by people who disagree on one in ten, and read back; eight of them wrote again."""
    shop = Shop(aws_clients, "busyshop")
    for number in range(60):
        shop.ask(f"c-{number}", TEXTS[number % len(TEXTS)])
        shop.clock.advance(60)
    shop.agents.work(shop.clock.now_epoch_ms())
    shop.clock.advance(3_600)
    shop.read_back()
    for number in range(8):
        shop.ask(f"c-{number}", "And one more thing, please, about the same matter")
    shop.agents.work(shop.clock.now_epoch_ms())
    shop.store.tickets["c-20"].is_trashed = True
    shop.store.tickets["c-20"].updated_at_epoch_ms = shop.clock.now_epoch_ms()
    shop.clock.advance(600)
    shop.read_back()
    yield shop
    shop.desk.stop()


def test_agreement_is_what_people_did(shop: Shop) -> None:
    """Through the worker, the helpdesk's API and the tables: exactly the people's own count."""
    for number in range(60):
        shop.ask(f"c-{number}", TEXTS[number % len(TEXTS)])
    shop.agents.work(shop.clock.now_epoch_ms())
    shop.clock.advance(600)
    assert shop.read_back().outcome == "finished"
    found = to_agreement(shop.figures())
    assert (found.agreed.hits, found.overrides) == (shop.agents.kept.total(), shop.agents.moved.total())
    assert found.tickets == 60
    assert shop.agents.moved.total() > 2


def test_every_figure_of_the_report_is_in_the_tables(busy: Shop) -> None:
    """Recomputed from a scan of the audit trail by a script that shares no code."""
    told = {(line.figure, line.name): line for line in busy.report()}
    truth = recompute(busy.scan(2), [DAY], LATER, MEASURES)
    assert told.keys() == truth.keys()
    for key, line in told.items():
        near = [pytest.approx(one, rel=1e-12) if isinstance(one, float) else one for one in truth[key]]
        assert [line.value, line.hits, line.of, line.low, line.high] == near, key
    assert told["answered", ""].hits
    assert told["resolved_7d", ""].of
    assert told["agreement", ""].of == 60


def test_decisions_of_the_worker_come_out_the_same_from_their_rows(busy: Shop) -> None:
    """Rows as they are in the tables; outcomes beside them are left alone."""
    rows = [row for row in busy.days.load_rows(DAY) if "replay" in row]
    found = prove(rows, POLICY)
    assert (found.rows, found.rate, found.shown) == (68, 1.0, [])


def test_the_last_decisions_are_read_by_their_days(busy: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest, oldest first, and no more than asked for."""
    monkeypatch.setattr("rp_mw_ops.commands.replay.SystemClock", lambda: busy.clock)
    rows = [str(row["ts_action_id"]) for row in last_rows(busy.environment, 30)]
    everything = [str(row["ts_action_id"]) for row in busy.days.load_rows(DAY) if "replay" in row]
    assert rows == everything[-30:]


def test_an_outcome_costs_two_units_and_holds_no_word(busy: Shop) -> None:
    """Under 1 KB, as every item; only codes, counts and times, in the decision's day and gone with it."""
    rows = busy.scan(2)
    outcomes = [row for row in rows if row.get("kind") == "outcome"]
    ends = {row["conversation_id"]: row["expires_at"] for row in rows if "kind" not in row}
    assert len(outcomes) >= 68
    assert all(row["day"] == DAY for row in outcomes)
    assert {row["conversation_id"] for row in outcomes} == ends.keys()
    assert all(row["expires_at"] <= ends[row["conversation_id"]] for row in outcomes)
    pages = busy.client.get_paginator("scan").paginate(TableName=busy.tables[2])
    assert max(item_bytes(item) for page in pages for item in page["Items"] if "kind" in item) < 512
    written = json.dumps(outcomes)
    for word in ("We have looked", "example.com", "Ana", "mug", "one more thing"):
        assert word not in written


def test_reading_again_what_says_nothing_new_writes_only_that_it_was_read(shop: Shop) -> None:
    """A tag that means nothing changes the version: one read of the rows, the mark, and where the look ended."""
    shop.ask("c-1", TEXTS[0])
    shop.agents.work(shop.clock.now_epoch_ms())
    shop.clock.advance(600)
    counter = CallCounter(shop.client)
    shop.read_back()
    first = dict(counter.calls)
    counter.reset()
    shop.clock.advance(60)
    ticket = shop.store.tickets["c-1"]
    ticket.tags.append("vip")
    ticket.updated_at_epoch_ms = shop.clock.now_epoch_ms()
    found = shop.read_back()
    assert (found.read, found.written) == (1, 0)
    assert first == {"GetItem": 1, "BatchGetItem": 2, "Query": 1, "BatchExecuteStatement": 1, "UpdateItem": 2}
    assert dict(counter.calls) == {"GetItem": 1, "BatchGetItem": 2, "Query": 1, "UpdateItem": 2}


def test_the_same_outcome_twice_is_there_once(shop: Shop) -> None:
    """A look that dies after its write, or whose answer is lost, changes nothing the second time."""
    shop.ask("c-1", TEXTS[0])
    shop.agents.work(shop.clock.now_epoch_ms())
    shop.read_back()
    outcome = next(row for row in shop.scan(2) if row.get("kind") == "outcome")
    shop.outcomes.add([outcome, outcome | {"agreement": "moved"}])
    assert [row for row in shop.scan(2) if row.get("kind") == "outcome"] == [outcome]


def test_a_ticket_that_is_gone_is_told_as_gone(shop: Shop) -> None:
    """Deleted between the list and the read, or merged into another."""
    shop.ask("c-1", TEXTS[0])
    shop.agents.work(shop.clock.now_epoch_ms())
    reader = shop.reader()
    kept = shop.store.tickets["c-1"]
    ticket = reader.tickets.load_closed_tickets(1, 0).tickets[0]
    del shop.store.tickets["c-1"]
    closed = reader.tickets.load_closed_ticket(ticket.conversation_id)
    assert closed is not None
    assert closed.end.value == "gone"
    shop.store.tickets["c-1"] = kept
    kept.status = "OPEN"
    assert reader.tickets.load_closed_ticket("c-1") is None


def test_what_is_forgotten_leaves_neither_outcome_nor_mark(shop: Shop) -> None:
    """All that is kept under the conversation's id goes."""
    shop.ask("c-1", TEXTS[0])
    shop.agents.work(shop.clock.now_epoch_ms())
    shop.read_back()
    target = Target(shop.environment.topology, shop.environment.client)
    for queue in shop.environment.topology.queues.values():
        ensure_queue(target, queue, ensure_key(target))
    erase(shop.environment, find_traces(shop.environment, ["c-1"], salt="salt"))
    assert shop.scan(2) == []
    assert [item for item in shop.scan(1) if "c-1" in str(item["conversation_id"])] == []


def test_how_far_reading_came_is_kept(shop: Shop) -> None:
    """As it was saved; None before."""
    assert shop.outcomes.load_progress() is None
    progress = ReadProgress(NOON, 3, NOON + 1, is_second=True)
    shop.outcomes.save_progress(progress)
    assert shop.outcomes.load_progress() == progress
