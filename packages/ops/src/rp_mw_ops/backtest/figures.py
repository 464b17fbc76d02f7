"""The figures of a backtest, counted from the outcomes as they come; no ticket is kept but the sample's number."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rp_mw_ops.backtest.outcome import LOOKUP, NOTHING, OTHER_NAMES, Outcome

if TYPE_CHECKING:
    from rp_mw_worker.domain.policy import Policy

SAMPLED = 50
# A foreign team's name is shown only where it is one: short (`outcome.MOST_NAME_CHARS`), and that of several tickets.
MOST_NAMES, LEAST_TICKETS_A_NAME = 20, 3


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
    foreign: Counter[str] = field(default_factory=Counter)
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
        if outcome.foreign_team:
            self.foreign[outcome.foreign_team] += 1
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


def to_report(figures: Figures, assumptions: Assumptions, policy: Policy, unread_rows: int) -> dict[str, Any]:
    """Return every figure as JSON values."""
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
        "agreement": _agreement(figures),
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


def _agreement(figures: Figures) -> dict[str, Any]:
    """Return how often the agents' team is ours, over the tickets whose team is known by its name or by tags."""
    tickets = figures.moves.total()
    same = sum(number for (theirs, team), number in figures.moves.items() if theirs == team)
    return {
        "tickets": tickets,
        "same_team": same,
        "share": round(same / tickets, 4) if tickets else None,
        "moves": [
            {"agents": theirs, "ours": team, "tickets": number}
            for (theirs, team), number in figures.moves.most_common()
        ],
        "teams_not_known": _shown_names(figures.foreign),
    }


def _shown_names(foreign: Counter[str]) -> dict[str, int]:
    """Return the names that several tickets have, the rest as one number: a column may hold what a customer wrote."""
    names = {
        name: number
        for name, number in foreign.most_common(MOST_NAMES)
        if name != OTHER_NAMES and number >= LEAST_TICKETS_A_NAME
    }
    others = foreign.total() - sum(names.values())
    return names | ({OTHER_NAMES: others} if others else {})
