"""Bursts for several workers at the documented budget, in simulated time: the real batch, limiter and counts of runs.

Each worker is a process of its own: it takes a batch, and a new one takes its place now and then, as environments are
recycled. An event makes its calls one after the other. The vendor refuses what is beyond 50 in any 30 s.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import quantiles

from rp_mw_shared.budget.book import BudgetTerms
from rp_mw_shared.budget.limiter import BudgetLimiter
from rp_mw_shared.budget.store import BudgetStore, DynamoDBBudget, MemoryBudget
from rp_mw_shared.clients.richpanel_budget import CALLS_OF_ONE_EVENT, CALLS_TO_BEGIN
from rp_mw_shared.clock import find_deadline, until
from rp_mw_shared.errors import PermanentError, TransientError
from rp_mw_shared.observability import configure
from rp_mw_shared.sqs.batch import Counting, QueueRecord, process_fifo_batch
from rp_mw_shared.sqs.deliveries import DynamoDBDeliveries
from tests.fakes.virtual_time import VirtualTime
from tests.faults.memory_dynamodb import MemoryDynamoDB
from tests.faults.memory_sqs import MemoryQueue, Message, as_lambda_event
from tests.faults.printing import say

BUDGET, WINDOW_SECONDS = 50, 30.0
TIMEOUT_SECONDS, LEAST_SECONDS, RESERVE_SECONDS, CALL_SECONDS = 60, 15, 4, 0.25
# Calls of an event in the mix of the demo: recorded only, routed, answered, an order's two events.
MIX = (1, 2, 2, 2, 4, 4, 5)
NEW_PROCESS_EVERY_SECONDS = 40.0


@dataclass
class Burst:
    """What a burst led to. `calls` holds the moments (s) at which calls left, `ended` those at which events ended."""

    workers: int
    kind: str = "one book"
    batch_size: int = 5
    seed: int = 1
    calls: list[float] = field(default_factory=list)
    ended: dict[str, float] = field(default_factory=dict)
    order: dict[str, list[str]] = field(default_factory=dict)
    refused: int = 0
    doubled: int = 0
    dead: int = 0
    receives: int = 0
    billed_seconds: float = 0.0
    writes: int = 0

    @property
    def seconds(self) -> float:
        """When the last event ended."""
        return max(self.ended.values(), default=0.0)

    @property
    def needed_seconds(self) -> float:
        """The time that the calls need at the budget."""
        return len(self.calls) / BUDGET * WINDOW_SECONDS

    @property
    def most_in_a_window(self) -> int:
        """The most calls in any window."""
        moments = sorted(self.calls)
        return max(sum(start <= at < start + WINDOW_SECONDS for at in moments) for start in moments)


class _Scene:
    """The queue, the table and the vendor that all workers share."""

    def __init__(self, burst: Burst) -> None:
        self.burst = burst
        self.time = VirtualTime()
        self.chance = random.Random(burst.seed)
        self.table = MemoryDynamoDB({"a": ("event_id",)}, lambda *_: self._count_write())
        self.dlq = MemoryQueue("dlq", self.time)
        self.queue = MemoryQueue("events", self.time, 6 * TIMEOUT_SECONDS, self.dlq, 1_000)
        self.needs: dict[str, int] = {}
        self.open = 0
        self.left = 0

    def _count_write(self) -> None:
        self.burst.writes += 1

    def send(self, number: int, group: str) -> None:
        """Queue one event."""
        self.queue.send(f"event-{number}", group, f"event-{number}")
        self.needs[f"event-{number}"] = self.chance.choice(MIX)
        self.open += 1

    def call_vendor(self) -> None:
        """Make one call, refused when the budget is used up."""
        now = self.time.monotonic()
        if sum(now - WINDOW_SECONDS < at for at in self.burst.calls) >= BUDGET:
            self.burst.refused += 1
        self.burst.calls.append(now)
        self.time.sleep(CALL_SECONDS)

    def store(self) -> BudgetStore:
        """Return the book, all processes' or, with fixed shares, a new process's own."""
        if self.burst.kind == "one book":
            return DynamoDBBudget(self.table, "a", "richpanel", self.time)
        return MemoryBudget()

    def terms(self) -> BudgetTerms:
        """Return the budget, or this worker's share of it."""
        share = BUDGET if self.burst.kind == "one book" else BUDGET // self.burst.workers
        return BudgetTerms("richpanel", share, least=min(share, CALLS_OF_ONE_EVENT))


class _Process:
    """One worker's environment."""

    def __init__(self, scene: _Scene) -> None:
        self.scene = scene
        self.limiter = BudgetLimiter(scene.time, scene.store(), scene.terms())
        self.counting = Counting(
            DynamoDBDeliveries(scene.table, "a", scene.time), lambda record: scene.queue.delete(record.receipt_handle)
        )

    def run(self, batch: list[Message]) -> None:
        """Run one batch as Lambda does."""
        scene, started = self.scene, self.scene.time.monotonic()

        def remaining_ms() -> int:
            return round((started + TIMEOUT_SECONDS - scene.time.monotonic()) * 1000)

        def admit(record: QueueRecord) -> None:
            calls = CALLS_OF_ONE_EVENT if record.waits else CALLS_TO_BEGIN
            spare = remaining_ms() / 1000 - LEAST_SECONDS
            self.limiter.reserve(calls, scene.time.monotonic() + spare)

        def handle(record: QueueRecord) -> None:
            with until(scene.time.monotonic() + remaining_ms() / 1000 - RESERVE_SECONDS):
                self._handle(record)

        answer = process_fifo_batch(
            as_lambda_event(batch),
            handle,
            on_permanent=self._bury,
            remaining_ms=remaining_ms,
            change_visibility=scene.queue.change_visibility,
            reserve_ms=LEAST_SECONDS * 1000,
            admit=admit,
            counting=self.counting,
        )
        returned = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        for message in batch:
            if message.id not in returned:
                scene.queue.delete(message.receipt)
        scene.burst.billed_seconds += scene.time.monotonic() - started

    def _handle(self, record: QueueRecord) -> None:
        """Make the calls that are left of an event; a call that was made is not made again."""
        burst, deadline = self.scene.burst, find_deadline()
        assert deadline is not None
        if record.body in burst.ended:
            burst.doubled += 1
        while self.scene.needs[record.body]:
            self.limiter.acquire(deadline - 5)
            if self.scene.time.monotonic() >= deadline:
                raise TransientError("too late", code="out_of_time")
            self.scene.call_vendor()
            self.scene.needs[record.body] -= 1
        burst.ended[record.body] = self.scene.time.monotonic()
        burst.order.setdefault(record.group_id, []).append(record.body)
        self.scene.open -= 1

    def _bury(self, record: QueueRecord, error: PermanentError) -> None:
        self.scene.burst.dead += 1
        self.scene.open -= 1
        say(f"    dead: {record.body} {error.code} after {record.receive_count} receives")


def _work(scene: _Scene, offset: float) -> Callable[[], None]:
    def loop() -> None:
        process, since = _Process(scene), scene.time.monotonic()
        scene.time.sleep(offset)
        while scene.open or scene.left:
            batch = scene.queue.receive(scene.burst.batch_size)
            if not batch:
                scene.time.sleep(0.5)
                continue
            scene.burst.receives += len(batch)
            process.run(batch)
            if scene.time.monotonic() - since > NEW_PROCESS_EVERY_SECONDS:
                process, since = _Process(scene), scene.time.monotonic()

    return loop


def run_burst(webhooks: int, workers: int = 4, per_conversation: int = 1, kind: str = "one book") -> Burst:
    """Queue all at once and let the workers run until nothing is left."""
    burst = Burst(workers, kind)
    scene = _Scene(burst)
    for number in range(webhooks):
        scene.send(number, f"c{number // per_conversation}")
    configure(service="worker", env="faults", strict=True, write=lambda line: None)
    scene.time.run([_work(scene, number / 10) for number in range(workers)])
    return burst


def run_steady(per_hour: int, hours: float, workers: int = 4, together: int = 3) -> list[float]:
    """Queue `per_hour` events, `together` at a time, at random; return how long (s) each was under way."""
    burst = Burst(workers)
    scene = _Scene(burst)
    scene.left = round(per_hour * hours)
    sent: dict[str, float] = {}

    def arrive() -> None:
        while scene.left:
            for _ in range(together):
                number = len(sent)
                scene.send(number, f"c{number}")
                sent[f"event-{number}"] = scene.time.monotonic()
                scene.left = max(0, scene.left - 1)
            scene.time.sleep(scene.chance.expovariate(per_hour / 3600 / together))

    configure(service="worker", env="faults", strict=True, write=lambda line: None)
    scene.time.run([arrive, *(_work(scene, number / 10) for number in range(workers))])
    return [burst.ended[name] - at for name, at in sent.items()]


def is_in_order(burst: Burst) -> bool:
    """Whether every conversation's events ended in the order in which they were sent."""
    return all(names == sorted(names, key=lambda name: int(name[6:])) for names in burst.order.values())


def main() -> int:
    """Print every burst; 0 when nothing died, was doubled or left its order."""
    parser = argparse.ArgumentParser(description="Bursts at the documented budget, in simulated time.")
    parser.add_argument("--kind", choices=("one book", "fixed shares"), default="one book")
    parser.add_argument("--workers", type=int, default=4)
    arguments = parser.parse_args()
    failed = 0
    for webhooks in (1, 25, 100, 400):
        burst = run_burst(webhooks, arguments.workers, 1 if webhooks < 100 else 3, arguments.kind)
        failed += burst.dead + burst.doubled + (not is_in_order(burst)) + burst.refused
        say(
            f"{arguments.kind}, {arguments.workers} workers, {webhooks:3} webhooks: {burst.seconds:6.1f} s, "
            f"{burst.seconds / burst.needed_seconds:.2f} x what {len(burst.calls)} calls need; dead {burst.dead}, "
            f"doubled {burst.doubled}, in order {is_in_order(burst)}, refused {burst.refused}, "
            f"most in 30 s {burst.most_in_a_window}, {burst.receives / webhooks:.1f} receives and "
            f"{burst.writes / webhooks:.2f} writes an event, {burst.billed_seconds / webhooks:.1f} s billed an event"
        )
    if arguments.kind == "one book":
        ages = run_steady(860, 2, arguments.workers)
        say(f"860 an hour in bursts of three: p95 {quantiles(ages, n=20)[-1]:.1f} s, most {max(ages):.1f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
