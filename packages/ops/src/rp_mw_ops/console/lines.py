"""A decision as a line of the flow: what became of it in words, and what it can be filtered by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from rp_mw_ops.explanation import row_time
from rp_mw_shared.reasons import by_weight, find_reason
from rp_mw_worker.domain import figures

Line = dict[str, Any]
# what a person filters by, each a name in the address: ?team=Sales&team=Backend&reason=follow_up
FACETS = ("team", "intent", "tier", "outcome", "reason", "language")
UNLABELLED = "-"


def to_line(row: dict[str, Any]) -> Line:
    """Return what the flow shows of a final decision; `whys` are the reasons for which nothing was sent."""
    reply = figures.reply_of(row)
    return {
        "at": row_time(row),
        "key": str(row["ts_action_id"]),
        "id": str(row["conversation_id"]),
        "team": str(row.get("route") or UNLABELLED),
        "intent": str(row.get("intent") or UNLABELLED),
        "confidence": row.get("confidence"),
        "tier": figures.tier_of(row),
        "mode": row.get("mode"),
        "template": row.get("template"),
        "outcome": reply,
        "language": figures.language_of(row),
        "channel": (row.get("replay") or {}).get("c"),
        "whys": [] if reply == figures.SENT else by_weight(figures.whys_of(row)),
        "took_ms": figures.took_ms_of(row),
    }


def is_shown(line: Line, wanted: Mapping[str, frozenset[str]]) -> bool:
    """Tell whether a line fits every facet that is filtered by; of one facet's values any is enough."""
    return all(not values or values & _values(line, facet) for facet, values in wanted.items())


def count_facets(lines: Iterable[Line], wanted: Mapping[str, frozenset[str]]) -> dict[str, list[tuple[str, int]]]:
    """Return each facet's values with how many lines they would leave beside the other facets, the commonest first."""
    kept = list(lines)
    counts = {}
    for facet in FACETS:
        others = {name: values for name, values in wanted.items() if name != facet}
        counter = Counter(value for line in kept if is_shown(line, others) for value in _values(line, facet))
        counter.update(dict.fromkeys(wanted.get(facet, ()), 0))
        counts[facet] = counter.most_common()
    return counts


def _values(line: Line, facet: str) -> frozenset[str]:
    return frozenset(line["whys"]) if facet == "reason" else frozenset((line[facet],))


def in_sentences(codes: Iterable[str]) -> list[dict[str, str]]:
    """Return codes with their sentences, for a page to show."""
    return [{"code": code, "sentence": find_reason(code).sentence} for code in codes]
