"""Whether recorded decisions come out the same when they are decided again from their records: the identity rate.

Compared is what a row tells of its decision: team, intent, confidence, tier, reply, reasons, claims and the gates that
blocked. Rows of another policy are left out: of a changed policy another decision may be right.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rp_mw_worker.domain.decide import decide
from rp_mw_worker.domain.model import Decision
from rp_mw_worker.domain.policy import Policy
from rp_mw_worker.domain.replay_record import ReplayError, from_replay_record

REPLAY_FIELD = "replay"
MOST_SHOWN = 20
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Differing:
    """A decision that comes out another way; `differences` maps what differs to recorded and made again."""

    conversation_id: str
    decided_at: str
    differences: dict[str, tuple[str, str]]


@dataclass(slots=True)
class Identity:
    """The rows looked at: the same, differing (the first 20 shown), of another policy, without a readable record."""

    rows: int = 0
    same: int = 0
    other_policy: int = 0
    unreadable: int = 0
    differing: int = 0
    shown: list[Differing] = field(default_factory=list)

    @property
    def rate(self) -> float | None:
        """The share of compared decisions that came out the same, 0 to 1; None where none could be compared."""
        compared = self.same + self.differing
        return self.same / compared if compared else None


def prove(rows: Iterable[Row], policy: Policy) -> Identity:
    """Decide each row again under `policy` and return how many came out as recorded."""
    found = Identity()
    for row in rows:
        found.rows += 1
        if policy.version not in (row.get("versions") or [policy.version])[:1]:
            found.other_policy += 1
            continue
        try:
            decision = decide(from_replay_record(dict(row[REPLAY_FIELD])), policy)
        except (KeyError, ReplayError):
            found.unreadable += 1
            continue
        _count(found, row, decision)
    return found


def _count(found: Identity, row: Row, decision: Decision) -> None:
    recorded, again = recorded_values(row), decided_values(decision)
    differences = {name: (told, again[name]) for name, told in recorded.items() if told != again[name]}
    if not differences:
        found.same += 1
        return
    found.differing += 1
    if len(found.shown) < MOST_SHOWN:
        decided_at = str(row.get("ts_action_id", "")).partition("#")[0]
        found.shown.append(Differing(str(row.get("conversation_id", "")), decided_at, differences))


def recorded_values(row: Row) -> dict[str, str]:
    """Return what a row tells of its decision, as texts."""
    return {
        "team": str(row.get("route")),
        "intent": str(row.get("intent")),
        "confidence": f"{float(row.get('confidence') or 0):.6f}",
        "tier": str(row.get("tier")),
        "answer": str(row.get("template")),
        "reasons": " ".join(map(str, row.get("reasons") or ())),
        "claims": " ".join(map(str, row.get("claims") or ())),
        "gates": " ".join(_codes(map(str, row.get("gates_blocked") or ()))),
    }


def decided_values(decision: Decision) -> dict[str, str]:
    """Return the same of a decision."""
    return {
        "team": decision.route_team,
        "intent": decision.intent,
        "confidence": f"{decision.confidence:.6f}",
        "tier": str(decision.tier),
        "answer": str(decision.template_id),
        "reasons": " ".join(decision.reasons),
        "claims": " ".join(dict.fromkeys(decision.claims)),
        "gates": " ".join(f"{gate.gate}:{gate.code}" for gate in decision.gates if not gate.allowed),
    }


def _codes(gates: Iterable[str]) -> list[str]:
    """Return `gate:code` of each; a detail may hold what a record leaves out."""
    return [":".join(gate.split(":")[:2]) for gate in gates]
