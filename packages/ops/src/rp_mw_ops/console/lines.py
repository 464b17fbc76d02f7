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
        "intent": figures.topic_of(row),
        "guess": row.get("intent"),
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
    return not _unfit(line, wanted)


def count_facets(lines: Iterable[Line], wanted: Mapping[str, frozenset[str]]) -> dict[str, list[tuple[str, int]]]:
    """Return each facet's values with how many lines they would leave beside the other facets, the commonest first."""
    counts: dict[str, Counter[str]] = {facet: Counter(dict.fromkeys(wanted.get(facet, ()), 0)) for facet in FACETS}
    for line in lines:
        unfit = _unfit(line, wanted)
        # what fits but for one facet is counted for that one: its value could be chosen besides
        for facet in FACETS if not unfit else unfit if len(unfit) == 1 else ():
            counts[facet].update(_values(line, facet))
    return {facet: counter.most_common() for facet, counter in counts.items()}


def _unfit(line: Line, wanted: Mapping[str, frozenset[str]]) -> list[str]:
    return [facet for facet, values in wanted.items() if values and values.isdisjoint(_values(line, facet))]


def _values(line: Line, facet: str) -> list[str]:
    return line["whys"] if facet == "reason" else [line[facet]]


def in_sentences(codes: Iterable[str]) -> list[dict[str, str]]:
    """Return codes with their sentences, for a page to show."""
    return [{"code": code, "sentence": find_reason(code).sentence} for code in codes]
