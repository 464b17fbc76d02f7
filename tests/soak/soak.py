"""One soak from start to verdict."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rp_mw_local.simulators.richpanel import DOCUMENTED_LIMIT, WINDOW_SECONDS
from rp_mw_local.stack import Stack, StackOptions, describe_budget
from tests.soak.breakages import rebuilt, with_notes
from tests.soak.drive import Drive, add_mappings, shortened
from tests.soak.facts import Facts, gather_facts
from tests.soak.judge import judge
from tests.soak.plan import make_plan
from tests.soak.report import Figures, to_figures
from tests.soak.vendor_faults import RandomFaults

_FLAGS = {"automation_enabled": "true", "rollout_stage": "tier2", "classifier": "cascade"}


@dataclass(frozen=True, slots=True)
class Size:
    """How much a soak does; `kills` None is one in 150 webhooks, `rate` webhooks per second at most.

    `concurrency` is how many batches of the events queue are worked on at a time, each by a process of its own.
    `budget_clock` makes the clock of the vendor's budget faster, for limiter and simulator alike: 50 calls in 30 s
    become 50 in 30 / budget_clock seconds. With more than `high_water` messages waiting nobody posts. A worker's time
    is more than the 15 s with which it begins an event.
    """

    events: int = 5_000
    conversations: int = 500
    kills: int | None = None
    rate: float = 20.0
    share_of_faults: float = 0.1
    drain_seconds: float = 900.0
    worker_seconds: int = 25
    enricher_seconds: int = 15
    concurrency: int = 6
    budget_clock: float = 20.0
    high_water: int = 150


@dataclass(frozen=True, slots=True)
class Soaked:
    """What a soak found."""

    findings: Mapping[str, list[str]]
    figures: Figures
    facts: Facts = field(repr=False)

    @property
    def has_held(self) -> bool:
        """Whether nothing was found, and everything that was to be endured really happened."""
        return not any(self.findings.values()) and not self.figures.hollow


def soak(zips: Mapping[str, Path], seed: int, size: Size, tell: Callable[[str], None] = lambda _: None) -> Soaked:
    """Starts a system of these zips, plays the seed's plan on it and judges; leaves nothing behind.

    Raises SoakError when the plan could not be played, LocalError when the system could not be started.
    """
    plan = make_plan(seed, size.events, size.conversations, size.kills)
    # a request that waits in the network is a matter of tenths of seconds here, so absence is proof soon
    options = StackOptions(
        flags=_FLAGS,
        settings={"PROOF_AFTER_SECONDS": "2"},
        richpanel_requests_per_window=DOCUMENTED_LIMIT,
        richpanel_window_seconds=WINDOW_SECONDS / size.budget_clock,
    )
    tell(describe_budget(options.richpanel_requests_per_window, options.richpanel_window_seconds))
    with tempfile.TemporaryDirectory(prefix="rp-mw-soak-") as folder:
        worker_zip = with_notes(zips["worker"], Path(folder) / "worker.zip")
        new_zip = rebuilt(worker_zip, Path(folder) / "worker-new.zip", {"rp_mw_worker/build.txt": f"soak {seed}\n"})
        stack = Stack({**zips, "worker": worker_zip}, options)
        stack.topology = shortened(stack.topology, size.worker_seconds, size.enricher_seconds)
        with stack:
            for simulator in stack.simulators:
                simulator.faults = RandomFaults(vendor=simulator.name, seed=seed, share=size.share_of_faults)
            add_mappings(stack, "worker", size.concurrency - 1)
            add_mappings(stack, "enricher", size.concurrency // 3)
            started = time.monotonic()
            drive = Drive(stack, plan, rate=size.rate, high_water=size.high_water, new_worker_zip=new_zip, tell=tell)
            drive.run(size.drain_seconds)
            tell("        reading tables, queues and logs")
            seconds = time.monotonic() - started
            facts = gather_facts(stack, drive)
            figures = to_figures(facts, stack.simulators, seconds)
    return Soaked(judge(facts), figures, facts)
