"""A report's lines: each figure with what it is of, its interval and its definition, for every format alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rp_mw_ops.figures.period import total
from rp_mw_ops.report.definitions import DEFINITIONS
from rp_mw_shared.reasons import find_reason
from rp_mw_shared.times import MS_PER_DAY, parse_iso_ms
from rp_mw_worker.domain.agreement import AgreementFigures, to_agreement
from rp_mw_worker.domain.drafts import DraftEnd
from rp_mw_worker.domain.figures import SENT, WINDOWS, Figures
from rp_mw_worker.domain.intervals import Share
from rp_mw_worker.domain.time_buckets import percentile_ms

COUNT, SHARE, MILLISECONDS, DOLLARS, STARS = "count", "share", "ms", "dollars", "stars"
_SATISFIED_FROM = 4
_MICRO = 1_000_000
Days = Mapping[str, Figures]


@dataclass(frozen=True, slots=True)
class Line:
    """One figure. `value` is a count, a share (0 to 1), milliseconds, dollars or a mean of stars; None for no figure.

    A share has `hits` and `of`, what it is of, and the ends of its 95 % interval. `name` tells apart the lines of one
    `figure`: a team, an intent, a reason.
    """

    figure: str
    value: float | None
    unit: str = COUNT
    name: str = ""
    hits: int | None = None
    of: int | None = None
    low: float | None = None
    high: float | None = None

    @property
    def definition(self) -> str:
        """What the figure is, in a sentence or two."""
        return DEFINITIONS[self.figure]

    def to_json(self) -> dict[str, Any]:
        """Return the line as plain values."""
        told = {name: getattr(self, name) for name in ("figure", "name", "value", "unit", "hits", "of", "low", "high")}
        return told | {"definition": self.definition}


def to_report_lines(
    days: Days, measures: Mapping[str, int], now: int, acknowledgements: Collection[str] = ()
) -> list[Line]:
    """Return the lines of the days; `measures` are those of `figures.measures`, `now` is epoch milliseconds.

    `acknowledgements` are the templates that neither ask nor inform.
    """
    whole = total(days)
    agreement = to_agreement(whole)
    return [
        *_volume(whole, measures, acknowledgements),
        *_resolution(days, whole, measures, now),
        *_handed_over(whole),
        *_agreement(whole, agreement),
        *_drafts(whole.drafts),
        *_times(whole),
        *_satisfaction(whole.ratings),
    ]


def to_outcome_lines(days: Days, now: int) -> list[Line]:
    """Return what became of tickets and drafts, resolution and agreement: the lines for which no metric is needed."""
    whole = total(days)
    return [*_resolved(days, now), *_agreement(whole, to_agreement(whole)), *_drafts(whole.drafts)]


def days_due(days: Days, window_ms: int, now: int) -> dict[str, Figures]:
    """Return the days that ended at least `window_ms` before `now`: only of these it is known what stayed quiet."""
    return {day: one for day, one in days.items() if parse_iso_ms(day) + MS_PER_DAY + window_ms <= now}


def _volume(whole: Figures, measures: Mapping[str, int], acknowledgements: Collection[str]) -> Iterator[Line]:
    acknowledged = sum(whole.sent_by[template] for template in acknowledgements)
    yield Line("received", measures["received"])
    yield Line("decided", whole.decisions)
    yield Line("machines", whole.machines)
    yield Line("routed", whole.routed)
    yield _share("answered", Share(whole.sent - acknowledged, whole.decisions))
    yield _share("acknowledged", Share(acknowledged, whole.decisions))
    yield _share("handed_over", Share(whole.decisions - whole.sent, whole.decisions))
    yield _share("read_back", Share(whole.read_back.total(), whole.decisions))


def _resolution(days: Days, whole: Figures, measures: Mapping[str, int], now: int) -> Iterator[Line]:
    told = list(_resolved(days, now))
    yield from told
    resolved = next(line for line in told if line.figure == "resolved_72h")
    cost = measures["model_microdollars"] / _MICRO
    yield Line("model_cost", cost, DOLLARS)
    resolutions = whole.sent * (resolved.value or 0)
    yield Line("dollars_a_resolution", cost / resolutions if resolutions else None, DOLLARS)


def _resolved(days: Days, now: int) -> Iterator[Line]:
    for name, window_ms in reversed(WINDOWS.items()):
        due = total(days_due(days, window_ms, now))
        looked_at = due.read_back[SENT]
        yield _share(f"resolved_{name}", Share(looked_at - due.unresolved[name], looked_at))
        yield _share(f"contacted_again_{name}", Share(due.again[name], looked_at))


def _handed_over(whole: Figures) -> Iterator[Line]:
    for code, number in sorted(whole.whys.items(), key=lambda pair: (-pair[1], pair[0])):
        yield Line("handed_over_because", number, name=code)
    yield Line("waited_p50", percentile_ms(whole.waited, 0.5), MILLISECONDS)
    yield Line("waited_p95", percentile_ms(whole.waited, 0.95), MILLISECONDS)
    yield Line("unanswered", whole.unanswered)


def _agreement(whole: Figures, agreement: AgreementFigures) -> Iterator[Line]:
    yield _share("agreement", agreement.agreed)
    for team, share in sorted(agreement.by_team.items()):
        yield _share("agreement_by_team", share, team)
    for intent, share in sorted(agreement.by_intent.items()):
        yield _share("agreement_by_intent", share, intent)
    yield Line("team_unknown", agreement.unknown)
    for move, number in sorted(whole.moves.items(), key=lambda pair: (-pair[1], pair[0])):
        yield Line("moved", number, name=move)
    yield _share("wrong_replies", Share(agreement.wrong_replies, agreement.replies_read_back))
    yield _share("wrong_planned", Share(agreement.wrong_planned, agreement.planned))
    yield Line("corrected", whole.corrected)
    yield Line("machines_answered", agreement.machine_replies)
    yield Line("false_claims", agreement.false_claims)


def _drafts(ended: Counter[str]) -> Iterator[Line]:
    yield Line("drafts", ended.total())
    for end in DraftEnd:
        yield _share("draft_ended", Share(ended[end.value], ended.total()), end.value)


def _times(whole: Figures) -> Iterator[Line]:
    yield Line("first_answer_p50", percentile_ms(whole.first_answer, 0.5), MILLISECONDS)
    yield Line("first_answer_p95", percentile_ms(whole.first_answer, 0.95), MILLISECONDS)


def _satisfaction(ratings: Counter[str]) -> Iterator[Line]:
    number = ratings.total()
    stars = sum(int(rating) * count for rating, count in ratings.items())
    satisfied = sum(count for rating, count in ratings.items() if int(rating) >= _SATISFIED_FROM)
    yield Line("rating", stars / number if number else None, STARS, of=number)
    yield _share("satisfied", Share(satisfied, number))


def _share(figure: str, share: Share, name: str = "") -> Line:
    low, high = share.interval or (None, None)
    return Line(figure, share.value, SHARE, name, share.hits, share.of, low, high)


def reason_words(line: Line) -> str:
    """Return what a line's name says to people: a reason's sentence, any other name as it is."""
    return find_reason(line.name).sentence if line.figure == "handed_over_because" else line.name
