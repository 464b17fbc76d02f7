"""What decisions add up to: the figures of a day, or of days together, from rows of the audit trail.

Nothing is counted while an event is handled: a row is there once however often its event was tried, so a retry changes
no figure. `rp-mw stats`, the console, the report and the sweep's sums all call `add_up`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from rp_mw_worker.domain.reasons import Reason
from rp_mw_worker.domain.records import PARKED

Row = Mapping[str, Any]
FIGURES_VERSION = 1
SENT, UNKNOWN, BLOCKED, WAITING, RECORDED, NONE = "sent", "unknown", "blocked", "waiting", "recorded", "none"
NO_TIER = "route"
_BASE_LANGUAGE = "en"
_BY_MACHINES = frozenset({Reason.WRITTEN_BY_MACHINE.value, Reason.MACHINE_AMONG.value, Reason.MAYBE_MACHINE.value})
# A time's bucket: each is a fifth longer than the one before, so a percentile is told to within a fifth.
_FIRST_BOUND_MS, _GROWTH = 50.0, 1.2


@dataclass(slots=True)
class Figures:
    """Counts of final decisions. Keys are what the rows hold; `hours` are UTC, "00" to "23"; `took` is by time bucket.

    `answered` is by team, `whys` by reason code: each row without a reply counts once for each of its reasons.
    """

    decisions: int = 0
    machines: int = 0
    fallbacks: int = 0
    replies: Counter[str] = field(default_factory=Counter)
    teams: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    intents: Counter[str] = field(default_factory=Counter)
    tiers: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    channels: Counter[str] = field(default_factory=Counter)
    whys: Counter[str] = field(default_factory=Counter)
    hours: Counter[str] = field(default_factory=Counter)
    answered_hours: Counter[str] = field(default_factory=Counter)
    took: Counter[str] = field(default_factory=Counter)

    @property
    def sent(self) -> int:
        """Replies known to be in their tickets."""
        return self.replies[SENT]

    @property
    def automation_rate(self) -> float | None:
        """The share of decisions that ended with a reply, 0 to 1; None where there is no decision."""
        return self.sent / self.decisions if self.decisions else None

    def took_ms(self, share: float) -> int | None:
        """Return within how many milliseconds `share` of the events were done, to within a fifth; None for none."""
        wanted, seen = share * self.took.total(), 0
        for bucket, number in sorted(self.took.items(), key=lambda pair: int(pair[0])):
            seen += number
            if seen >= wanted:
                return round(_FIRST_BOUND_MS * _GROWTH ** int(bucket))
        return None

    def plus(self, other: Figures) -> Figures:
        """Return both together."""
        return Figures(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    def to_json(self) -> dict[str, Any]:
        """Return plain values, without what is empty."""
        told = {one.name: getattr(self, one.name) for one in fields(self)}
        return {"v": FIGURES_VERSION} | {
            name: dict(sorted(value.items())) if isinstance(value, Counter) else value
            for name, value in told.items()
            if value
        }


def from_json(values: Mapping[str, Any]) -> Figures | None:
    """Return the figures of plain values, None where another version wrote them: they are computed anew."""
    if values.get("v") != FIGURES_VERSION:
        return None
    figures = Figures()
    for name in {one.name for one in fields(Figures)} & values.keys():
        value = values[name]
        setattr(figures, name, Counter(value) if isinstance(value, Mapping) else value)
    return figures


def add_up(rows: Iterable[Row]) -> Figures:
    """Return the figures of the decisions among `rows`; parked ones and what operators did are no final decisions."""
    sums = Figures()
    for row in rows:
        if "kind" not in row and row.get("outcome") != PARKED:
            _add(sums, row)
    return sums


def _add(sums: Figures, row: Row) -> None:
    reply, team, hour = reply_of(row), str(row.get("route") or "-"), str(row["ts_action_id"])[11:13]
    is_sent = reply == SENT
    sums.decisions += 1
    sums.machines += bool(_BY_MACHINES & {*_codes(row.get("gates_blocked")), *(row.get("reasons") or ())})
    sums.fallbacks += bool((row.get("replay") or {}).get("x"))
    sums.replies[reply] += 1
    sums.teams[team] += 1
    sums.intents[str(row.get("intent") or "-")] += 1
    sums.tiers[tier_of(row)] += 1
    sums.languages[language_of(row)] += 1
    sums.channels[str((row.get("replay") or {}).get("c", "-"))] += 1
    sums.hours[hour] += 1
    if is_sent:
        sums.answered[team] += 1
        sums.answered_hours[hour] += 1
    else:
        sums.whys.update(whys_of(row))
    took = took_ms_of(row)
    if took is not None:
        sums.took[str(max(0, math.ceil(math.log(max(took, 1) / _FIRST_BOUND_MS, _GROWTH))))] += 1


def reply_of(row: Row) -> str:
    """Return what became of a reply: sent, unknown, blocked, waiting, recorded (would have been sent) or none."""
    if row.get("outcome") == PARKED:
        return WAITING
    status = str((row.get("actions") or {}).get("rp_reply", "")).partition(":")[0]
    if status:
        return SENT if status == "done" else status
    return RECORDED if row.get("template") else NONE


def whys_of(row: Row) -> list[str]:
    """Return the codes of what stopped a reply, each once; those of the route where nothing did."""
    refused = str((row.get("actions") or {}).get("rp_reply", "")).partition(":")[2]
    blocked = [*([refused] if refused else []), *_codes(row.get("gates_blocked"))]
    return list(dict.fromkeys(blocked or map(str, row.get("reasons") or ())))


def tier_of(row: Row) -> str:
    """Return the tier as text, `route` for none."""
    return NO_TIER if row.get("tier") is None else str(row["tier"])


def language_of(row: Row) -> str:
    """Return the customer's language, ISO 639-1, as the replay record tells it."""
    return str((row.get("replay") or {}).get("g", _BASE_LANGUAGE))


def took_ms_of(row: Row) -> int | None:
    """Return the time from the webhook to the end, milliseconds; None for a row that does not tell both."""
    replay = row.get("replay") or {}
    if "done_at" not in row or "t" not in replay:
        return None
    return int(row["done_at"]) - int(replay["t"]) + int(replay.get("a", 0))


def _codes(gates: Any) -> list[str]:
    """Return the codes of `gate:code:detail` texts."""
    return [str(gate).split(":")[1] for gate in gates or () if ":" in str(gate)]
