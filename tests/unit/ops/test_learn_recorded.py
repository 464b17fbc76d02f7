"""What the audit trail's own rows teach: which decisions, by whose word, and why the others do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rp_mw_ops.cli import main
from rp_mw_ops.learn.examples import Material
from rp_mw_ops.learn.recorded import add_recorded
from rp_mw_worker.classifiers.embedded import EmbeddedClassifier
from rp_mw_worker.policy_engine import PolicyEngine
from tests.fakes.policy import load_policy

POLICY = load_policy()
CLASSIFIER = EmbeddedClassifier(POLICY.tier0_labels)
ENGINE = PolicyEngine(POLICY)
KEY = "2026-11-18T10:20:00.000Z#aaaaaaaaaaaa"
GUESS, RIGHT = "unknown_other", "promo_discount_issue"


def decision(**record: Any) -> dict[str, Any]:
    """A decision that the embedded model made."""
    return {
        "conversation_id": "c-1",
        "ts_action_id": f"{KEY}#decision",
        "outcome": "completed",
        "intent": GUESS,
        "versions": ["1.0.0", "1.0.0", CLASSIFIER.model_version],
        "replay": {"v": 1, "i": [[GUESS, 0.7], [RIGHT, 0.2]]} | record,
    }


def outcome(**values: Any) -> dict[str, Any]:
    """A ticket that people left with our team and our intent."""
    key = {"conversation_id": "c-1", "ts_action_id": f"{KEY}#outcome#{values.get('read_at', 1)}", "kind": "outcome"}
    return key | {"read_at": 1, "intent": GUESS, "agreement": "same", "end": "closed", "reply": "none"} | values


def taught(*rows: dict[str, Any]) -> Material:
    """What the rows teach."""
    material = Material()
    add_recorded(rows, CLASSIFIER, ENGINE, material)
    return material


def test_an_agents_label_is_learnt_with_the_scores_that_the_model_gave() -> None:
    """What the listed intents leave is shared by the others; the newest reading counts."""
    material = taught(outcome(label="return_request"), decision(), outcome(read_at=2, label=RIGHT))
    (example,) = material.examples
    assert (CLASSIFIER.labels[example.gold], material.corrected) == (RIGHT, 1)
    assert example.scores[CLASSIFIER.labels.index(GUESS)] == pytest.approx(0.7)
    assert sum(example.scores) == pytest.approx(1)
    assert not example.is_words_risk


def test_a_ticket_that_people_left_as_it_was_confirms_our_intent() -> None:
    """And what the screen's words escalated is known from the record."""
    material = taught(decision(s=["legal_threat"]), outcome())
    (example,) = material.examples
    assert (CLASSIFIER.labels[example.gold], material.corrected, example.is_words_risk) == (GUESS, 0, True)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([decision()], "not_read_back"),
        ([decision(), outcome(conversation_id="c-2", label=RIGHT)], "not_read_back"),
        ([decision(), outcome(agreement="unknown")], "untold"),
        ([decision(), outcome(agreement="moved")], "untold"),
        ([decision(), outcome(agreement="superseded")], "untold"),
        ([decision(), outcome(marks=["mw-wrong-reply"])], "untold"),
        ([decision() | {"versions": ["1", "1", "gpt-5-mini"]}, outcome(label=RIGHT)], "other_model"),
        (
            [decision() | {"versions": ["1", "1", f"{CLASSIFIER.model_version}+shop-1"]}, outcome(label=RIGHT)],
            "other_model",
        ),
        ([decision() | {"versions": []}, outcome(label=RIGHT)], "other_model"),
        ([decision(x="slow"), outcome(label=RIGHT)], "no_scores"),
        ([decision(i=[]), outcome(label=RIGHT)], "no_scores"),
        ([decision(i=[["of_another_model", 0.9]]), outcome(label=RIGHT)], "no_scores"),
        ([decision(), outcome(label="of_another_model")], "no_scores"),
    ],
)
def test_what_teaches_nothing_is_counted_by_why(rows: list[dict[str, Any]], why: str) -> None:
    """No row is dropped in silence."""
    material = taught(*rows)
    assert (material.examples, dict(material.not_used), material.corrected) == ([], {why: 1}, 0)


def test_a_message_that_the_other_model_read_is_left_out_by_language() -> None:
    """One that no other model reads is the English model's, and counts."""
    assert taught(decision(g="de"), outcome(label=RIGHT)).left_out == {"de": 1}
    assert len(taught(decision(g="pl"), outcome(label=RIGHT)).examples) == 1


def test_what_is_no_decision_is_not_counted() -> None:
    """A flow that waits, and an operator's deed."""
    assert taught(decision() | {"outcome": "parked"}, decision() | {"kind": "flag_change"}) == Material()


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--days", "0"], "--days 0 is not between 1 and 60"), (["rows.jsonl", "--days", "7"], "give it without a file")],
)
def test_days_are_of_the_environment_alone(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Told before anything is opened."""
    run: Callable[[list[str]], int] = main
    assert run(["learn", *words]) == 2
    assert said in capsys.readouterr().err
