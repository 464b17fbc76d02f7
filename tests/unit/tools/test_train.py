"""The training's own parts: templates that fill, features that agree with inference, a model file that reads back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rp_mw_worker.classifiers.embedded import EmbeddedClassifier
from rp_mw_worker.classifiers.embedded_model import load_model
from tests.fakes.policy import load_policy
from tools.train.eval_ci import main as eval_ci
from tools.train.linear import fit_linear, softmax, to_features
from tools.train.model_file import quantise, write_model
from tools.train.recipe import one_hot
from tools.train.synthesise import Size, load_grammar, synthesise

FEW = Size(per_template=1, least=30, most=120)


def test_every_label_of_the_policy_has_templates() -> None:
    """No label lives on public rows alone. What a shop adds may have no or few templates yet."""
    grammar, labels = load_grammar(), set(load_policy().intents)
    assert labels <= set(grammar.labels)
    assert min(len(grammar.labels[label]) for label in labels) >= 40


def test_messages_are_the_same_for_the_same_seed_and_leave_no_slot_open() -> None:
    """Training repeats, and a misspelt slot or alternative is found here."""
    grammar = load_grammar()
    first, again = synthesise(grammar, FEW, 1), synthesise(grammar, FEW, 1)
    assert first == again
    assert first != synthesise(grammar, FEW, 2)
    assert not [one.text for one in first if any(mark in one.text for mark in "{}|")]
    assert all(one.text.strip() for one in first)


def test_a_learnt_model_answers_alike_before_and_after_its_file(tmp_path: Path) -> None:
    """What inference makes of the bytes is what training had in numbers, within the rounding to a byte."""
    texts = ["where is my parcel", "track my order", "cancel my order please", "stop the order"]
    features = to_features(texts, 10, 10)
    model = fit_linear(features, one_hot([1, 1, 0, 0], 2, 0.0), np.ones(4, np.float32), epochs=30, rate=0.1, seed=1)
    path = tmp_path / "intents.bin"
    tables = {"word": (10, model.weights[:1024]), "piece": (10, model.weights[1024:])}
    write_model(path, "9.9.9", ["cancel_order", "order_status_tracking"], model.bias, 1.0, tables)
    trained = softmax(features @ model.weights + model.bias)
    read = [EmbeddedClassifier(frozenset(), path).probabilities(text) for text in texts]
    assert np.allclose(trained, read, atol=0.02)
    assert load_model(path).version == "9.9.9"
    assert trained.argmax(axis=1).tolist() == [1, 1, 0, 0]


def test_quantised_weights_stay_within_half_a_step() -> None:
    """A byte holds a weight to half of its column's scale."""
    weights = np.linspace(-1, 1, 64, dtype=np.float32).reshape(32, 2)
    scale, rows = quantise(weights, 5)
    back = (np.frombuffer(rows, np.uint8).reshape(32, 2).astype(float) - 128) * scale
    assert np.abs(back - weights).max() <= max(scale) * 0.51


@pytest.mark.parametrize(("in_ci", "code", "said"), [("true", 1, "fails"), ("", 0, "left out")])
def test_without_the_public_rows_it_says_so(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    in_ci: str,
    code: int,
    said: str,
) -> None:
    """On a person's machine it is left out, in CI it fails."""
    monkeypatch.setenv("CI", in_ci)
    monkeypatch.setattr("sys.argv", ["eval_ci", "--shared", str(tmp_path)])
    assert eval_ci() == code
    assert said in capsys.readouterr().err
