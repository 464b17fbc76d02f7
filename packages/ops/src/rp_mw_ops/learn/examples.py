"""What is learnt from: of each labelled message the model's own scores and the right label, and nothing else.

    {"id", "text", "intent"} -- language, redaction, the shipped model --> scores [labels], place of the label
    {"id", "scores": {label: share}, "intent"} ------------------------> the same, and no text is needed

The second form is what a decision already records of a ticket. The text of the first is dropped here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rp_mw_ops.eval.rows import Row, load_labelled_rows, parse_row
from rp_mw_ops.jsonl import load_lines, numbered, parse_object
from rp_mw_shared.errors import ConfigurationError
from rp_mw_shared.redaction import redact_for_model
from rp_mw_worker.classifiers.cascade import LANGUAGES
from rp_mw_worker.classifiers.embedded import EmbeddedClassifier
from rp_mw_worker.policy_engine import PolicyEngine

# Our own wordings of every label (tools/train/make_own_messages.py): a correction may spoil none of them.
OWN_MESSAGES = Path(__file__).parent / "own_messages.jsonl"
_MOST_PROBLEMS = 10
# Recorded confidences are rounded to four places and have to leave something for the labels that are not listed.
_LEAST_REST = 1e-3


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled message. `scores` [labels] are the shipped model's; `gold` is the right label's place among them.

    `is_on_topic` False: nothing in it is for the shop, and no correction touches it. `is_words_risk`: the screen's
    words escalate it, whatever the model says.
    """

    scores: tuple[float, ...]
    gold: int
    is_on_topic: bool
    is_words_risk: bool


@dataclass(slots=True)
class Material:
    """The examples, and how many rows were left out, by language: another model reads those.

    Of an environment's decisions: `corrected` are the examples that an agent corrected, `not_used` counts by why.
    """

    examples: list[Example] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    not_used: Counter[str] = field(default_factory=Counter)
    corrected: int = 0


def load_material(path: Path, classifier: EmbeddedClassifier, engine: PolicyEngine) -> Material:
    """Return what the file's rows teach. Raises ConfigurationError listing every bad line (the first ten)."""
    material, problems = Material(), []
    for number, line in numbered(load_lines(path)):
        try:
            _add(parse_object(line, number), line, number, classifier, engine, material)
        except ConfigurationError as error:
            problems += [f"{path}: {problem}" for problem in error.problems]
    if problems or not (material.examples or material.left_out):
        raise ConfigurationError(problems[:_MOST_PROBLEMS] or [f"{path}: no rows"])
    return material


def load_own(classifier: EmbeddedClassifier, engine: PolicyEngine) -> list[Example]:
    """Return our own messages of the labels that the model can name."""
    labels = frozenset(classifier.labels)
    rows = load_labelled_rows(OWN_MESSAGES, labels | frozenset(engine.policy.intents))
    return [read_text(row, classifier, engine) for row in rows if row.intent in labels]


def read_text(row: Row, classifier: EmbeddedClassifier, engine: PolicyEngine) -> Example:
    """Return what the text teaches: it goes no further than this function."""
    scores, is_on_topic = classifier.relevant_scores(redact_for_model(row.text).text)
    return Example(tuple(scores), classifier.labels.index(row.intent), is_on_topic, _is_risk(row.text, engine))


def _is_risk(text: str, engine: PolicyEngine) -> bool:
    from rp_mw_worker.domain.screen import escalations

    return bool(escalations(engine.screen(text), engine.policy.screen))


def _add(
    record: dict[str, Any],
    line: str,
    number: int,
    classifier: EmbeddedClassifier,
    engine: PolicyEngine,
    material: Material,
) -> None:
    intent = record.get("intent")
    if intent not in classifier.labels:
        raise ConfigurationError(
            [f'line {number}: "intent" {intent!r} is none of the {len(classifier.labels)} labels that the model knows']
        )
    if "text" not in record and "scores" in record:
        scores = to_scores(record["scores"], classifier.labels, number)
        material.examples.append(Example(scores, classifier.labels.index(str(intent)), True, False))
        return
    row = parse_row(line, number)
    language = engine.language(row.text, ())
    if language in LANGUAGES:
        material.left_out[str(language)] += 1
    else:
        material.examples.append(read_text(row, classifier, engine))


def to_scores(given: Any, labels: Sequence[str], number: int) -> tuple[float, ...]:
    """Return a score for each label; what the listed ones leave is shared by the others.

    Raises ConfigurationError for what is no share of a label.
    """
    if not isinstance(given, dict) or not given or not set(given) <= set(labels):
        raise ConfigurationError([f'line {number}: "scores" has to give shares by label, of the model\'s labels'])
    shares = list(given.values())
    if any(isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1 for share in shares):
        raise ConfigurationError([f'line {number}: every share in "scores" has to be a number from 0 to 1'])
    if sum(shares) > 1.001:
        raise ConfigurationError([f'line {number}: the shares in "scores" make more than 1'])
    others = max(len(labels) - len(given), 1)
    rest = max(1 - sum(shares), _LEAST_REST) / others
    whole = [float(given.get(label, rest)) for label in labels]
    return tuple(value / sum(whole) for value in whole)
