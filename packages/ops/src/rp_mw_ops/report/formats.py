"""A report as text, as a page that loads nothing, as JSON and as CSV. The definitions are in all four."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from html import escape
from textwrap import wrap
from typing import Any

from rp_mw_ops.eval.plots import count_bars
from rp_mw_ops.figures.report import seconds
from rp_mw_ops.html_page import to_page, to_section
from rp_mw_ops.report.definitions import TITLES
from rp_mw_ops.report.lines import COUNT, DOLLARS, MILLISECONDS, SHARE, Line, reason_words

COLUMNS = ("figure", "name", "value", "unit", "hits", "of", "low", "high", "definition")
_WIDTH = 100
_MS_PER_HOUR = 3_600_000
# the figures that a page shows first
_TILES = (
    "decided",
    "answered",
    "resolved_72h",
    "agreement",
    "wrong_replies",
    "first_answer_p50",
    "dollars_a_resolution",
)
_BARS = (("handed_over_because", "Decisions by reason"), ("moved", "Tickets by our team and theirs"))


def to_text(title: str, lines: Sequence[Line]) -> list[str]:
    """Return the report for people: each figure once with its definition, its parts below it."""
    told = [title]
    for figure, parts in _by_figure(lines):
        whole = [line for line in parts if not line.name]
        head = to_words(whole[0]) if whole else ""
        told += ["", f"{TITLES[figure]:<28} {head}".rstrip()]
        told += [f"    {to_words(line):<34} {reason_words(line)}" for line in parts if line.name]
        told += [f"    | {text}" for text in wrap(parts[0].definition, _WIDTH, break_on_hyphens=False)]
    return told


def to_html(title: str, lines: Sequence[Line]) -> str:
    """Return one page: the main figures, plots of what has parts, and every figure with its definition."""
    body = [_tiles(lines)]
    for figure, heading in _BARS:
        counts = {reason_words(line): int(line.value or 0) for line in lines if line.figure == figure}
        body += [to_section(TITLES[figure].capitalize(), count_bars(counts, heading))] if counts else []
    body.append(to_section("Every figure", _table(lines)))
    return to_page(f"rp-mw report: {title}", "What was done", title, "\n".join(body))


def to_csv(lines: Sequence[Line]) -> str:
    """Return the report as CSV: a head and one row a line, numbers plain, empty where there is no figure."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows([line.to_json()[name] for name in COLUMNS] for line in lines)
    return out.getvalue()


def to_json(since: str, until: str, lines: Sequence[Line]) -> dict[str, Any]:
    """Return the report as plain values."""
    return {"from": since, "to": until, "lines": [line.to_json() for line in lines]}


def to_words(line: Line) -> str:
    """Return a line's value for people; a dash where there is none."""
    if line.value is None:
        return "-"
    if line.unit == SHARE:
        interval = f", 95 %: {_percent(line.low)} to {_percent(line.high)}" if line.low is not None else ""
        return f"{_percent(line.value)} ({line.hits:,} of {line.of:,}{interval})"
    if line.unit == MILLISECONDS:
        return seconds(int(line.value)) if line.value < _MS_PER_HOUR else f"{line.value / _MS_PER_HOUR:.1f} h"
    if line.unit == DOLLARS:
        return f"{line.value:.4f} dollars"
    return f"{line.value:,.0f}" if line.unit == COUNT else f"{line.value:.2f} of 5 ({line.of:,})"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _by_figure(lines: Sequence[Line]) -> Iterator[tuple[str, list[Line]]]:
    for figure in dict.fromkeys(line.figure for line in lines):
        yield figure, [line for line in lines if line.figure == figure]


def _tiles(lines: Sequence[Line]) -> str:
    tiles = "".join(
        f'<div class="tile" title="{escape(line.definition)}"><b>{escape(to_words(line).partition(" (")[0])}</b>'
        f"<span>{escape(TITLES[line.figure])}</span></div>"
        for line in lines
        if line.figure in _TILES and not line.name
    )
    return f'<section><div class="tiles">{tiles}</div></section>'


def _table(lines: Sequence[Line]) -> str:
    rows = "".join(
        f"<tr><td>{escape(TITLES[line.figure])}{': ' if line.name else ''}{escape(reason_words(line))}</td>"
        f"<td>{escape(to_words(line))}</td><td>{escape(line.definition)}</td></tr>"
        for line in lines
    )
    return f"<table><tr><th>figure</th><th>value</th><th>what it is</th></tr>{rows}</table>"
