"""The measured runs on one system: bursts, a steady load, one message alone at each concurrency."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from benchmarks.load.builds import Build
from benchmarks.load.crowd import ORDER, Crowd, Posted, Webhook, plan
from benchmarks.load.tally import Tally, percentile, tally
from rp_mw_local.stack import LIVE_FLAGS, Stack, StackOptions
from rp_mw_shared.environments.topology import load_topology

BUDGET = 50
WORKERS = 4
ENRICHERS = 2
WARM_SECONDS = 400.0
# what a message may take that waits for the longest delay between two deliveries of today's build, five times
PATIENCE_SECONDS = 1_800.0
LOOK_SECONDS = 3.0
FINISHED, REFUSED, STUCK = "finished", "refused at start", "not finished"


@dataclass(frozen=True, slots=True)
class Steady:
    """A load of so many events an hour that come in bursts, for so many minutes."""

    events_per_hour: float = 860
    burst: int = 3
    minutes: float = 10


class Bench:
    """A running system of one build with several worker processes at the documented budget."""

    def __init__(
        self, build: Build, stack: Stack, tell: Callable[[str], None], patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self.patience_seconds = patience_seconds
        self.build = build
        self.stack = stack
        self.tell = tell

    def warm_up(self) -> None:
        """Let every process start: a burst after a cold start measures the start."""
        crowd = Crowd(self.stack)
        crowd.post(plan(WORKERS * 3, seed=0))
        self._wait(WARM_SECONDS)

    def burst(self, count: int) -> Tally:
        """Accept `count` webhooks while nobody consumes, then let the consumers begin: all of them at once."""
        self._settle()
        dead, crowd = self._dead(), Crowd(self.stack)
        for source in self.stack.event_sources.values():
            source.pause()
        posted = crowd.post(plan(count, seed=count))
        started = self.stack.clock.now_epoch_ms()
        for source in self.stack.event_sources.values():
            source.resume()
        self._wait(self.patience_seconds + 3 * count, len(posted))
        return tally(self.stack, posted, started, self._dead() - dead)

    def steady(self, load: Steady) -> Tally:
        """Post bursts at their times, each from the first of its webhooks on."""
        self._settle()
        dead, crowd, posted = self._dead(), Crowd(self.stack), list[Posted]()
        webhooks = plan(int(load.events_per_hour * load.minutes / 60), seed=860)
        gap = 3600 / load.events_per_hour * load.burst
        started = self.stack.clock.now_epoch_ms()
        for number, first in enumerate(range(0, len(webhooks), load.burst)):
            self.stack.clock.sleep(started / 1000 + number * gap - self.stack.clock.now_epoch_ms() / 1000)
            posted += crowd.post(webhooks[first : first + load.burst])
        self._wait(self.patience_seconds, len(posted))
        return tally(self.stack, posted, started, self._dead() - dead)

    def alone(self, concurrency: int) -> str:
        """One order question in an idle system whose worker is told of this concurrency: how it ended."""
        self._settle()
        self._deploy_workers(concurrency)
        source, crowd = self.stack.event_sources["worker"], Crowd(self.stack)
        failures, started = len(source.failed_invocations), self.stack.clock.now_epoch_ms()
        posted = [crowd.post_one(Webhook(ORDER, 0, 0))]
        deadline = self.stack.clock.monotonic() + self.patience_seconds / 2
        while self.stack.clock.monotonic() < deadline:
            if tally(self.stack, posted, started, 0).unfinished == 0:
                return FINISHED
            if len(source.failed_invocations) > failures + 1:
                self._deploy_workers(WORKERS)  # who start, and end the message
                return REFUSED
            self.stack.clock.sleep(LOOK_SECONDS)
        return STUCK

    def _deploy_workers(self, concurrency: int) -> None:
        told = {**self.stack.options.concurrency, "worker": concurrency}
        self.stack.options = replace(self.stack.options, concurrency=told)
        self.stack.deploy()

    def queue_ages(self) -> list[float]:
        """Seconds each finished message of the events queue waited until its last delivery began."""
        deliveries = self.stack.event_sources["worker"].deliveries
        return [(one.received_at_epoch_ms - one.sent_at_epoch_ms) / 1000 for one in deliveries if one.is_deleted]

    def age_p95(self) -> float | None:
        """The queue age that 19 of 20 of them do not exceed."""
        return percentile(self.queue_ages(), 0.95)

    def forget_ages(self) -> None:
        """Count queue ages from here on."""
        self.stack.event_sources["worker"].deliveries.clear()

    def _dead(self) -> int:
        return sum(self.stack.observer.depth(queue, dead_letters=True) for queue in self.stack.topology.queues)

    def _settle(self) -> None:
        self._wait(self.patience_seconds)
        self._let_the_window_pass()

    def _let_the_window_pass(self) -> None:
        """A run begins with the vendor's whole budget."""
        self.stack.clock.sleep(31)

    def _wait(self, seconds: float, posted: int = 0) -> None:
        """Wait until nothing is queued or in flight, at most so long; says how far it is now and then."""
        clock = self.stack.clock
        begun, next_line = clock.monotonic(), clock.monotonic() + 120
        while clock.monotonic() - begun < seconds and not self.stack.observer.is_idle():
            if posted and clock.monotonic() > next_line:
                next_line += 120
                left = sum(self.stack.observer.depth(queue) for queue in self.stack.topology.queues)
                self.tell(f"{clock.monotonic() - begun:6.0f} s  {left} of {posted} still queued, {self._dead()} dead")
            clock.sleep(LOOK_SECONDS)


@contextlib.contextmanager
def running(
    build: Build, clock_scale: float, tell: Callable[[str], None], patience_seconds: float = PATIENCE_SECONDS
) -> Iterator[Bench]:
    """Start the build, warm; stop it afterwards. Raises LocalError when it cannot start."""
    options = StackOptions(
        flags=LIVE_FLAGS,
        richpanel_requests_per_window=BUDGET,
        concurrency={"worker": WORKERS, "enricher": ENRICHERS},
        clock_scale=clock_scale,
    )
    stack = Stack(build.zips, options)
    stack.topology = load_topology(options.environment, build.topology)
    with stack:
        bench = Bench(build, stack, tell, patience_seconds)
        bench.warm_up()
        yield bench
