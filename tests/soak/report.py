"""What a soak tells: the lines on the screen, and the JSON file with the time of every event."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rp_mw_local.simulators.server import Simulator
from tests.soak.facts import Facts
from tests.soak.judge import final_at
from tests.soak.vendor_faults import OUTAGE, RandomFaults

Findings = Mapping[str, Sequence[str]]
_SHOWN_FINDINGS = 5
_PERCENTILES = (50, 90, 99)
# with fewer requests a vendor may be lucky
_ENOUGH_REQUESTS = 100


@dataclass(frozen=True, slots=True)
class Figures:
    """The measured side of a run; times in milliseconds, `hollow` names disturbances that never really happened."""

    events: int
    conversations: int
    webhooks: int
    replies: int
    notes: int
    stopped_replies: int
    stopped_after_decision: int
    killed: Mapping[str, int]
    faults: Mapping[str, Sequence[int]]
    versions: Sequence[str]
    switch_off_seconds: float
    seconds: float
    ack_ms: Mapping[str, float]
    final_ms: Mapping[str, float]
    hollow: Sequence[str]


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Returns p50, p90, p99 and max, rounded to a tenth; empty without values."""
    if len(values) < 2:
        return {}
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    shown = {f"p{percent}": round(cuts[percent - 1], 1) for percent in _PERCENTILES}
    return shown | {"max": round(max(values), 1)}


def event_times(facts: Facts) -> list[dict[str, Any]]:
    """Returns one entry for each message: when it was posted, how long the answer took, and how long until final."""
    entries = []
    for (conversation, position), written in sorted(facts.written.items()):
        ended = final_at(facts, conversation, position)
        entries.append(
            {
                "conversation": conversation,
                "message": position,
                "is_minimal": written.is_minimal,
                "webhooks": written.webhooks,
                "posted_ms": written.posted_at_epoch_ms - facts.started_at_epoch_ms,
                "ack_ms": round(written.ack_ms, 1) if written.accepted_at_epoch_ms else None,
                "final_ms": None if ended is None else max(0, ended - written.posted_at_epoch_ms),
            }
        )
    return entries


def to_figures(facts: Facts, simulators: Sequence[Simulator], seconds: float) -> Figures:
    """Returns the run's figures."""
    times = event_times(facts)
    faults = {
        simulator.name: (sum(simulator.faults.committed.values()), simulator.faults.asked)
        for simulator in simulators
        if isinstance(simulator.faults, RandomFaults)
    }
    outages = sum(
        simulator.faults.committed[OUTAGE] for simulator in simulators if isinstance(simulator.faults, RandomFaults)
    )
    replies = sum(not sent.is_note for sent in facts.sent)
    stopped, stopped_late = _stopped_replies(facts), _stopped_after_decision(facts)
    return Figures(
        events=len(times),
        conversations=len(facts.plan.customers),
        webhooks=sum(entry["webhooks"] for entry in times),
        replies=replies,
        notes=len(facts.sent) - replies,
        stopped_replies=stopped,
        stopped_after_decision=stopped_late,
        killed=dict(Counter(facts.done.killed)),
        faults=faults,
        versions=facts.done.versions,
        switch_off_seconds=round((facts.done.on_at_epoch_ms - facts.done.off_at_epoch_ms) / 1000, 1),
        seconds=round(seconds, 1),
        ack_ms=percentiles([entry["ack_ms"] for entry in times if entry["ack_ms"] is not None]),
        final_ms=percentiles([entry["final_ms"] for entry in times if entry["final_ms"] is not None]),
        hollow=_hollow(facts, faults, replies, stopped, stopped_late, outages),
    )


def _stopped_replies(facts: Facts) -> int:
    """Returns how many decisions the audit trail says the kill switch stopped."""
    rows = (row for rows in facts.rows.values() for row in rows)
    return sum("kill_switch" in json.dumps([row.get("gates_blocked"), row.get("actions")]) for row in rows)


def _stopped_after_decision(facts: Facts) -> int:
    """Returns how many replies were decided while the switch was believed on, and stopped by a look after that."""
    rows = (row for rows in facts.rows.values() for row in rows)
    return sum((row.get("actions") or {}).get("rp_reply") == "blocked:automation_off" for row in rows)


def _hollow(
    facts: Facts,
    faults: Mapping[str, tuple[int, int]],
    replies: int,
    stopped: int,
    stopped_late: int,
    outages: int,
) -> list[str]:
    happened = {
        "replies": replies > 0,
        "replies stopped by the switch": stopped > 0,
        "replies stopped by the switch after their decision": stopped_late > 0,
        "killed workers": "worker" in facts.done.killed,
        "a redeployed worker": len(set(facts.done.versions)) == 2,
        "runs that failed, as a ticket could not be read": outages > 0,
        "notes": any(sent.is_note for sent in facts.sent),
    }
    for vendor, (count, asked) in faults.items():
        happened[f"requests to {vendor}"] = asked > 0
        happened[f"faults of {vendor}"] = count > 0 or asked < _ENOUGH_REQUESTS
    return [what for what, is_so in happened.items() if not is_so]


def lines(findings: Findings, figures: Figures) -> list[str]:
    """Returns the report for people."""
    shown = [
        f"{figures.events} events in {figures.conversations} conversations, {figures.webhooks} webhooks, "
        f"{figures.replies} replies, {figures.notes} notes, {figures.seconds:.0f} s",
        f"processes killed: {_counted(figures.killed)}; worker version {' -> '.join(figures.versions)}",
        "vendor faults: "
        + ", ".join(f"{name} {count} of {asked} requests" for name, (count, asked) in figures.faults.items()),
        f"kill switch: off for {figures.switch_off_seconds:.0f} s, {figures.stopped_replies} decisions stopped by it, "
        f"{figures.stopped_after_decision} replies after their decision",
        f"webhook answered: {_counted(figures.ack_ms)} ms",
        f"webhook to final: {_counted(figures.final_ms)} ms",
    ]
    for kind, found in findings.items():
        shown.append(f"{kind:11} {len(found)}")
        shown += [f"            {finding}" for finding in found[:_SHOWN_FINDINGS]]
        shown += [f"            and {len(found) - _SHOWN_FINDINGS} more"] if len(found) > _SHOWN_FINDINGS else []
    return [*shown, *(f"HOLLOW: there were no {what}" for what in figures.hollow)]


def _counted(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in values.items()) or "none"


def write_json(path: Path, seed: int, findings: Findings, figures: Figures, times: Sequence[Mapping[str, Any]]) -> None:
    """Writes everything to a file; no text and no id of a customer is in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shown = {name: getattr(figures, name) for name in Figures.__slots__}
    contents = {"seed": seed, "findings": findings, "figures": shown, "events": times}
    path.write_text(json.dumps(contents, indent=1, default=str) + "\n", encoding="utf-8")


def write_evidence(folder: Path, facts: Facts) -> None:
    """Writes tables, what the helpdesk took and logs into a folder; the customers in it are invented."""
    folder.mkdir(parents=True, exist_ok=True)
    kept: dict[str, Any] = {
        "events": facts.events,
        "actions": facts.actions,
        "states": facts.states,
        "rows": facts.rows,
    }
    kept |= {"sent": [[sent.conversation_id, sent.at_epoch_ms, sent.body] for sent in facts.sent], "dead": facts.dead}
    (folder / "tables.json").write_text(json.dumps(kept, indent=1, default=str) + "\n", encoding="utf-8")
    for name, text in facts.logs.items():
        (folder / f"{name}.log").write_text(text, encoding="utf-8")
