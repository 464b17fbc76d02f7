"""One period in figures: as JSON for programs, and as lines with small plots for people."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from rp_mw_ops.environment import Environment
from rp_mw_ops.figures.budget import BudgetUse, load_budget_use
from rp_mw_ops.figures.measures import Measures, load_measures
from rp_mw_ops.figures.period import Days, days_until, load_days, total, utc_day
from rp_mw_ops.figures.text_plots import bar, spark
from rp_mw_ops.finding import open_days
from rp_mw_shared.reasons import find_reason
from rp_mw_shared.times import MS_PER_DAY, parse_iso_ms
from rp_mw_worker.domain.figures import Figures

PERCENTILES = (0.5, 0.95, 0.99)
MOST_WHYS = 8
_MOST_PERCENT = 100
_VENDORS = ("richpanel", "openai", "shopify")


@dataclass(frozen=True, slots=True)
class Period:
    """Days oldest first with their figures, what the metrics say of the same time, and the budget in use now."""

    days: Days
    measures: Measures
    budget: BudgetUse

    @property
    def whole(self) -> Figures:
        """All days together."""
        return total(self.days)


def load_period(environment: Environment, number: int, now: int, last: str | None = None) -> Period:
    """Return `number` UTC days that end with `last` (today, if None); `now` is epoch ms. Raises TransientError."""
    names = days_until(last or utc_day(now), number)
    until = min(now, parse_iso_ms(names[-1]) + MS_PER_DAY)
    return Period(
        load_days(open_days(environment), names, now),
        load_measures(environment, parse_iso_ms(names[0]), until),
        load_budget_use(environment, now),
    )


def to_json(period: Period) -> dict[str, Any]:
    """Return the period as plain values; `whys` are codes, their words are in `rp_mw_shared.reasons`."""
    return {
        "from": next(iter(period.days)),
        "to": next(reversed(period.days)),
        "whole": figures_to_json(period.whole),
        "days": {day: figures_to_json(figures) for day, figures in period.days.items()},
        "measures": period.measures,
        "budget": {"used": period.budget.used, "limit": period.budget.limit, "budget": period.budget.budget},
    }


def figures_to_json(figures: Figures) -> dict[str, Any]:
    """Return the figures with what follows from them: rate, those handed over, percentiles in milliseconds."""
    return figures.to_json() | {
        "decisions": figures.decisions,
        "sent": figures.sent,
        "handed_over": figures.decisions - figures.sent,
        "automation_rate": figures.automation_rate,
        "took_ms": {f"p{round(share * 100)}": figures.took_ms(share) for share in PERCENTILES},
    }


def to_lines(period: Period) -> list[str]:
    """Return the period for people; a share or a percentile of nothing is a dash."""
    whole, days = period.whole, list(period.days.values())
    first, last = next(iter(period.days)), next(reversed(period.days))
    title = first if first == last else f"{first} to {last}, {len(days)} days"
    lines = [f"{title} (UTC)", *_volume_lines(period, whole, days), _time_line(whole)]
    lines += _counter_lines("teams (answered of all)", whole.teams, whole.answered)
    lines += _why_lines(whole)
    return lines + _vendor_lines(period)


def _volume_lines(period: Period, whole: Figures, days: list[Figures]) -> list[str]:
    measures = period.measures
    by_day = len(days) > 1
    shown = {
        "decisions": (whole.decisions, "", [one.decisions for one in days]),
        "answered": (whole.sent, percent(whole.automation_rate), [one.sent for one in days]),
        "handed over": (whole.decisions - whole.sent, "", [one.decisions - one.sent for one in days]),
        "machines": (whole.machines, "", [one.machines for one in days]),
        "no model": (whole.fallbacks, _share(whole.fallbacks, whole.decisions), [one.fallbacks for one in days]),
    }
    received = f"{measures['received']:,} webhooks, {measures['duplicates']:,} came again"
    lines = [f"  received     {received}, {measures['ignored']:,} ignored, {measures['refused']:,} refused"]
    for label, (number, share, values) in shown.items():
        lines.append(f"  {label:<12} {number:>7,} {share:>6} {spark(values) if by_day else ''}".rstrip())
    return lines


def _time_line(whole: Figures) -> str:
    times = ", ".join(f"p{round(share * 100)} {seconds(whole.took_ms(share))}" for share in PERCENTILES)
    return f"  done within  {times} (webhook to end, to within a fifth)"


def _counter_lines(title: str, counts: Counter[str], parts: Counter[str]) -> list[str]:
    if not counts:
        return []
    most = max(counts.values())
    lines = [f"{title}"]
    for name, number in counts.most_common():
        lines.append(f"  {name:<24} {parts[name]:>6,} of {number:>6,}  {bar(number, most)}")
    return lines


def _why_lines(whole: Figures) -> list[str]:
    if not whole.whys:
        return []
    most = max(whole.whys.values())
    lines = ["why there was no reply"]
    for code, number in commonest_whys(whole):
        lines.append(f"  {number:>6,}  {bar(number, most, 10):<10}  {find_reason(code).sentence}")
    left = len(whole.whys) - MOST_WHYS
    return [*lines, f"          and {left} reasons more: --json"] if left > 0 else lines


def commonest_whys(figures: Figures) -> list[tuple[str, int]]:
    """Return the commonest reason codes with how often, the heavier first among equals."""
    ordered = sorted(figures.whys.items(), key=lambda pair: (-pair[1], -find_reason(pair[0]).weight))
    return ordered[:MOST_WHYS]


def _vendor_lines(period: Period) -> list[str]:
    measures, budget = period.measures, period.budget
    lines = ["vendors"]
    for vendor in _VENDORS:
        calls, errors, throttled = (measures[f"{vendor}_{word}"] for word in ("calls", "errors", "throttled"))
        lines.append(f"  {vendor:<12} {calls:>7,} calls, {errors:,} errors, {throttled:,} refused as too many")
    return [*lines, f"  Richpanel's budget now: {budget.used} of {budget.limit} calls in 30 s"]


def percent(share: float | None) -> str:
    """Return a share, 0 to 1, in whole per cent; a dash for none."""
    return "-" if share is None else f"{share * _MOST_PERCENT:.0f} %"


def _share(part: int, whole: int) -> str:
    return percent(part / whole if whole else None)


def seconds(milliseconds: int | None) -> str:
    """Return a time in seconds for people; a dash for none."""
    if milliseconds is None:
        return "-"
    return f"{milliseconds / 1000:.1f} s" if milliseconds < 100_000 else f"{milliseconds / 60_000:.0f} min"
