"""Which classifier is asked, and whose answer counts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rp_mw_shared.observability import flush_metrics
from rp_mw_worker.classifiers.cascade import ClassifierChoice
from rp_mw_worker.domain.model import Classification, Intent
from tests.fakes.recording import Recording, recording


class Canned:
    """A classifier with one answer, which counts how often it is asked."""

    def __init__(self, answer: Classification) -> None:
        self.answer = answer
        self.asked = 0

    def classify(self, text: str, deadline: float | None = None, subject: str = "") -> Classification:
        """Return the answer."""
        self.asked += 1
        return self.answer


@pytest.fixture(autouse=True)
def recorded() -> Iterator[Recording]:
    """Log lines and metrics."""
    with recording() as kept:
        yield kept


def answer(*pairs: tuple[str, float], risks: frozenset[str] = frozenset()) -> Classification:
    """A classification with these intents."""
    return Classification(tuple(Intent(label, score) for label, score in pairs), risks)


def choose(first: Classification, second: Classification) -> tuple[ClassifierChoice, Canned, Canned]:
    """A choice between two canned classifiers."""
    embedded, model = Canned(first), Canned(second)
    return ClassifierChoice(lambda: embedded, lambda: model), embedded, model


def test_a_sure_embedded_answer_spares_the_model(recorded: Recording) -> None:
    """High and clearly ahead: the model is not asked, and the saving is counted."""
    choice, _, model = choose(answer(("a", 0.9), ("b", 0.05)), answer(("c", 1.0)))
    found = choice.classify("cascade", "text", 1.0, "s")
    assert (found.intents[0].label, found.classifier, model.asked) == ("a", "cascade", 0)
    flush_metrics()
    assert recorded.samples("Cascade") == [1]


@pytest.mark.parametrize("first", [answer(("a", 0.7)), answer(("a", 0.9), ("b", 0.8)), answer()])
def test_an_unsure_one_asks_the_model(first: Classification) -> None:
    """Low, close, or empty: the model's answer counts."""
    choice, _, model = choose(first, answer(("c", 0.95)))
    assert choice.classify("cascade", "text", 1.0, "s").intents[0].label == "c"
    assert model.asked == 1


def test_risks_seen_by_either_count() -> None:
    """A faint escalation the embedded one saw is not lost when the model answers."""
    choice, _, _ = choose(answer(("a", 0.5), risks=frozenset({"legal_threat"})), answer(("c", 0.95)))
    assert "legal_threat" in choice.classify("cascade", "text", 1.0, "s").risk_flags


def test_a_failing_model_is_a_failure_not_the_unsure_guess() -> None:
    """People look instead."""
    choice, _, _ = choose(answer(("a", 0.5)), Classification(failure="model_timeout"))
    found = choice.classify("cascade", "text", 1.0, "s")
    assert (found.failure, found.intents) == ("model_timeout", ())


def test_each_name_asks_its_own(recorded: Recording) -> None:
    """`embedded` never makes the model; an unknown name is a failure."""
    del recorded

    def never() -> Canned:
        raise AssertionError("the model was made")

    choice = ClassifierChoice(lambda: Canned(answer(("a", 0.4))), never)
    assert choice.classify("embedded", "text", 1.0, "s").intents[0].label == "a"
    assert choice.classify("oracle", "text", 1.0, "s").failure == "classifier_unknown"
    other = ClassifierChoice(never, lambda: Canned(answer(("c", 0.9))))
    assert other.classify("openai", "text", 1.0, "s").intents[0].label == "c"


@pytest.mark.parametrize(
    ("language", "asked"), [("de", "many"), ("pt", "many"), ("en", "english"), ("pl", "english"), (None, "english")]
)
def test_the_model_of_other_languages_is_made_when_one_of_them_comes(language: str | None, asked: str) -> None:
    """English, languages nobody was trained on and undetermined ones never read its file."""
    made: list[str] = []

    def make(name: str) -> Canned:
        made.append(name)
        return Canned(answer((name, 0.9)))

    choice = ClassifierChoice(lambda: make("english"), lambda: make("model"), make_multilingual=lambda: make("many"))
    assert choice.classify("embedded", "text", 1.0, "s", language).intents[0].label == asked
    assert choice.classify("cascade", "text", 1.0, "s", language).intents[0].label == asked
    assert made == [asked]
