"""Four noisy conversations beside quiet ones, for four workers at the documented budget, in simulated time.

The real worker with its real steps and the real book of calls; the helpdesk answers a call in a quarter of a second.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from statistics import quantiles
from typing import Any

from rp_mw_shared.budget.book import BudgetTerms
from rp_mw_shared.budget.limiter import BudgetLimiter
from rp_mw_shared.budget.store import MemoryBudget
from rp_mw_shared.clock import find_deadline
from rp_mw_shared.messages.serialization import group_id, to_json
from rp_mw_shared.observability import configure
from rp_mw_shared.sqs.batch import Counting, QueueRecord
from rp_mw_shared.sqs.deliveries import DynamoDBDeliveries
from rp_mw_worker.adapters.marks_dynamodb import DynamoDBMarks
from rp_mw_worker.dependencies import Dependencies
from rp_mw_worker.process import Worker
from tests.fakes.boundaries import at_boundaries
from tests.fakes.helpdesk import FakeHelpdesk, read_body
from tests.fakes.virtual_time import VirtualTime
from tests.fakes.worker_world import World
from tests.faults.memory_dynamodb import MemoryDynamoDB
from tests.faults.memory_sqs import MemoryQueue, as_lambda_event
from tests.faults.printing import say

WORKERS, BATCH_SIZE, TIMEOUT_SECONDS, CALL_SECONDS = 4, 5, 60, 0.25
SECONDS_BETWEEN_QUIET = 6.0  # 600 an hour, more than today's peak; each needs four calls
QUIET_TEXT = "I would like to return the blue mug that came last week please"


@dataclass
class Flood:
    """What it led to: how long (s) the quiet conversations' events took, and how often the helpdesk was asked."""

    quiet_seconds: list[float] = field(default_factory=list)
    calls: int = 0
    dead: int = 0
    unhandled: int = 0
    seconds: float = 0.0

    @property
    def p95_seconds(self) -> float:
        """The 95th percentile of the quiet ones."""
        return quantiles(self.quiet_seconds, n=20)[-1]


class _Scene:
    def __init__(self) -> None:
        self.flood = Flood()
        self.time = VirtualTime(1_795_016_400_000)
        self.world = World()
        self.world.helpdesk = FakeHelpdesk(self.time.now_epoch_ms, read_body)
        self.tables = MemoryDynamoDB({"a": ("event_id",), "b": ("conversation_id",)})
        self.queue = MemoryQueue("events", self.time, 6 * TIMEOUT_SECONDS, MemoryQueue("dlq", self.time), 1_000)
        self.budget = MemoryBudget()
        self.sent: dict[str, float] = {}
        self.is_arriving = True

    def worker(self) -> Worker:
        """Return a new process."""
        marks = DynamoDBMarks(self.tables, "b", self.time)
        limiter = BudgetLimiter(self.time, self.budget, BudgetTerms("richpanel", 50, least=12))

        def hook(when: str, point: str) -> None:
            if when == "before" and point.startswith("helpdesk."):
                limiter.acquire((find_deadline() or self.time.monotonic()) - 5)
                self.time.sleep(CALL_SECONDS)
                self.flood.calls += 1

        owners = (f"owner-{number}" for number in itertools.count(1))
        deps: Dependencies = replace(
            self.world.deps,
            helpdesk=self.world.helpdesk,
            clock=self.time,
            read_marks=marks,
            sweep_marks=marks,
            new_owner=lambda: f"{id(limiter)}-{next(owners)}",
            budget=limiter,
        )
        return Worker(
            at_boundaries(deps, hook),
            on_permanent=self._bury,
            change_visibility=self.queue.change_visibility,
            counting=Counting(DynamoDBDeliveries(self.tables, "a", self.time), self._delete),
        )

    def _bury(self, record: QueueRecord, error: Any) -> None:
        del record, error
        self.flood.dead += 1

    def _delete(self, record: QueueRecord) -> None:
        self._note_end(record.message_id)
        self.queue.delete(record.receipt_handle)

    def _note_end(self, message_id: str) -> None:
        at = self.sent.pop(message_id, None)
        if at is not None:
            self.flood.quiet_seconds.append(self.time.monotonic() - at)

    def arrive(self, noisy: int, per_conversation: int, quiet: int) -> None:
        """Let the noisy ones write at once, each message with a webhook that names none; the quiet ones in turn."""
        for number in range(per_conversation):
            for one in range(noisy):
                self.world.helpdesk.customer_writes(f"n{one}", f"hello number {number}, anybody", channel="livechat")
                self._send(f"n{one}", None, number)
            self.time.sleep(0.05)
        for number in range(quiet):
            name = f"q{number}"
            message = self.world.helpdesk.customer_writes(name, QUIET_TEXT, channel="livechat", email=f"{name}@x.test")
            self.sent[self._send(name, message, number)] = self.time.monotonic()
            self.time.sleep(SECONDS_BETWEEN_QUIET)
        self.is_arriving = False

    def _send(self, conversation: str, message: str | None, number: int) -> str:
        event = self.world.event(conversation, message, received_at_epoch_ms=self.time.now_epoch_ms())
        return self.queue.send(to_json(event), group_id(conversation), f"{conversation}-{number}-{message}")

    def work(self, offset: float) -> Callable[[], None]:
        """Return one worker's loop."""

        def loop() -> None:
            worker = self.worker()
            self.time.sleep(offset)
            while self.is_arriving or self.queue.messages:
                batch = self.queue.receive(BATCH_SIZE)
                if not batch:
                    self.time.sleep(0.1)
                    continue
                ends_at = self.time.monotonic() + TIMEOUT_SECONDS
                left_ms = lambda ends_at=ends_at: round((ends_at - self.time.monotonic()) * 1000)  # noqa: E731
                answer = worker.handle(as_lambda_event(batch), left_ms)
                returned = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
                for message in batch:
                    if message.id not in returned:
                        self._note_end(message.id)
                        self.queue.delete(message.receipt)

        return loop


def run_flood(noisy: int = 4, per_conversation: int = 60, quiet: int = 30) -> Flood:
    """Let them all write and the workers run until nothing is left."""
    scene = _Scene()
    configure(service="worker", env="faults", strict=True, write=lambda line: None)
    loops = [scene.work(number / 10) for number in range(WORKERS)]
    scene.time.run([lambda: scene.arrive(noisy, per_conversation, quiet), *loops])
    flood, states = scene.flood, scene.world.records.states
    flood.seconds = scene.time.monotonic()
    for name, ticket in scene.world.helpdesk.store.tickets.items():
        last = [comment.id for comment in ticket.comments if comment.is_operator is False][-1]
        flood.unhandled += states.get(name, {}).get("last_message_id") != last
    return flood


def main() -> int:
    """Print the quiet conversations' times alone and beside four noisy ones."""
    for noisy in (0, 4):
        flood = run_flood(noisy)
        say(
            f"{noisy} noisy conversations of 60 webhooks: the others' p95 {flood.p95_seconds:.1f} s, "
            f"most {max(flood.quiet_seconds):.1f} s; {flood.calls} calls, dead {flood.dead}, "
            f"unhandled {flood.unhandled}, {flood.seconds:.0f} s in all"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
