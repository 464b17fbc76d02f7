"""Richpanel calls an event: of each kind, and in the mix of the demo's story, beside a conventional worker's.

The account's budget is 50 calls in 30 s, so this is what decides how many tickets it feeds. The simulator answers `{}`
to updates: what an update answers is not documented, so nothing here is saved by believing one.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks import calls
from benchmarks.counting import Cost
from benchmarks.peers.conventional_helpdesk import ConventionalWorker
from rp_mw_local.simulators.richpanel import RichpanelSimulator

API_KEY, AUTHOR_ID = "bench-key", "agent-1"
DROPPED = "repeat that SQS drops"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of event as a conventional worker handles it, and how often the demo's story has it.

    `is_known`: it has finished the same event before.
    """

    name: str
    in_story: int = 0
    reply: bool = False
    close: bool = False
    note: bool = False
    is_known: bool = False


# The story of main b91bf19, which is what is compared with; today's answers "delivered but not received" at tier 1.
KINDS = (
    # tracked, untracked, number given, mismatching sender, five times the same, too busy (benchmarks/prices.yaml)
    Kind(calls.TIER_2, 6, reply=True),
    Kind(calls.TIER_1, 2, reply=True),
    Kind(calls.ROUTE_ONLY, 2),  # not received, kill switch
    Kind(calls.NOTED, 3, note=True),  # chargeback, attachment, model down
    Kind(calls.COVERED, 1),  # the second of two in a row
    Kind(DROPPED, 4, is_known=True),
    Kind(calls.MACHINE, reply=True),  # a conventional worker answers it like a person
    Kind(calls.SHADOW),
    Kind(calls.WITHOUT_NUMBER, reply=True),
    Kind(calls.BY_LINK, reply=True),
    Kind(calls.CLOSED, reply=True, close=True),
    Kind(calls.DUPLICATE, is_known=True),
    Kind(calls.MINIMAL_DUPLICATE),
    Kind(calls.SUPERSEDED, is_known=True),
)
GATED = {
    calls.SHADOW: "recorded only, Richpanel calls",
    calls.ROUTE_ONLY: "route only, Richpanel calls",
    calls.NOTED: "routed with a note, Richpanel calls",
    calls.MACHINE: "a machine's mail, Richpanel calls",
    calls.TIER_1: "tier 1 reply, Richpanel calls",
    calls.WITHOUT_NUMBER: "order question without a number by e-mail, Richpanel calls",
    calls.TIER_2: "order question, Richpanel calls",
    calls.BY_LINK: "order question by the link alone, Richpanel calls",
    calls.CLOSED: "order question closed, Richpanel calls",
    calls.DUPLICATE: "duplicate, Richpanel calls",
    calls.MINIMAL_DUPLICATE: "minimal duplicate, Richpanel calls",
    calls.COVERED: "covered message, Richpanel calls",
    calls.SUPERSEDED: "superseded lookup, Richpanel calls",
}
MIX = "Richpanel calls an event of the demo's mix"
MIX_WITH_NOTES = "Richpanel calls an event of the demo's mix, private notes on"


def gated_values(costs: Mapping[str, Cost]) -> dict[str, float]:
    """Return the measured values by the names of their gates."""
    ours = {kind: len(cost.helpdesk) for kind, cost in costs.items()}
    values: dict[str, float] = {gate: ours[kind] for kind, gate in GATED.items()}
    return values | {MIX: per_event(_without_notes(ours)), MIX_WITH_NOTES: per_event(ours)}


def _without_notes(by_kind: Mapping[str, float]) -> dict[str, float]:
    """The policy as shipped writes no private notes: what would have one is routed like the rest."""
    return {**by_kind, calls.NOTED: by_kind[calls.ROUTE_ONLY]}


def per_event(by_kind: Mapping[str, float]) -> float:
    """Return calls an event of the demo's mix; a kind that is not measured costs nothing."""
    events = sum(kind.in_story for kind in KINDS)
    return sum(by_kind.get(kind.name, 0) * kind.in_story for kind in KINDS) / events


def measure_conventional() -> dict[str, int]:
    """Return how many calls a conventional worker makes for each kind, counted at the same simulator."""
    simulator = RichpanelSimulator(API_KEY)
    simulator.switch(requests_per_window=5000)
    simulator.start()
    try:
        worker = ConventionalWorker(simulator.url, API_KEY, AUTHOR_ID)
        return {kind.name: _count(simulator, worker, kind) for kind in KINDS}
    finally:
        simulator.stop()


def _count(simulator: RichpanelSimulator, worker: ConventionalWorker, kind: Kind) -> int:
    conversation_id = f"<{uuid.uuid4().hex}@mail.example.com>"
    simulator.seed({"customer_message": {"conversation_id": conversation_id, "text": "Hello", "email": "a@b.example"}})

    def handle() -> None:
        reply, note = ("It is on its way." if kind.reply else None), ("routed" if kind.note else None)
        worker.handle(conversation_id, conversation_id, reply=reply, close=kind.close, note=note)

    if kind.is_known:
        handle()
    before = len(simulator.requests)
    handle()
    return len(simulator.requests) - before


def to_json(costs: Mapping[str, Cost], conventional: Mapping[str, int]) -> dict[str, Any]:
    """Return both side by side, by kind and for the mix."""
    ours = {kind: len(cost.helpdesk) for kind, cost in costs.items()}
    by_kind = {
        kind.name: {"ours": ours.get(kind.name, 0), "conventional": conventional[kind.name], "in_story": kind.in_story}
        for kind in KINDS
    }
    both = {"ours": ours, "conventional": conventional}
    mix = {name: round(per_event(_without_notes(counts)), 3) for name, counts in both.items()}
    noted = {name: round(per_event(counts), 3) for name, counts in both.items()}
    return {"by_kind": by_kind, "mix": mix, "mix_with_notes": noted}


def to_table(found: Mapping[str, Any]) -> str:
    """Return the comparison as lines of text."""
    lines = [f"{'Richpanel calls':40} {'ours':>6} {'conventional':>13}"]
    lines += [f"{name:40} {row['ours']:6} {row['conventional']:13}" for name, row in found["by_kind"].items()]
    for name, mix in (("an event of the demo", found["mix"]), ("the same, private notes on", found["mix_with_notes"])):
        lines.append(f"{name:40} {mix['ours']:6.2f} {mix['conventional']:13.2f}")
    return "\n".join(lines)
