"""The training's own parts: templates that fill, features that agree with inference, a model file that reads back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rp_mw_worker.classifiers.embedded import MODEL_FILE, EmbeddedClassifier
from rp_mw_worker.classifiers.embedded_model import load_model
from rp_mw_worker.policy import loader as policy_loader
from tests.fakes.policy import copy_policy, load_policy
from tools.train.eval_ci import main as eval_ci
from tools.train.linear import fit_linear, softmax, to_features
from tools.train.model_file import quantise, write_model
from tools.train.recipe import RECIPE, one_hot
from tools.train.synthesise import Size, load_grammar, synthesise
from tools.train.train import BUILT, compare, find_material, train
from tools.train.train import main as training
from tools.try_policy_edit import add_gift_wrapping

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


TINY = replace(RECIPE, bits=10, size=Size(per_template=1, least=20, most=40), epochs=1)


def test_a_fresh_clone_trains_from_templates_alone_and_says_so(tmp_path: Path) -> None:
    """No folder beside the checkout is needed; what is left out is said, and the model can be read."""
    material = find_material(load_policy(), tmp_path / "nowhere")
    assert material.rows == [] and material.labels == frozenset(load_policy().intents)
    (said,) = material.left_out
    assert "dev.jsonl is not there" in said and "our own templates alone" in said
    output = tmp_path / "built" / "intents.bin"
    train(material, load_policy(), output, None, TINY)
    model = load_model(output)
    assert set(model.labels) == set(load_policy().intents)
    assert model.version.endswith("-local")
    record = json.loads(output.with_suffix(".provenance.json").read_text("utf-8"))
    assert record["public_rows"] == {"file": None, "sha256": None, "sources": {}}
    assert record["recipe"]["bits"] == 10


def test_a_new_intent_without_templates_is_named_and_the_others_are_trained(tmp_path: Path) -> None:
    """The edit of a support lead: the model cannot name it yet, and the training says which file it needs."""
    copy_policy(tmp_path)
    add_gift_wrapping(tmp_path)
    policy = policy_loader.load_policy(tmp_path)
    material = find_material(policy, tmp_path)
    assert "gift_wrapping" not in material.labels
    assert material.left_out[0] == (
        "gift_wrapping has no tools/train/templates/gift_wrapping.txt: the model cannot name it"
    )


def test_a_label_that_the_policy_dropped_is_not_trained(tmp_path: Path) -> None:
    """Neither its templates nor its public rows count any more, and both are said."""
    rules = {label: rule for label, rule in load_policy().intents.items() if label != "promo_discount_issue"}
    rows = tmp_path / "data/intents/dev.jsonl"
    rows.parent.mkdir(parents=True)
    lines = [
        {"text": "my code fails", "intent": "promo_discount_issue", "source": "a"},
        {"text": "cancel it", "intent": "cancel_order", "source": "a"},
    ]
    rows.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    material = find_material(replace(load_policy(), intents=rules), tmp_path)
    assert [row.intent for row in material.rows] == ["cancel_order"]
    assert any(line.startswith("promo_discount_issue: it has templates") for line in material.left_out)
    assert any(line.startswith("1 public rows of labels") for line in material.left_out)


def test_a_model_is_measured_beside_the_shipped_one() -> None:
    """On messages that neither learnt; the shipped one beside itself differs in nothing."""
    (line,) = compare(MODEL_FILE, load_policy())
    assert "75 messages that neither model saw" in line
    assert line.count("(+0.000)") == 4


def test_the_shipped_model_is_written_over_on_demand_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The default goes into build/; --ship asks for the version it is to have, and writes nothing without it."""
    before = MODEL_FILE.read_bytes()
    assert BUILT.parts[-3:] == ("build", "model", "intents.bin")
    assert training(["--ship", "--shared", str(tmp_path)]) == 2
    assert "--ship needs --version" in capsys.readouterr().err
    monkeypatch.setattr("tools.train.train.RECIPE", TINY)
    output = tmp_path / "intents.bin"
    assert training(["--shared", str(tmp_path), "--output", str(output)]) == 0
    said = capsys.readouterr().err
    assert "left out: the public rows" in said
    assert "beside the shipped one: accuracy " in said
    assert "without the public rows, on 1" in said or "without the public rows, on 9" in said
    assert "the shipped model is as it was" in said
    assert output.is_file() and MODEL_FILE.read_bytes() == before
