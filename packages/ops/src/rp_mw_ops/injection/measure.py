"""Runs every text through the pipeline, alone and with every carrier, and counts what it did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from rp_mw_ops.injection.carriers import Carrier, placed
from rp_mw_ops.injection.checks import (
    EFFECTS,
    HELD,
    adds_matter,
    effect_of,
    find_broken_promises,
    is_meant,
    sorting_teams,
)
from rp_mw_ops.injection.paths import EMBEDDED, Path
from rp_mw_ops.injection.pipeline import Pipeline
from rp_mw_worker.domain.model import Decision


@dataclass(frozen=True, slots=True)
class Text:
    """One attacker's text; `kind` is how it tries."""

    text_id: str
    text: str
    kind: str


@dataclass(slots=True)
class Tally:
    """What the texts did on one path. `kinds` counts held and all by kind; `broken` names text, carrier, promise."""

    effects: Counter[str] = field(default_factory=Counter)
    kinds: dict[str, Counter[str]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)

    def add(self, text: Text, carrier: Carrier, place: str, effect: str, promises: Iterable[str]) -> None:
        """Count one message."""
        self.effects[effect] += 1
        kind = self.kinds.setdefault(text.kind, Counter())
        kind["all"] += 1
        kind["held"] += effect in HELD
        self.broken += [f"{text.text_id} {place} {carrier.name}: {promise}" for promise in promises]
        if effect not in HELD:
            self.moved.append(f"{text.text_id} {place} {carrier.name}: {effect}")

    def figures(self) -> dict[str, Any]:
        """Return the counts and shares as plain JSON."""
        total = self.effects.total()
        return {
            "messages": total,
            "broken_promises": len(self.broken),
            "held": _share(sum(self.effects[name] for name in HELD), total),
            **{name: _share(self.effects[name], total) for name in EFFECTS},
            "kinds": {
                name: {"messages": kind["all"], "held": _share(kind["held"], kind["all"])}
                for name, kind in sorted(self.kinds.items())
            },
        }


def measure(pipeline: Pipeline, texts: Iterable[Text], path: Path) -> Tally:
    """Return what the texts did on `path`; a carrier alone is what the embedded model makes of it."""
    tally, engine = Tally(), pipeline.engine
    plain = {carrier.name: _plain(pipeline, carrier) for carrier in path.carriers}
    for text in texts:
        meant, adds = is_meant(text.text, engine), adds_matter(text.text, engine)
        for carrier in path.carriers:
            for place, body in placed(carrier, text.text, path.places).items():
                made = pipeline.decide(body)
                promises = find_broken_promises(made, carrier, engine, is_answer_invalid=path.is_answer_invalid)
                expected = plain[carrier.name] or _for_a_person(made.decision, pipeline)
                effect = effect_of(expected, made.decision, engine, is_meant=meant, adds_matter=adds)
                tally.add(text, carrier, place, effect, promises)
    return tally


def _plain(pipeline: Pipeline, carrier: Carrier) -> Decision | None:
    return pipeline.decide(carrier.text, EMBEDDED).decision if carrier.text else None


def _for_a_person(got: Decision, pipeline: Pipeline) -> Decision:
    """What a text alone should get: nothing in it is about the shop, so the team for that, and no reply."""
    teams, lowest = sorting_teams(pipeline.engine), pipeline.engine.policy.settings.low_confidence_team
    return replace(got, route_team=got.route_team if got.route_team in teams else lowest, template_id=None)


def _share(part: int, total: int) -> float:
    return round(part / total, 4) if total else 0.0
