"""Everything a run works with: the ports, the engine and the clock, built once per process by `wiring`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from rp_mw_shared.clock import Clock
from rp_mw_worker.policy_engine import PolicyEngine
from rp_mw_worker.ports import (
    CallBudget,
    Classifiers,
    EnrichmentQueue,
    FlagReader,
    Helpdesk,
    NoMarks,
    NoReads,
    ReadMarks,
    Records,
    SweepMarks,
)


@dataclass(frozen=True, slots=True)
class Options:
    """Numbers of the environment. A lease outlives the function, so that two runs never act at once.

    `proof_after_seconds`: how long after a lost answer a missing text proves that nothing was sent.
    `reread_after_seconds`: how long a ticket gets to show a message that its webhook brought.
    """

    lease_ms: int = 65_000
    proof_after_seconds: float = 30.0
    reread_after_seconds: float = 3.0
    model_seconds: float = 8.0
    read_back_waits_seconds: tuple[float, ...] = (0.3, 1.0)


@dataclass(frozen=True, slots=True)
class Dependencies:
    """One field per boundary; `new_owner` gives a fresh token for every run."""

    helpdesk: Helpdesk
    classifiers: Classifiers
    records: Records
    enrichment: EnrichmentQueue
    flags: FlagReader
    engine: PolicyEngine
    clock: Clock
    salt: str = field(repr=False)
    new_owner: Callable[[], str]
    options: Options = Options()
    budget: CallBudget | None = None  # None: the helpdesk may be asked at will
    sweep_marks: SweepMarks = field(default_factory=NoMarks)
    read_marks: ReadMarks = field(default_factory=NoReads)
