"""Plots as inline SVG: no script, no font, no network; CSS classes follow the reader's light or dark scheme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

WIDTH, HEIGHT, MARGIN = 420, 300, 44
Point = tuple[float, float]


def reliability_plot(bins: Sequence[dict[str, Any]]) -> str:
    """Return accuracy over confidence: a bar for each bin that has rows, wider for more, and the ideal diagonal."""
    most = max((group["rows"] for group in bins), default=1) or 1
    marks = [_line([(0, 0), (1, 1)], "ideal")]
    for group in bins:
        if group["rows"]:
            half = 0.012 + 0.035 * group["rows"] / most
            middle = (group["low"] + group["high"]) / 2
            title = f"{group['rows']} rows, confidence {group['confidence']:.2f}, accuracy {group['accuracy']:.2f}"
            marks.append(_bar(middle - half, middle + half, group["accuracy"], title))
            marks.append(_dot((group["confidence"], group["accuracy"]), title))
    return _frame("".join(marks), "confidence", "accuracy", "Reliability: accuracy at each confidence")


def coverage_plot(curve: Sequence[dict[str, Any]], threshold: float) -> str:
    """Return coverage and precision over the routing threshold, with the shipped one marked."""
    coverage = [(point["threshold"], point["coverage"]) for point in curve]
    precision = [(point["threshold"], point["precision"]) for point in curve if point["coverage"]]
    marks = [
        _line([(threshold, 0), (threshold, 1)], "ideal"),
        _line(coverage, "second"),
        _line(precision, "first"),
        *(_dot(at, f"threshold {at[0]:.2f}: precision {at[1]:.3f}") for at in precision),
    ]
    return _frame("".join(marks), "routing threshold", "share", "Precision (solid) and coverage (dashed) by threshold")


def label_bars(scores: dict[str, dict[str, Any]]) -> str:
    """Return one horizontal bar for each label: F1, with support and precision and recall on hover."""
    row, left, width = 20, 210, 640
    parts = []
    for place, (label, score) in enumerate(sorted(scores.items(), key=lambda pair: -pair[1]["f1"])):
        top = place * row
        length = (width - left - 60) * score["f1"]
        title = f"precision {score['precision']:.2f}, recall {score['recall']:.2f}, {score['support']} rows"
        parts.append(
            f'<text x="{left - 8}" y="{top + 14}" class="end">{escape(label)}</text>'
            f'<rect x="{left}" y="{top + 3}" width="{max(length, 1):.1f}" height="14" rx="2" class="bar">'
            f"<title>{title}</title></rect>"
            f'<text x="{left + length + 6:.1f}" y="{top + 14}">{score["f1"]:.2f} · {score["support"]}</text>'
        )
    height = row * len(scores) + 4
    return _svg(width, height, "".join(parts), "F1 and number of rows for each label")


def count_bars(counts: Mapping[str, int], title: str) -> str:
    """Return one horizontal bar for each name, longest for the highest count, with the count beside it."""
    row, left, width = 22, 260, 640
    most = max(counts.values(), default=1)
    parts = []
    for place, (name, count) in enumerate(counts.items()):
        top, length = place * row, (width - left - 60) * count / most
        parts.append(
            f'<text x="{left - 8}" y="{top + 15}" class="end">{escape(name)}</text>'
            f'<rect x="{left}" y="{top + 3}" width="{max(length, 1):.1f}" height="15" rx="2" class="bar"/>'
            f'<text x="{left + length + 6:.1f}" y="{top + 15}">{count}</text>'
        )
    return _svg(width, row * len(counts) + 4, "".join(parts), title)


def confusion_map(table: dict[str, dict[str, int]]) -> str:
    """Return the confusion matrix as a heat map: rows are the truth, columns the answer, shade the share of the row."""
    labels = sorted({*table, *(name for row in table.values() for name in row)})
    cell, left, top = 17, 200, 200
    parts = [_axis_labels(labels, cell, left, top)]
    for line, gold in enumerate(labels):
        row = table.get(gold, {})
        total = sum(row.values())
        for column, label in enumerate(labels):
            if count := row.get(label, 0):
                kind = "hit" if gold == label else "miss"
                parts.append(
                    f'<rect x="{left + column * cell}" y="{top + line * cell}" width="{cell - 1}" height="{cell - 1}"'
                    f' class="{kind}" opacity="{0.12 + 0.88 * count / total:.2f}">'
                    f"<title>{escape(gold)} called {escape(label)}: {count} of {total}</title></rect>"
                )
    side = cell * len(labels)
    return _svg(left + side + 110, top + side + 8, "".join(parts), "Confusion: truth by row, answer by column")


def _axis_labels(labels: Sequence[str], cell: int, left: int, top: int) -> str:
    parts = []
    for place, label in enumerate(labels):
        middle = place * cell + cell * 0.7
        parts.append(f'<text x="{left - 6}" y="{top + middle:.1f}" class="end">{escape(label)}</text>')
        parts.append(f'<text transform="translate({left + middle:.1f} {top - 6}) rotate(-60)">{escape(label)}</text>')
    return "".join(parts)


def _frame(marks: str, across: str, up: str, title: str) -> str:
    ticks = []
    for step in range(6):
        value = step / 5
        x, y = _place((value, value))
        ticks.append(
            f'<line x1="{MARGIN}" x2="{WIDTH - 12}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>'
            f'<text x="{MARGIN - 6}" y="{y + 4:.1f}" class="end">{value:.1f}</text>'
            f'<text x="{x:.1f}" y="{HEIGHT - MARGIN + 18}" class="middle">{value:.1f}</text>'
        )
    names = (
        f'<text x="{(WIDTH + MARGIN) / 2}" y="{HEIGHT - 8}" class="middle">{escape(across)}</text>'
        f'<text transform="translate(12 {HEIGHT / 2 - 10}) rotate(-90)" class="middle">{escape(up)}</text>'
    )
    return _svg(WIDTH, HEIGHT, "".join(ticks) + marks + names, title)


def _place(at: Point) -> Point:
    return MARGIN + at[0] * (WIDTH - MARGIN - 12), HEIGHT - MARGIN - at[1] * (HEIGHT - MARGIN - 12)


def _line(points: Sequence[Point], kind: str) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(_place, points))
    return f'<polyline points="{path}" class="line {kind}"/>'


def _dot(at: Point, title: str) -> str:
    x, y = _place(at)
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" class="dot"><title>{escape(title)}</title></circle>'


def _bar(left: float, right: float, height: float, title: str) -> str:
    (x, y), (end, floor) = _place((left, height)), _place((right, 0))
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{end - x:.1f}" height="{floor - y:.1f}" class="bar soft">'
        f"<title>{escape(title)}</title></rect>"
    )


def _svg(width: float, height: float, inside: str, title: str) -> str:
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(title)}" '
        f'style="max-width:{width:g}px" xmlns="http://www.w3.org/2000/svg">{inside}</svg>'
    )
