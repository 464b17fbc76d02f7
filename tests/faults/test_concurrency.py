"""Two runs at once, late sleepers, skewed clocks: who may write, on the tables themselves."""

from __future__ import annotations

import multiprocessing
import random
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from rp_mw_local.emulator import Emulator
from rp_mw_shared.clock import FakeClock
from rp_mw_shared.idempotency.dynamodb import DynamoDBLedger
from rp_mw_shared.idempotency.ledger import (
    ActionStatus,
    Claimed,
    EventStatus,
    LeaseHeld,
    LeaseLostError,
)
from rp_mw_worker.adapters.records_dynamodb import DynamoDBRecords
from tests.fakes.boundaries import at_boundaries
from tests.fakes.recording import recording
from tests.fakes.worker_tables import create_worker_tables
from tests.fakes.worker_world import World
from tests.faults.memory_dynamodb import MemoryDynamoDB

NOW = 1_795_000_000_000
LEASE_MS = 65_000
FUNCTION_TIMEOUT_MS = 60_000
RETURN_TEXT = "I would like to return the blue mug that came last week please"
THREADS = 8
NEVER = 1_000_000
Tables = tuple[Any, tuple[str, str, str]]


@pytest.fixture(params=["memory", pytest.param("emulator", marks=pytest.mark.emulator)])
def tables(request: pytest.FixtureRequest) -> Tables:
    """A DynamoDB client of each engine with the worker's three tables, and their names."""
    mark = uuid.uuid4().hex[:12]
    names = (f"a_{mark}", f"b_{mark}", f"c_{mark}")
    if request.param == "memory":
        keys = (("event_id",), ("conversation_id",), ("conversation_id", "ts_action_id"))
        return MemoryDynamoDB(dict(zip(names, keys, strict=True))), names
    aws: Callable[[str], Any] = request.getfixturevalue("aws")
    client = aws("dynamodb")
    create_worker_tables(client, names)
    return client, names


@pytest.fixture(autouse=True)
def recorded() -> Iterator[None]:
    """Log lines are kept, not printed."""
    with recording():
        yield


@pytest.fixture
def ledger(tables: Tables) -> DynamoDBLedger:
    """The ledger on those tables."""
    return DynamoDBLedger(tables[0], tables[1][0])


def claim(ledger: DynamoDBLedger, owner: str, now: int) -> Any:
    """Claim the one event of these tests."""
    return ledger.claim(
        "e", owner=owner, lease_ms=LEASE_MS, mode="live", fingerprint="f", plan={"by": owner}, now=now, trace_id="t"
    )


def test_a_run_that_wakes_up_late_cannot_complete_what_another_one_has(ledger: DynamoDBLedger) -> None:
    """The lease was taken over and the second run is at work: the first one's last write is refused."""
    claim(ledger, "first", NOW)
    assert isinstance(claim(ledger, "second", NOW + LEASE_MS), Claimed)
    with pytest.raises(LeaseLostError):
        ledger.complete("e", owner="first", result={}, now=NOW + LEASE_MS + 1)
    record = ledger.load("e")
    assert record is not None
    assert (record.status, record.owner, record.plan) == (EventStatus.CLAIMED, "second", {"by": "first"})


def test_a_run_that_wakes_up_late_cannot_settle_a_reply_another_one_began(ledger: DynamoDBLedger) -> None:
    """The second run began the reply again after proof: the first one may not say how it ended."""
    ledger.begin_action("act:rp_reply:c:m", owner="first", body_digest="d", now=NOW)
    prior = ledger.load_action("act:rp_reply:c:m")
    ledger.begin_action("act:rp_reply:c:m", owner="second", body_digest="d", now=NOW + 1, proven_absent=prior)
    with pytest.raises(LeaseLostError):
        ledger.finish_action("act:rp_reply:c:m", owner="first", status=ActionStatus.PLANNED, now=NOW + 2)
    kept = ledger.load_action("act:rp_reply:c:m")
    assert kept is not None
    assert (kept.status, kept.owner, kept.attempts) == (ActionStatus.ATTEMPTING, "second", 2)


@pytest.mark.parametrize("skew_ms", [-4_000, 0, 4_000])
def test_a_clock_some_seconds_off_takes_nothing_from_a_live_run(ledger: DynamoDBLedger, skew_ms: int) -> None:
    """The lease outlives the function by five seconds: a clock that is ahead by less still meets the lease."""
    claim(ledger, "first", NOW)
    last_moment = NOW + FUNCTION_TIMEOUT_MS
    assert isinstance(claim(ledger, "second", last_moment + skew_ms), LeaseHeld)


def test_of_many_threads_one_takes_an_event(ledger: DynamoDBLedger) -> None:
    """Eight claims at once: one is at work, seven are told until when."""
    with ThreadPoolExecutor(THREADS) as pool:
        outcomes = list(pool.map(lambda number: claim(ledger, f"o{number}", NOW), range(THREADS)))
    assert sum(isinstance(outcome, Claimed) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, LeaseHeld) for outcome in outcomes) == THREADS - 1


def world_on(tables: Tables) -> World:
    """The worker's world on these tables."""
    world = World()
    client, names = tables
    records = DynamoDBRecords(client, FakeClock(), event_table=names[0], state_table=names[1], audit_table=names[2])
    world.deps = replace(world.deps, records=records)
    return world


def deliver_all(world: World, messages: list[Any]) -> None:
    """Deliver each message in a thread of its own with a process of its own, again and again, until none comes back."""
    left = messages
    for delivery in range(1, 12):
        workers = [world.new_worker(world.deps) for _ in left]
        with ThreadPoolExecutor(len(left)) as pool:
            counts = list(
                pool.map(lambda pair: world.deliver(pair[0], worker=pair[1]), zip(left, workers, strict=True))
            )
        left = [message for message, count in zip(left, counts, strict=True) if count]
        if not left:
            return
        world.clock.advance(LEASE_MS / 1000 * delivery)
        random.shuffle(left)
    raise AssertionError("messages keep coming back")


def test_one_event_in_many_threads_is_answered_once(tables: Tables) -> None:
    """The same delivery to eight workers at once: one reply, one state, one audit row of the run that acted."""
    world = world_on(tables)
    message_id = world.helpdesk.customer_writes("c1", RETURN_TEXT, channel="livechat")
    deliver_all(world, [world.event("c1", message_id)] * THREADS)
    assert len(world.helpdesk.replies("c1")) == 1
    state = world.deps.records.load("none", "c1", None, NOW).state
    assert (state.version, state.last_message_id) == (1, message_id)


def test_many_threads_on_one_conversation_leave_it_at_its_last_message(tables: Tables) -> None:
    """Five messages handled at once in any order: the state never goes back, and never more replies than allowed."""
    world = world_on(tables)
    messages, written = [], []
    for number in range(5):
        written.append(world.helpdesk.customer_writes("c1", f"{RETURN_TEXT}, number {number}", channel="livechat"))
        messages.append(world.event("c1", written[-1]))
        world.clock.advance(1)
    deliver_all(world, messages)
    state = world.deps.records.load("none", "c1", None, NOW).state
    assert state.last_message_id == written[-1]
    assert len(world.helpdesk.replies("c1")) <= 1
    assert "mw-processed" in world.tags("c1")


def test_a_sleeper_before_any_boundary_leaves_the_second_run_s_end(tables: Tables) -> None:
    """The first run sleeps past its lease before each boundary in turn: the second one's end stands, one reply."""
    boundaries = sleep_at_boundary(world_on(tables), NEVER)
    assert boundaries >= 10
    for number in range(boundaries):
        assert sleep_at_boundary(world_on(tables), number) > number


def sleep_at_boundary(world: World, number: int) -> int:
    """Let the first run sleep at its boundary of that number; return how many boundaries it crossed."""
    conversation = f"c{number}"
    crossed: list[str] = []
    email = f"{conversation}@example.com"
    message_id = world.helpdesk.customer_writes(conversation, RETURN_TEXT, channel="livechat", email=email)
    event = world.event(conversation, message_id, customer_email=email)

    def sleep_at(when: str, point: str) -> None:
        crossed.append(point)
        # a request that waits in the network longer than the proof's wait is beyond anybody's control
        if len(crossed) == number + 1 and (when, point) != ("before", "helpdesk.send_reply"):
            world.clock.advance(LEASE_MS / 1000 + 1)
            world.deliver(event, worker=world.new_worker(world.deps))

    world.deliver(event, worker=world.new_worker(at_boundaries(world.deps, sleep_at)))
    deliver_all(world, [event])
    assert len(world.helpdesk.replies(conversation)) == 1, (number, crossed[-1])
    return len(crossed)


def claim_many(endpoint: str, keys: tuple[str, str], table: str, owner: str, count: int) -> int:
    """In a process of its own: try to claim every event, return how many were taken."""
    import boto3

    client = boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=keys[0],
        aws_secret_access_key=keys[1],
    )
    ledger = DynamoDBLedger(client, table)
    taken = 0
    for number in range(count):
        outcome = ledger.claim(
            f"e{number}", owner=f"{owner}-{number}", lease_ms=LEASE_MS, mode="live", fingerprint="f", plan=None, now=NOW
        )
        taken += isinstance(outcome, Claimed)
    return taken


@pytest.mark.emulator
def test_of_many_processes_one_takes_each_event(emulator: Emulator) -> None:
    """Three processes race for thirty events: thirty claims succeed in all."""
    mark = uuid.uuid4().hex[:12]
    names = (f"a_{mark}", f"b_{mark}", f"c_{mark}")
    create_worker_tables(emulator.client("dynamodb"), names)
    keys = (emulator.access_key_id, emulator.secret_access_key)
    arguments = [(emulator.endpoint_url, keys, names[0], f"process-{number}", 30) for number in range(3)]
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        assert sum(pool.starmap(claim_many, arguments)) == 30
