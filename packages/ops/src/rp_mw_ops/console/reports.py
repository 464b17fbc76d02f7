"""The reports' page: what became of the last days' tickets, and the last evaluations of the classifiers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rp_mw_ops.console.feed import Feed
from rp_mw_ops.console.views import figures_view
from rp_mw_ops.eval.result import HEADLINES, load_result
from rp_mw_ops.report.definitions import TITLES
from rp_mw_ops.report.formats import to_words
from rp_mw_ops.report.lines import to_outcome_lines
from rp_mw_shared.errors import ConfigurationError

MAX_EVALUATIONS = 10
Json = dict[str, Any]


def reports_view(feed: Feed, folder: Path | None) -> Json:
    """Return the figures, what became of the tickets, and the newest results of `rp-mw eval --json` in `folder`."""
    evaluations = {"evaluations": load_evaluations(folder), "folder": str(folder or "")}
    return {"figures": figures_view(feed), "outcomes": to_outcomes(feed)} | evaluations


def to_outcomes(feed: Feed) -> list[Json]:
    """Return resolution and agreement of the shown days: the lines of `rp-mw report`, each with its words.

    Closed days are those that the sweep summed, as in `rp-mw stats`; a report adds the rows up anew.
    """
    day, today = feed.today()
    days = {**feed.history(), **({day: today} if day else {})}
    lines = to_outcome_lines(days, max(part.read_at for part in feed.parts.values()))
    return [line.to_json() | {"title": TITLES[line.figure], "words": to_words(line)} for line in lines]


def load_evaluations(folder: Path | None) -> list[Json]:
    """Return the newest results first; a file that is none is left out."""
    if folder is None or not folder.is_dir():
        return []
    newest = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    found = []
    for path in newest:
        try:
            result = load_result(path)
        except ConfigurationError:
            continue
        told = {name: result["headline"].get(name) for name in HEADLINES}
        labels = sorted((label, score["f1"], score["support"]) for label, score in result["labels"].items())
        about = {"file": path.name, "about": result["about"], "rows": result["rows"]}
        found.append(about | {"headline": told, "labels": labels})
    return found[:MAX_EVALUATIONS]
