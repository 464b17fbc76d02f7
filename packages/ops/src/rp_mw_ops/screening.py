"""What the words and the models in the zip find in a message, and how often they are right on labelled ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rp_mw_ops.eval.classifiers import Classify
from rp_mw_ops.eval.progress import with_progress
from rp_mw_ops.jsonl import Row, load_lines, numbered, parse_object
from rp_mw_shared.errors import ConfigurationError
from rp_mw_worker.domain.interpretation import HUMAN_RISK_FLAG
from rp_mw_worker.domain.model import Classification
from rp_mw_worker.domain.policy import BASE_LANGUAGE
from rp_mw_worker.domain.screen import escalations, wants_human
from rp_mw_worker.policy_engine import PolicyEngine

SERVED = ("de", "fr", "es", "it", "nl", "pt")
ALL_SERVED = "six"
OTHERS = "others"
TIER0, NEAR_MISS, ORDINARY, HUMAN, LANGUAGE = "tier0", "near_miss", "ordinary", "human_request", "language"
RIGHT = frozenset({TIER0, HUMAN, LANGUAGE})  # of these a row that counts is right, of the others it is wrong


@dataclass(slots=True)
class Tally:
    """How many rows a figure is over, and how many of them count."""

    found: int = 0
    total: int = 0

    def add(self, counts: bool) -> None:
        """Adds one row."""
        self.found += counts
        self.total += 1


def to_answer(row: Row, engine: PolicyEngine, classify: Classify) -> dict[str, Any]:
    """Return what is found in the row's text and subject, and the language they were read in.

    Words of the text that the model in the zip holds for harmless decide no team, as in the worker: they are `doubted`.
    """
    subject, text = row.get("subject") or "", row["text"]
    language = engine.language(text, (subject,) if subject else ())
    hits, rules = engine.screen(f"{subject}\n{text}", language), engine.policy.screen
    found = classify(text, language)
    doubted = _doubted(text, subject, language, found, engine)
    return {
        "hits": sorted(hits - doubted),
        "doubted": sorted(doubted),
        "labels": sorted(escalations(hits - doubted, rules)),
        "human_requested": wants_human(hits, rules) or HUMAN_RISK_FLAG in found.risk_flags,
        "language": language,
        "machine_marks": [],
    }


def _doubted(
    text: str, subject: str, language: str | None, found: Classification, engine: PolicyEngine
) -> frozenset[str]:
    """Return the tier-0 hits of `text` alone that the classifier holds for harmless; the subject it has not read."""
    if found.tier0_share is None or found.tier0_share >= engine.policy.settings.thresholds.harmless_tier0:
        return frozenset()
    own = engine.screen(text, language) - engine.screen(subject, language)
    return frozenset(hit for hit in own if escalations((hit,), engine.policy.screen))


def load_rows(path: Path) -> list[Row]:
    """Return the rows of `path`. Raises ConfigurationError naming the first line that lacks a text or a label."""
    rows = []
    for number, line in numbered(load_lines(path)):
        row = parse_object(line, number)
        if not all(isinstance(row.get(name), str) for name in ("text", "intent")):
            raise ConfigurationError([f'{path}, line {number}: "text" or "intent" is missing or not a string'])
        rows.append(row)
    if not rows:
        raise ConfigurationError([f"{path}: no rows"])
    return rows


def measure(
    rows: list[Row], engine: PolicyEngine, classify: Classify
) -> tuple[dict[str, dict[str, Any]], dict[str, list[str]]]:
    """Return share, found and total of every figure, and the texts that were got wrong, by `<language>.<figure>`."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    missed: dict[str, list[str]] = defaultdict(list)
    for row in with_progress(rows, "messages"):
        for name, counts in _outcomes(row, engine, classify):
            if counts != (name in RIGHT):
                missed[f"{_group(row)}.{name}"].append(row["text"])
            for group in _groups(row):
                tallies[f"{group}.{name}"].add(counts)
    figures = {
        name: {"share": tally.found / tally.total, "found": tally.found, "total": tally.total}
        for name, tally in sorted(tallies.items())
    }
    return figures, missed


def _outcomes(row: Row, engine: PolicyEngine, classify: Classify) -> Iterator[tuple[str, bool]]:
    answer = to_answer(row, engine, classify)
    is_escalated = bool(answer["labels"])
    if row["intent"] in engine.policy.tier0_labels:
        yield TIER0, is_escalated
    else:
        yield NEAR_MISS if row.get("near_miss") else ORDINARY, is_escalated
    if row.get("human_request"):
        yield HUMAN, answer["human_requested"]
    yield LANGUAGE, answer["language"] == row.get("lang", BASE_LANGUAGE)


def _group(row: Row) -> str:
    language = str(row.get("lang", BASE_LANGUAGE))
    return language if language in {*SERVED, BASE_LANGUAGE} else OTHERS


def _groups(row: Row) -> tuple[str, ...]:
    group = _group(row)
    return (group, ALL_SERVED) if group in SERVED else (group,)
