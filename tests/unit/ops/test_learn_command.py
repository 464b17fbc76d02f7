"""`rp-mw learn`: a shop's habit is learnt, nothing may fall for it, no word is kept, and bad input is told."""

from __future__ import annotations

import io
import json
import random
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rp_mw_ops.cli import main
from rp_mw_ops.learn import trial
from rp_mw_ops.learn.examples import OWN_MESSAGES, Example, load_own, to_scores
from rp_mw_ops.learn.trial import FOLDS, LEAST_EXAMPLES, Figures, Model, find_refusals, lost_to, split
from rp_mw_shared.errors import ConfigurationError
from rp_mw_worker.classifiers import embedded
from rp_mw_worker.classifiers.correction import load_correction
from rp_mw_worker.classifiers.embedded import EmbeddedClassifier, load_shop_classifier
from rp_mw_worker.policy_engine import PolicyEngine
from tests.fakes.policy import load_policy

POLICY = load_policy()
CLASSIFIER = EmbeddedClassifier(POLICY.tier0_labels)
CANARY = "Zephyrine Quillfeather"
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# A shop with a points card: the shipped model takes its customers' questions for nobody's business.
POINTS = ("where are the points I earned on {}", "points of {} not on my card", "my card shows no points from {}")
POINTS += ("no points for {} yet", "the points for {} never came, {name}", "my points of {} are gone")
GREETINGS = (
    "hello there",
    "good {} everyone",
    "is this {} a holiday",
    "have a nice {}",
    "see you {}",
    "thanks, {name}",
)
MODEL = Model(("a", "b", "risk"), frozenset({2}))


def _rows() -> list[dict[str, Any]]:
    texts = [(text.format(day, name=CANARY), "promo_discount_issue") for text in POINTS for day in DAYS]
    texts += [(text.format(day, name=CANARY), "unknown_other") for text in GREETINGS for day in DAYS]
    random.Random(3).shuffle(texts)
    return [{"id": number, "text": text, "intent": label} for number, (text, label) in enumerate(texts)]


def _write(tmp_path: Path, rows: list[Any]) -> Path:
    path = tmp_path / "labelled.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


@dataclass(frozen=True)
class Learnt:
    """One accepted run: its labelled file, what it wrote, and what it printed."""

    labelled: Path
    target: Path
    printed: str


@pytest.fixture(scope="module", autouse=True)
def _one_penalty() -> Iterator[None]:
    """Every run of this file tries one penalty of the four: the rest is the product's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trial, "PENALTIES", trial.PENALTIES[-1:])
        yield


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Learnt:
    """The shop's habit, learnt once."""
    folder = tmp_path_factory.mktemp("learnt")
    path, target = _write(folder, _rows()), folder / "correction.json"
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as complaints:
        assert main(["learn", str(path), "--out", str(target), "--json"]) == 0
    assert complaints.getvalue() == ""
    return Learnt(path, target, out.getvalue())


def test_a_habit_of_the_shop_is_learnt_written_and_used(learnt: Learnt, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is written, the worker reads it, and a message that was not labelled is read right."""
    told = json.loads(learnt.printed)
    assert (told["accepted"], told["written"], told["refusals"]) == (True, True, [])
    held = told["held_back"]
    assert held["mended"] - held["spoilt"] == held["right_after"] - held["right_before"] > 0
    monkeypatch.setattr(embedded, "CORRECTION_FILE", learnt.target)
    shop, unlabelled = load_shop_classifier(POLICY.tier0_labels), "points of April not on my card"
    assert CLASSIFIER.classify(unlabelled).intents[0].label == "unknown_other"
    assert shop.classify(unlabelled).intents[0].label == "promo_discount_issue"
    assert shop.model_version.endswith(told["version"])


def test_ship_writes_it_beside_the_workers_model(
    learnt: Learnt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same rows give the same version and the same bytes."""
    monkeypatch.setattr(embedded, "CORRECTION_FILE", tmp_path / "shipped.json")
    assert main(["learn", str(learnt.labelled), "--ship"]) == 0
    assert "written" in capsys.readouterr().out
    assert (tmp_path / "shipped.json").read_bytes() == learnt.target.read_bytes()


def test_no_word_of_a_message_is_in_what_is_written_or_printed(learnt: Learnt) -> None:
    """Neither the name nor any other word of the labelled messages that is not the product's own."""
    seen = (learnt.target.read_text("utf-8") + learnt.printed).lower()
    words = {word for row in _rows() for word in str(row["text"]).lower().replace(",", "").split() if len(word) > 5}
    assert {"zephyrine", "quillfeather", "points", "earned"} <= words
    assert [word for word in sorted(words) if word in seen] == []


def test_a_recorded_decision_teaches_without_any_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The scores of the listed intents are enough: what is written knows of a message nothing but its scores."""
    target = tmp_path / "correction.json"
    assert main(["learn", str(_write(tmp_path, list(map(_recorded, _rows())))), "--out", str(target)]) == 0
    assert "accepted" in capsys.readouterr().out
    document = json.loads(target.read_bytes())
    numbers = len(document["bias"]) + sum(map(len, document["weights"]))
    assert numbers == len(CLASSIFIER.labels) * (len(CLASSIFIER.labels) + 1)


def _recorded(row: dict[str, Any]) -> dict[str, Any]:
    """The row as a recorded decision has it: the listed intents with their confidence, no text."""
    intents = CLASSIFIER.classify(str(row["text"])).intents
    return {"id": row["id"], "scores": {one.label: one.confidence for one in intents}, "intent": row["intent"]}


def test_labels_that_contradict_our_own_clear_messages_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that calls every cancellation a refund may be right about itself: it spoils what everybody else means."""
    texts = ("please cancel my order {}", "cancel order {} now", "I want to cancel order {}", "stop my order {}")
    rows = [
        {"id": f"{number}-{place}", "text": text.format(1000 + number), "intent": "refund_request"}
        for number in range(20)
        for place, text in enumerate(texts)
    ]
    target = tmp_path / "correction.json"
    assert main(["learn", str(_write(tmp_path, rows)), "--out", str(target)]) == 1
    assert "refused: nothing gained" in capsys.readouterr().err
    assert not target.exists()


def test_too_few_messages_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A handful says nothing about the rest."""
    assert main(["learn", str(_write(tmp_path, _rows()[: LEAST_EXAMPLES - 1]))]) == 1
    assert f"{LEAST_EXAMPLES - 1} messages are too few" in capsys.readouterr().err


def test_another_language_is_left_out_and_nothing_is_written_unless_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another model reads those. Measuring alone leaves no file behind, and says how to get one."""
    german = {
        "id": "de",
        "text": "Wo bleibt meine Bestellung, ich warte seit zwei Wochen darauf",
        "intent": "unknown_other",
    }
    path = _write(tmp_path, [*_rows(), german])
    assert main(["learn", str(path)]) == 0
    out = capsys.readouterr().out
    assert "left out: 1 in de" in out
    assert f"{len(_rows())} labelled messages" in out
    assert "not written: --out FILE or --ship" in out
    assert [item.name for item in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"id": 1, "text": "hello", "intent": "nonsense"}, "line 1: \"intent\" 'nonsense' is none of the"),
        ({"id": 1, "text": "hello"}, 'line 1: "intent" None is none of the'),
        ({"id": 1, "text": "hello", "intent": ["refund_request"]}, 'line 1: "intent"'),
        ({"id": 1, "intent": "refund_request"}, 'line 1: "text" is missing'),
        ({"text": "hello", "intent": "refund_request"}, 'line 1: "id" is missing'),
        ({"id": 1, "scores": {"nobody": 1.0}, "intent": "refund_request"}, 'line 1: "scores" has to give'),
        ({"id": 1, "scores": {}, "intent": "refund_request"}, 'line 1: "scores" has to give'),
        ({"id": 1, "scores": {"cancel_order": 1.2}, "intent": "refund_request"}, "line 1: every share"),
        ({"id": 1, "scores": {"cancel_order": True}, "intent": "refund_request"}, "line 1: every share"),
        (
            {"id": 1, "scores": {"cancel_order": 0.8, "refund_request": 0.8}, "intent": "refund_request"},
            "make more than 1",
        ),
        ([1], "line 1: not an object"),
    ],
)
def test_a_bad_row_is_named_by_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], row: Any, said: str
) -> None:
    """One line says which row and what is wrong with it."""
    assert main(["learn", str(_write(tmp_path, [row]))]) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_an_empty_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str) -> None:
    """Nothing to learn from is no success."""
    path = tmp_path / "labelled.jsonl"
    path.write_text(content, "utf-8")
    assert main(["learn", str(path)]) == 1
    assert "no rows" in capsys.readouterr().err


def test_a_file_that_is_not_there_and_a_name_that_is_none_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each in one line, as wrong usage."""
    assert main(["learn", str(tmp_path / "nothing.jsonl")]) == 2
    assert "cannot be read" in capsys.readouterr().err
    assert main(["learn", str(tmp_path / "nothing.jsonl"), "--name", "My Shop"]) == 2
    assert "--name 'My Shop'" in capsys.readouterr().err


def test_without_scipy_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The rest of the tool needs neither numpy nor scipy."""
    for name in ("rp_mw_ops.learn.trial", "rp_mw_ops.learn.fit", "rp_mw_ops.learn.document"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    assert main(["learn", str(_write(tmp_path, _rows()))]) == 2
    assert "needs scipy" in capsys.readouterr().err


def test_our_own_messages_have_every_label_of_the_model() -> None:
    """A label that has none could be spoilt unseen: `python -m tools.train.make_own_messages` writes them."""
    found = {json.loads(line)["intent"] for line in OWN_MESSAGES.read_text("utf-8").splitlines()}
    assert found >= set(CLASSIFIER.labels)


def test_no_label_falls_on_our_own_messages_by_what_is_accepted(learnt: Learnt) -> None:
    """Judged by the correction that was written, as the worker uses it."""
    own, model = load_own(CLASSIFIER, PolicyEngine(POLICY)), Model.of(CLASSIFIER.labels, POLICY.tier0_labels)
    rule = load_correction(learnt.target, CLASSIFIER.labels, CLASSIFIER.model_identity)
    assert rule is not None
    scores = [rule.apply(one.scores, model.risks) if one.is_on_topic else one.scores for one in own]
    assert lost_to(own, scores, model, trial.OWN_SPARED) == frozenset()


def _figures(**changes: Any) -> Figures:
    known: dict[str, Any] = {"rows": 10, "right": 6, "tier0_rows": 4, "tier0_found": 4, "recall": {0: 3, 1: 3}}
    return Figures(**known | changes)


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (_figures(right=7, recall={0: 3, 1: 4}), []),
        (_figures(), ["nothing gained"]),
        (_figures(right=7, tier0_found=3, recall={0: 3, 1: 4}), ["tier-0 recall falls"]),
        (_figures(right=8, recall={0: 2, 1: 6}), ["a falls: 2 messages read right, 3 before"]),
        (_figures(right=3, tier0_found=0, recall={1: 3}), ["tier-0 recall falls", "a falls", "nothing gained"]),
    ],
)
def test_what_falls_is_refused_by_name(after: Figures, said: list[str]) -> None:
    """A label, the tier-0 recall, or no gain at all."""
    found = find_refusals(_figures(), after, MODEL)
    assert len(found) == len(said)
    assert all(line.startswith(start) for line, start in zip(found, said, strict=True))


def test_every_message_is_held_back_once_and_each_label_is_spread() -> None:
    """Ten parts that differ by one message of a label at most."""
    examples = [Example((1.0, 0.0, 0.0), number % 3, True, False) for number in range(95)]
    parts = split(examples)
    for label in range(3):
        sizes = [
            sum(p == part and one.gold == label for p, one in zip(parts, examples, strict=True))
            for part in range(FOLDS)
        ]
        assert max(sizes) - min(sizes) <= 1


def test_recorded_scores_leave_the_rest_to_the_labels_that_are_not_listed() -> None:
    """Shares of all labels make one."""
    scores = to_scores({"b": 0.7}, ("a", "b", "c"), 1)
    assert sum(scores) == pytest.approx(1.0)
    assert scores == pytest.approx((0.15, 0.7, 0.15))
    with pytest.raises(ConfigurationError):
        to_scores({"b": -0.1}, ("a", "b", "c"), 1)
