"""The model of the worker's queue: FIFO groups, batches, deliveries, a budget that is shared or split, and waits.

    receive <= batch_size, groups in flight left out ── records in turn ── each call asks the budget
                                                            │
      the wait ends within the function's time: wait inside ┤
      it does not: back to the queue until the window opens ┴ counted as a failure only where waits are failures

A batch's groups stay in flight until its last record is done. Not in the model: cold starts, failures, Lambda's pollers
that scale up over the first minutes, OpenAI's limits.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.load.crowd import FOLLOW_UP, MIX, ORDER, REPEAT, ROUTED, TIER_1

# Richpanel calls of each kind, counted one at a time by `make bench-quick`; a burst reads some messages with others
CALLS: Mapping[str, float] = {ORDER: 5, TIER_1: 4, ROUTED: 2, FOLLOW_UP: 2}
# an order question is two events: the first reads the ticket and asks the shop, the second answers
CALLS_BEFORE_LOOKUP = 1
CALLS_TO_BEGIN, CALLS_TO_ANSWER = 2, 4
RETRY_SECONDS = (10, 40, 160, 640)
Run = Generator[float | None, None, None]


@dataclass(frozen=True, slots=True)
class Load:
    """What arrives: events an hour, how many conversations share them, and how unevenly (0 = evenly, 1 = Zipf)."""

    events_per_hour: float
    conversations: int
    skew: float = 0.8
    hours: float = 1.0
    burst_factor: float = 3.0  # the middle tenth of the time gets this many times the rate of the rest


@dataclass(frozen=True, slots=True)
class System:
    """What serves it: `vendor_budget` calls in `vendor_window_seconds`, in a window that slides strictly.

    Source of 50 in 30 s: Richpanel API reference, rate limits. `slack_seconds` are what the book adds to a window: it
    counts in quarters of a second and rounds up. `seconds_a_call` is what an event takes for each call, the vendor's
    answer included. An event begins with `reserve_to_begin_seconds` of the function's time left; a call waits while
    `reserve_seconds` are left and no longer than `most_wait_seconds`. `has_shares`: each worker has budget /
    concurrency of its own, as up to record 0014.
    """

    concurrency: int = 4
    batch_size: int = 5
    vendor_budget: int = 50
    vendor_window_seconds: float = 30
    slack_seconds: float = 0.5
    calls: Mapping[str, float] = field(default_factory=lambda: CALLS)
    seconds_a_call: float = 0.3
    lookup_seconds: float = 1.5
    timeout_seconds: float = 60
    reserve_to_begin_seconds: float = 15
    reserve_seconds: float = 9
    most_wait_seconds: float = 60
    has_shares: bool = False
    are_waits_failures: bool = False
    memory_gb: float = 0.5
    usd_per_gb_second: float = 0.0000133334
    usd_per_event: float = 7.4e-6  # tables, queues, secrets: benchmarks/results/calls.json


@dataclass(frozen=True, slots=True)
class Arrival:
    """One event: when, in which conversation, of which kind."""

    second: float
    conversation: int
    kind: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """Seconds until final and queue age at the start of the last delivery; waits are returns to the queue."""

    events: int
    dead: int
    final_p50: float
    final_p95: float
    final_max: float
    age_p95: float
    waits: int
    receives_an_event: float
    ended_at: float
    worker_use: float
    budget_use: float
    usd_per_month: float


@dataclass(slots=True)
class Message:
    """One message in the queue; `legs` are the calls before and after a lookup."""

    arrived: float
    group: int
    legs: list[int]
    queued: float
    receives: int = 0
    is_returned: bool = False
    is_answer: bool = False


class Budget:
    """A strictly sliding window: any `window_seconds` hold at most `capacity` calls."""

    def __init__(self, capacity: int, window_seconds: float) -> None:
        self._capacity = max(1, capacity)
        self._window_seconds = window_seconds
        self._granted: deque[float] = deque(maxlen=self._capacity)
        self.on_take: Callable[[float], None] = lambda _: None

    def opening(self, now: float, calls: int = 1) -> float:
        """Return the second at which the next `calls` may be made."""
        over = len(self._granted) + calls - self._capacity
        return now if over <= 0 else max(now, self._granted[min(over, len(self._granted)) - 1] + self._window_seconds)

    def take(self, at: float) -> None:
        """Make a call at that second."""
        self._granted.append(at)
        self.on_take(at)


class Queue:
    """A FIFO queue: a group's messages one after the other, none while one of them is in flight or hidden."""

    def __init__(self) -> None:
        self._groups: dict[int, deque[Message]] = {}
        self._ready: list[tuple[float, int, int]] = []
        self._held: set[int] = set()
        self._number = itertools.count()

    def put(self, message: Message) -> None:
        """Add a message after its group's others."""
        waiting = self._groups.setdefault(message.group, deque())
        waiting.append(message)
        if len(waiting) == 1 and message.group not in self._held:
            self._offer(message.group)

    def receive(self, most: int) -> list[Message]:
        """Take up to `most` messages, the oldest first; their groups are in flight until `settle`."""
        taken: list[Message] = []
        while self._ready and len(taken) < most:
            _, _, group = heapq.heappop(self._ready)
            message = self._groups[group].popleft()
            message.receives += 1
            self._held.add(group)
            taken.append(message)
            self._offer(group)
        # what was offered after a message of this batch stays hidden with it
        self._ready = [entry for entry in self._ready if entry[2] not in self._held] if taken else self._ready
        heapq.heapify(self._ready)
        return taken

    def give_back(self, message: Message) -> None:
        """Put an undone message before its group's others; the group stays hidden until `settle`."""
        self._groups[message.group].appendleft(message)

    def settle(self, group: int) -> None:
        """Let a group be received again."""
        self._held.discard(group)
        self._offer(group)

    def _offer(self, group: int) -> None:
        waiting = self._groups[group]
        if waiting:
            heapq.heappush(self._ready, (waiting[0].queued, next(self._number), group))


class Simulation:
    """One run: what is due at which second, the workers as generators that say when to wake them."""

    def __init__(self, events: Sequence[Arrival], system: System) -> None:
        self.system = system
        self.now = 0.0
        self.queue = Queue()
        self.finals: list[float] = []
        self.ages: list[float] = []
        self.dead = self.waits = self.receives = self.calls = 0
        self.busy_seconds = 0.0
        share = system.vendor_budget // (system.concurrency if system.has_shares else 1)
        window_seconds = system.vendor_window_seconds + system.slack_seconds
        one = Budget(share, window_seconds)
        self.budgets = [Budget(share, window_seconds) if system.has_shares else one for _ in range(system.concurrency)]
        self._due: list[tuple[float, int, object]] = []
        self._number = itertools.count()
        self._idle: list[Run] = [self._work(budget) for budget in self.budgets]
        rounding = random.Random(1)
        for event in events:
            legs = _legs(event.kind, system, rounding)
            self._at(event.second, Message(event.second, event.conversation, legs, event.second))

    def run(self) -> None:
        """Until nothing is due."""
        while self._due:
            self.now, _, what = heapq.heappop(self._due)
            if isinstance(what, Message):
                what.queued = self.now
                self.queue.put(what)
                self._wake()
            elif isinstance(what, int):
                self.queue.settle(what)
                self._wake()
            else:
                self._resume(what)  # type: ignore[arg-type]

    def _at(self, second: float, what: object) -> None:
        heapq.heappush(self._due, (second, next(self._number), what))

    def _wake(self) -> None:
        if self._idle:
            self._resume(self._idle.pop())

    def _resume(self, worker: Run) -> None:
        wanted = next(worker)
        if wanted is None:
            self._idle.append(worker)
        else:
            self._at(wanted, worker)

    def _work(self, budget: Budget) -> Run:
        while True:
            batch = self.queue.receive(self.system.batch_size)
            if not batch:
                yield None
                continue
            self._wake()  # there may be more for another one
            started = self.now
            self.receives += len(batch)
            yield from self._handle(batch, budget, started + self.system.timeout_seconds)
            self.busy_seconds += self.now - started

    def _handle(self, batch: Sequence[Message], budget: Budget, ends_at: float) -> Run:
        hidden: dict[int, float] = {}
        returned: list[Message] = []
        for message in batch:
            if message.group not in hidden and (yield from self._carry_out(message, budget, ends_at)):
                continue
            opening = budget.opening(self.now)
            hidden.setdefault(message.group, max(self._delay(message, opening), hidden.get(message.group, 0.0)))
            returned.append(message)
        for message in reversed(returned):
            self._give_back(message)
        for group in {message.group for message in batch}:
            self._at(max(self.now, hidden.get(group, 0.0)), group)

    def _carry_out(self, message: Message, budget: Budget, ends_at: float) -> Generator[float | None, None, bool]:
        """Make the calls of the message's next leg; False when the budget opens too late for the function's time."""
        booked = self._calls_to_begin(message)
        opening = budget.opening(self.now, booked)
        if self._is_too_late(opening, ends_at - self.system.reserve_to_begin_seconds):
            return False
        for _ in range(booked):
            budget.take(opening)
        for number in range(message.legs[0]):
            if number >= booked:
                opening = budget.opening(self.now)
                if self._is_too_late(opening, ends_at - self.system.reserve_seconds):
                    return False
                budget.take(opening)
            self.calls += 1
            yield max(self.now, opening) + self.system.seconds_a_call
        message.legs.pop(0)
        if message.legs:
            message.is_returned, message.is_answer = False, True
            self._at(self.now + self.system.lookup_seconds, message)
        else:
            self.ages.append(self.now - message.queued)
            self.finals.append(self.now - message.arrived)
        return True

    def _calls_to_begin(self, message: Message) -> int:
        """One that was cut off before begins with all its calls booked, so that it comes to its end."""
        if self.system.has_shares:
            return 1
        booked = CALLS_TO_ANSWER if message.is_answer else CALLS_TO_BEGIN
        return message.legs[0] if message.is_returned else min(booked, message.legs[0])

    def _is_too_late(self, opening: float, latest: float) -> bool:
        return opening > min(latest, self.now + self.system.most_wait_seconds)

    def _delay(self, message: Message, opening: float) -> float:
        """When a returned message is visible again."""
        if not self.system.are_waits_failures or message.receives <= 1:
            return opening
        grown = RETRY_SECONDS[min(message.receives, len(RETRY_SECONDS)) - 1]
        return max(opening, self.now + grown)

    def _give_back(self, message: Message) -> None:
        self.waits += 1
        message.is_returned = True
        if self.system.are_waits_failures and message.receives > len(RETRY_SECONDS):
            self.dead += 1
        else:
            self.queue.give_back(message)


def arrivals(load: Load, seed: int = 1) -> list[Arrival]:
    """Return the events in order: a Poisson stream with one burst in the middle, kinds in the mix of the demo.

    Repeats are drawn and left out: the queue drops them.
    """
    rng = random.Random(seed)
    weights = [1 / (rank + 1) ** load.skew for rank in range(load.conversations)]
    total_seconds = load.hours * 3600
    base = load.events_per_hour / 3600 / (0.9 + 0.1 * load.burst_factor)
    peak = base * max(1.0, load.burst_factor)
    times, now = [], 0.0
    while (now := now + rng.expovariate(peak)) < total_seconds:
        is_burst = 0.45 <= now / total_seconds < 0.55
        if rng.random() * peak <= (base * load.burst_factor if is_burst else base):
            times.append(now)
    groups = rng.choices(range(load.conversations), weights, k=len(times))
    kinds = rng.choices(MIX, k=len(times))
    return [Arrival(*one) for one in zip(times, groups, kinds, strict=True) if one[2] != REPEAT]


def simulate(events: Sequence[Arrival], system: System, *, events_per_hour: float = 0.0) -> Outcome:
    """Return how the system fares with these events."""
    run = Simulation(events, system)
    run.run()
    ended = max(run.now, 0.001)
    finals, ages, count = sorted(run.finals), sorted(run.ages), max(1, len(run.finals))
    lambda_usd = run.busy_seconds / count * system.memory_gb * system.usd_per_gb_second
    return Outcome(
        events=len(run.finals),
        dead=run.dead,
        final_p50=_at_share(finals, 0.5),
        final_p95=_at_share(finals, 0.95),
        final_max=_at_share(finals, 1.0),
        age_p95=_at_share(ages, 0.95),
        waits=run.waits,
        receives_an_event=round(run.receives / count, 2),
        ended_at=round(ended, 1),
        worker_use=round(run.busy_seconds / (ended * system.concurrency), 3),
        budget_use=round(run.calls * system.vendor_window_seconds / (ended * system.vendor_budget), 3),
        usd_per_month=round(events_per_hour * 24 * 30 * (system.usd_per_event + lambda_usd), 2),
    )


def _legs(kind: str, system: System, rounding: random.Random) -> list[int]:
    """Whole calls whose mean is the kind's."""
    mean = system.calls[kind]
    calls = int(mean) + (rounding.random() < mean - int(mean))
    return [CALLS_BEFORE_LOOKUP, max(1, calls - CALLS_BEFORE_LOOKUP)] if kind == ORDER else [max(1, calls)]


def _at_share(ordered: Sequence[float], share: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1) if ordered else 0.0
