"""What a run must reach, and what it should reach for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks import hostile


@dataclass(frozen=True, slots=True)
class Gate:
    """`must` fails the run when exceeded, `reach` is only reported; both are upper bounds of the measured value.

    A few rounds on a busy machine say little of a ratio of times: a quick run shows the timed ones without enforcing
    them.
    """

    name: str
    must: float
    reach: float | None = None
    is_timed: bool = False


GATES = (
    Gate("ingress ready, x boto3.client", 0.75, 0.65, is_timed=True),
    Gate("ingress instructions, x boto3.client", 0.70, 0.65),
    Gate("ingress ready, x Powertools + pydantic + boto3", 0.50, 0.43, is_timed=True),
    Gate("ingress warm CPU, x pydantic + boto3", 0.65, 0.50, is_timed=True),
    Gate("ingress warm instructions, x pydantic + boto3", 0.55, 0.50),
    Gate("ingress first TLS event, x Powertools + pydantic + boto3", 0.50, 0.40, is_timed=True),
    Gate("ingress zip, MB", 2.5, 2),
    Gate("worker ready with classifier, x boto3.client", 1.8, 1.4, is_timed=True),
    Gate("worker instructions, x boto3.client", 1.75, 1.4),  # record 0192
    Gate("worker ready, x boto3.client, more than the earlier build", 0.20, 0.10, is_timed=True),
    Gate("worker zip, MB", 60),
    Gate("worker zip without the encoder, MB more than the earlier build", 2),  # numpy and the model have the 60 above
    Gate("shadow, DynamoDB calls", 2),
    Gate("shadow, write units", 5),  # 3 items, the day's index and, once a conversation, the customer's
    Gate("route only, DynamoDB calls", 5),
    Gate("route only, write units", 7),
    Gate("tier 1 reply, DynamoDB calls", 7),
    Gate("tier 1 reply, write units", 10),
    Gate("tier 2 answer, DynamoDB calls", 7),
    Gate("tier 2 answer, write units", 10),
    Gate("duplicate, DynamoDB calls", 1),
    Gate("duplicate, write units", 1),
    Gate("redelivery, DynamoDB calls", 3),
    Gate("redelivery, write units", 1),
    Gate("secret reads of a warm event", 0),
    Gate("clients built by a warm event", 0),
    Gate("flag reads of a warm event beyond its reply", 0),
    Gate("recorded only, Richpanel calls", 1),
    Gate("route only, Richpanel calls", 2),
    Gate("routed with a note, Richpanel calls", 3),
    Gate("a machine's mail, Richpanel calls", 2),
    Gate("tier 1 reply, Richpanel calls", 4),
    Gate("order question without a number by e-mail, Richpanel calls", 6),
    Gate("order question, Richpanel calls", 5),
    Gate("order question by the link alone, Richpanel calls", 6),
    Gate("order question closed, Richpanel calls", 8),
    Gate("duplicate, Richpanel calls", 0),
    Gate("minimal duplicate, Richpanel calls", 1),
    Gate("covered message, Richpanel calls", 0),
    Gate("superseded lookup, Richpanel calls", 0),
    Gate("Richpanel calls an event of the demo's mix", 2.8, 2.5),
    Gate("Richpanel calls an event of the demo's mix, private notes on", 2.9),
    Gate("dollars per million events", 8.7, 5),
    # CPU, not time: what else the machine does changes it little.
    Gate(hostile.STAGE_MS, 200),
    # Twice what a stage may take, in proportion: a pattern that blows up takes a hundred and more.
    Gate(hostile.PATTERN_MS, 25),
    Gate(hostile.AT_ONCE, 1.5),
)
_TIMED = frozenset(gate.name for gate in GATES if gate.is_timed)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One gate with what was measured."""

    name: str
    value: float
    must: float
    reach: float | None
    passes: bool
    reaches: bool


def judge(values: Mapping[str, float]) -> list[Verdict]:
    """Return a verdict for every gate that was measured; an unknown name is an error."""
    unknown = set(values) - {gate.name for gate in GATES}
    if unknown:
        raise ValueError(f"measured but not gated: {sorted(unknown)}")
    return [
        Verdict(
            gate.name,
            round(values[gate.name], 3),
            gate.must,
            gate.reach,
            values[gate.name] <= gate.must,
            values[gate.name] <= (gate.must if gate.reach is None else gate.reach),
        )
        for gate in GATES
        if gate.name in values
    ]


def to_json(verdicts: list[Verdict]) -> list[dict[str, Any]]:
    """Return the verdicts as plain values."""
    return [asdict(verdict) for verdict in verdicts]


def is_kept(verdicts: list[Verdict], *, is_quick: bool) -> bool:
    """Return whether every gate that this kind of run enforces is kept."""
    return all(one.passes or _is_only_shown(one, is_quick=is_quick) for one in verdicts)


def to_table(verdicts: list[Verdict], *, is_quick: bool) -> str:
    """Return the verdicts as lines of text; `over` marks what is exceeded but not enforced in a quick run."""
    lines = [f"{'':4} {'measured':>9} {'must':>6} {'reach':>6}"]
    for one in verdicts:
        mark = "ok" if one.passes else "over" if _is_only_shown(one, is_quick=is_quick) else "FAIL"
        reach = "" if one.reach is None else f"{one.reach:g}"
        lines.append(f"{mark:4} {one.value:9.3f} {one.must:6g} {reach:>6}  {one.name}")
    if is_quick:
        lines.append("Ratios of times come from few rounds here and fail nothing; `make bench` enforces them.")
    return "\n".join(lines)


def _is_only_shown(verdict: Verdict, *, is_quick: bool) -> bool:
    return is_quick and verdict.name in _TIMED
