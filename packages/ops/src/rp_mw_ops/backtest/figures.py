"""The figures of a backtest, counted from the outcomes as they come; no ticket is kept but the sample's number."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rp_mw_ops.backtest.outcome import LOOKUP, NOTHING, Outcome

if TYPE_CHECKING:
    from rp_mw_worker.domain.policy import Policy

SAMPLED = 50


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What no export tells: minutes an agent spends on a touch, dollars an hour, the share of lookups that answer."""

    minutes_a_touch: float = 4.0
    dollars_an_hour: float = 20.0
    lookups_answered: float = 0.5


USUAL = Assumptions()


@dataclass(slots=True)
class Figures:
    """Counts of outcomes. `sample` are tickets drawn evenly from all that were judged, for a person to label."""

    seed: int = 1
    tickets: int = 0
    judged: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    teams: Counter[str] = field(default_factory=Counter)
    intents: Counter[str] = field(default_factory=Counter)
    channels: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    replies: Counter[tuple[str, str]] = field(default_factory=Counter)
    blocked: Counter[str] = field(default_factory=Counter)
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    answered: int = 0
    machines: int = 0
    escalated: int = 0
    sample: list[Outcome] = field(default_factory=list)
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        """The seed alone decides which tickets are drawn."""
        self._random = random.Random(self.seed)  # noqa: S311  # draws a sample, guards nothing

    def add(self, outcome: Outcome) -> None:
        """Count one ticket."""
        self.tickets += 1
        if outcome.left_out:
            self.left_out[outcome.left_out] += 1
            return
        self.judged += 1
        self.teams[outcome.team] += 1
        self.intents[outcome.intent or "none"] += 1
        self.channels[outcome.channel] += 1
        self.languages[outcome.language or "not known"] += 1
        self.answered += outcome.is_answered
        self.machines += outcome.is_machine
        self.escalated += outcome.is_escalated
        if outcome.answer == NOTHING:
            self.blocked[outcome.blocked_by or "nothing to say"] += 1
        else:
            self.replies[outcome.answer, outcome.language] += 1
        if outcome.their_team:
            self.moves[outcome.their_team, outcome.team] += 1
        self._draw(outcome)

    def _draw(self, outcome: Outcome) -> None:
        """Keep an even sample of what was seen so far (reservoir sampling)."""
        if len(self.sample) < SAMPLED:
            self.sample.append(outcome)
        elif (place := self._random.randrange(self.judged)) < SAMPLED:
            self.sample[place] = outcome


def count(outcomes: Iterable[Outcome], seed: int = 1) -> Figures:
    """Return the figures of all outcomes."""
    figures = Figures(seed)
    for outcome in outcomes:
        figures.add(outcome)
    return figures


def to_report(
    figures: Figures, assumptions: Assumptions, policy: Policy, teams: Mapping[str, str], unread_rows: int
) -> dict[str, Any]:
    """Return every figure as JSON values; `teams` are the shop's names for the policy's teams."""
    lookups = sum(number for (answer, _), number in figures.replies.items() if answer == LOOKUP)
    touches = figures.answered + lookups * assumptions.lookups_answered
    hours = touches * assumptions.minutes_a_touch / 60
    return {
        "policy": policy.version,
        "tickets": figures.tickets,
        "judged": figures.judged,
        "left_out": dict(figures.left_out.most_common()),
        "unreadable_rows": unread_rows,
        "teams": dict(figures.teams.most_common()),
        "intents": dict(figures.intents.most_common()),
        "channels": dict(figures.channels.most_common()),
        "languages": dict(figures.languages.most_common()),
        "would_reply": [
            {"answer": answer, "language": language, "tickets": number}
            for (answer, language), number in figures.replies.most_common()
        ],
        "no_reply_because": dict(figures.blocked.most_common()),
        "answered_in_full": figures.answered,
        "order_lookups": lookups,
        "machine_mail": figures.machines,
        "escalated": figures.escalated,
        "agreement": _agreement(figures, policy, teams),
        "saved": {
            "touches": round(touches, 1),
            "hours": round(hours, 1),
            "dollars": round(hours * assumptions.dollars_an_hour),
        },
        "assumptions": {
            "minutes_a_touch": assumptions.minutes_a_touch,
            "dollars_an_hour": assumptions.dollars_an_hour,
            "lookups_answered": assumptions.lookups_answered,
        },
    }


def _agreement(figures: Figures, policy: Policy, teams: Mapping[str, str]) -> dict[str, Any]:
    """Return how often the agents' team is ours, over the tickets whose team has a name we know."""
    ours = {name.casefold(): name for name in policy.settings.teams}
    names = {theirs.casefold(): team for theirs, team in teams.items()}
    known: Counter[tuple[str, str]] = Counter()
    foreign: Counter[str] = Counter()
    for (theirs, team), number in figures.moves.items():
        meant = names.get(theirs.casefold()) or ours.get(theirs.casefold())
        if meant is None:
            foreign[theirs] += number
        else:
            known[meant, team] += number
    same = sum(number for (theirs, team), number in known.items() if theirs == team)
    return {
        "tickets": known.total(),
        "same_team": same,
        "share": round(same / known.total(), 4) if known else None,
        "moves": [
            {"agents": theirs, "ours": team, "tickets": number} for (theirs, team), number in known.most_common()
        ],
        "teams_not_known": dict(foreign.most_common(20)),
    }
