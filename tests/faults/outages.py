"""Ten minutes without each vendor, in simulated time: nothing lost, no storm, recovery without a hand.

Each outage begins while customers keep writing, lasts ten minutes, and ends by itself. What is shown: how often the
vendor was called in each minute, and what became of every message.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from rp_mw_shared.budget.book import BudgetTerms
from rp_mw_shared.budget.limiter import BudgetLimiter
from rp_mw_shared.budget.store import MemoryBudget
from rp_mw_shared.clock import FakeClock
from rp_mw_shared.errors import TransientError
from tests.faults.outside import inside, installed
from tests.faults.printing import say
from tests.faults.rules import broken_rules
from tests.faults.stories import ORDER_TEXT, RETURN_TEXT, Story, order, webhook, write
from tests.faults.switchboard import Action, Call, Kind, Switchboard
from tests.faults.world import World

OUTAGE_SECONDS = 600
CUSTOMERS, SECONDS_BETWEEN = 20, 20
# What the vendor may be asked per minute at most while it does not answer: its documented budget.
MOST_PER_MINUTE = {"richpanel": 100, "shopify": 60, "openai": 60}
KINDS = {"all 5xx": Action.ERROR, "all timeouts": Action.LOSE, "all 429": Action.THROTTLE}
VENDORS = ("richpanel", "shopify", "openai")


@dataclass(frozen=True, slots=True)
class Outage:
    """One vendor, one kind of failure, and what it led to."""

    vendor: str
    kind: str
    problems: list[str]
    per_minute: list[int]
    replies: int
    processed: int
    dead: int
    last_done_seconds: float = field(default=0.0)


def run_outage(vendor: str, kind: str) -> Outage:
    """Let customers write through a ten-minute outage of the vendor, inside `outside.installed()`."""
    random.seed(7)
    action, board = KINDS[kind], Switchboard()
    world = World(board)
    world.witness.proof_after_ms = 30_000
    world.flags["classifier"] = "openai" if vendor == "openai" else "embedded"
    begins, ends = world.now() + 60, world.now() + 60 + OUTAGE_SECONDS

    def strike(call: Call, number: int) -> Action | None:
        del number
        if call.service == vendor and begins <= world.now() < ends:
            minute = int((world.now() - begins) // 60)
            asked[minute] = asked.get(minute, 0) + 1
            # a reply whose answer is lost had no effect here: effects without an answer are the single faults' matter
            return Action.VANISH if action is Action.LOSE and call.kind is Kind.ONCE else action
        return None

    asked: dict[int, int] = {}
    board.choose = strike
    with inside(world):
        for number in range(CUSTOMERS):
            _customer(world, f"c{number}", number)
            _run_until(world, world.now() + SECONDS_BETWEEN)
        world.settle(2000)
        problems = _problems(world, asked, vendor)
    tickets = world.richpanel.store.tickets.values()
    return Outage(
        vendor,
        kind,
        problems,
        [asked.get(minute, 0) for minute in range(OUTAGE_SECONDS // 60)],
        sum(one.reached_customer for one in world.richpanel.store.deliveries),
        sum("mw-processed" in ticket.tags for ticket in tickets),
        len(world.events_dlq.messages),
        world.now() - ends,
    )


def _customer(world: World, conversation_id: str, number: int) -> None:
    """Every second customer asks for an order, so that the shop is needed."""
    if number % 2:
        webhook(world, conversation_id, write(world, conversation_id, RETURN_TEXT))
        return
    order(world, f"3{number:03d}", f"{conversation_id}@example.com")
    linked = f"5553{number:03d}"
    webhook(world, conversation_id, write(world, conversation_id, ORDER_TEXT, linked_order_id=linked, channel="email"))


def _run_until(world: World, end: float) -> None:
    """Let the functions work until that moment, and no longer wait for anything than that."""
    while world.now() < end:
        if not world.deliver_once():
            world.clock.advance(1.0)


def _problems(world: World, asked: dict[int, int], vendor: str) -> list[str]:
    limits = {f"c{number}": 1 for number in range(CUSTOMERS)}
    story = Story("outage", _nothing, limits)
    problems = [problem for problem in broken_rules(world, story) if not problem.startswith("marks")]
    most = max(asked.values(), default=0)
    if most > MOST_PER_MINUTE[vendor]:
        problems.append(f"storm: {most} calls in one minute")
    waiting = [ticket.id for ticket in world.richpanel.store.tickets.values() if "mw-processed" not in ticket.tags]
    problems += [f"recovery: {conversation} was not processed" for conversation in waiting]
    return problems


def _nothing(world: World) -> Iterator[None]:
    del world
    yield


def shared_budget(workers: int, seconds: int = 300, budget: int = 50, window: float = 30.0) -> int:
    """Let that many greedy workers share a budget; return the most requests seen in any window."""
    clock = FakeClock()
    store, terms = MemoryBudget(), BudgetTerms("richpanel", budget, round(window * 1000))
    limiters = [BudgetLimiter(clock, store, terms) for _ in range(workers)]
    sent: list[float] = []
    end = clock.monotonic() + seconds
    while clock.monotonic() < end:
        for limiter in limiters:
            _take_all(limiter, clock, sent)
        clock.advance(0.25)
    return max(sum(start <= at < start + window for at in sent) for start in sent)


def _take_all(limiter: BudgetLimiter, clock: FakeClock, sent: list[float]) -> None:
    """Send whatever the limiter lets through at once."""
    while True:
        try:
            limiter.acquire(clock.monotonic())
        except TransientError:
            return
        sent.append(clock.monotonic())


def outages() -> int:
    """Run every outage and print what became of it; 0 when nothing was lost and nothing stormed."""
    failed = 0
    with installed():
        for vendor in VENDORS:
            for kind in KINDS:
                failed += _show(run_outage(vendor, kind))
    for workers in (1, 2, 5, 10, 25, 50):
        most = shared_budget(workers)
        say(f"{workers:3} workers share 50 requests / 30 s: at most {most} in any 30 s")
        failed += most > 50
    return 1 if failed else 0


def _show(outage: Outage) -> int:
    say(
        f"{outage.vendor:10} {outage.kind:13} calls per minute {outage.per_minute}  "
        f"processed {outage.processed}/{CUSTOMERS}  replies {outage.replies}  DLQ {outage.dead}  "
        f"all done {outage.last_done_seconds:.0f} s after its end"
    )
    for problem in outage.problems:
        say(f"    {problem}")
    return bool(outage.problems)
