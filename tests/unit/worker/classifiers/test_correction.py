"""A shop's correction in the worker: what it changes, what it never touches, and a file that is not as it should be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rp_mw_shared.errors import ConfigurationError
from rp_mw_worker.classifiers import embedded
from rp_mw_worker.classifiers.correction import LEAST_RISK, Correction, digest_of, load_correction
from rp_mw_worker.classifiers.embedded import MODEL_FILE, EmbeddedClassifier, load_shop_classifier
from tests.fakes.policy import load_policy

TIER0 = load_policy().tier0_labels
LABELS = ("cancel_order", "legal_threat", "refund_request")
MODEL = "1.0.0#00000000"
TO_REFUND = ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
RISKS = frozenset({1})


def _document(**changes: Any) -> dict[str, Any]:
    """A correction that moves cancel_order to refund_request, with its version made anew unless it is changed."""
    document: dict[str, Any] = {
        "format": 1,
        "model": MODEL,
        "labels": list(LABELS),
        "kept": [],
        "least": 0,
        "bias": [0, 0, 3000],
        "weights": [[0, 0, 0], [0, 0, 0], [0, 0, 0]],
        "provenance": {},
    } | changes
    return {"version": f"shop-{digest_of(document)}", **document} if "version" not in document else document


def _write(tmp_path: Path, document: Any) -> Path:
    path = tmp_path / "correction.json"
    path.write_text(json.dumps(document), "utf-8")
    return path


def test_it_moves_the_scores_and_they_still_make_one() -> None:
    """Three natural units for a refund turn 0.6 against 0.35 round."""
    moved = Correction("v", TO_REFUND, (0.0, 0.0, 3.0)).apply([0.60, 0.05, 0.35], RISKS)
    assert sum(moved) == pytest.approx(1.0)
    assert moved[2] > 0.9


@pytest.mark.parametrize("share", [LEAST_RISK, 0.3, 0.9])
def test_what_the_shipped_model_holds_for_a_risk_is_left_alone(share: float) -> None:
    """However strong the correction: tier-0 recall cannot fall by it."""
    scores = [1 - share - 0.01, share, 0.01]
    assert Correction("v", TO_REFUND, (0.0, 0.0, 50.0)).apply(scores, RISKS) == scores


def test_a_pair_that_is_kept_apart_and_an_unsure_winner_change_nothing() -> None:
    """The file says which label may not give way to which, and how sure a new best label has to be."""
    scores = [0.60, 0.05, 0.35]
    assert Correction("v", TO_REFUND, (0.0, 0.0, 3.0), kept=frozenset({(0, 2)})).apply(scores, RISKS) == scores
    assert Correction("v", TO_REFUND, (0.0, 0.0, 1.0), least=0.7).apply(scores, RISKS) == scores
    assert Correction("v", TO_REFUND, (0.0, 0.0, 1.0), least=0.5).apply(scores, RISKS) != scores


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Thousandths become numbers, labels become places."""
    found = load_correction(
        _write(tmp_path, _document(least=500, kept=[["cancel_order", "legal_threat"]])), LABELS, MODEL
    )
    assert found is not None
    assert (found.bias, found.least, found.kept) == ((0.0, 0.0, 3.0), 0.5, {(0, 1)})


def test_no_file_is_no_correction(tmp_path: Path) -> None:
    """A shop that learnt nothing has the model as it shipped."""
    assert load_correction(tmp_path / "correction.json", LABELS, MODEL) is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model": "1.0.1#00000000"}, "made for model"),
        ({"model": "1.0.0#00000001"}, "made for model"),
        ({"labels": ["cancel_order"]}, "labels are not the model's"),
        ({"labels": [*reversed(LABELS)]}, "labels are not the model's"),
        ({"version": "shop-000000000000"}, "not what its version says"),
        ({"version": "shop"}, "not what its version says"),
        ({"bias": [0, 0]}, "3 numbers"),
        ({"bias": [0, 0, 0.5]}, "whole thousandths"),
        ({"bias": [0, 0, True]}, "whole thousandths"),
        ({"bias": [0, 0, 10**9]}, "whole thousandths"),
        ({"weights": [[0, 0, 0]]}, "a row of weights for each label"),
        ({"weights": [[0, 0, 0], [0, 0, 0], [0, 0]]}, "3 numbers"),
        ({"kept": [["cancel_order", "nobody"]]}, "nobody|not in tuple"),
        ({"kept": [["cancel_order"]]}, "unpack"),
        ({"least": -1, "format": 2}, "layout"),
        ({"text": "a customer's words"}, "layout"),
    ],
)
def test_a_file_that_is_not_as_it_should_be_is_told_with_the_way_out(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    """Altered, for another model, or not of this layout: never used, and the line says what to do."""
    with pytest.raises(ConfigurationError, match=said) as told:
        load_correction(_write(tmp_path, _document(**changes)), LABELS, MODEL)
    (line,) = told.value.problems
    assert line.endswith("make it anew with `rp-mw learn`, or remove it")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"{}", b"[" * 50_000, b" " * 70_000])
def test_bytes_that_are_no_correction_are_told(tmp_path: Path, content: bytes) -> None:
    """Empty, cut short, hostile and enormous files end in one clear line."""
    path = tmp_path / "correction.json"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"correction correction\.json: "):
        load_correction(path, LABELS, MODEL)


def _for_the_shipped_model(tmp_path: Path) -> Path:
    model = EmbeddedClassifier(TIER0)
    size = len(model.labels)
    bias = [4000 if label == "refund_request" else 0 for label in model.labels]
    document = {"model": model.model_identity, "labels": list(model.labels), "bias": bias}
    return _write(tmp_path, _document(**document, weights=[[0] * size for _ in range(size)]))


def test_the_worker_uses_it_and_a_decision_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The version of the decision says which correction read the message; a risk is as it was."""
    path = _for_the_shipped_model(tmp_path)
    monkeypatch.setattr(embedded, "CORRECTION_FILE", path)
    plain, shop = EmbeddedClassifier(TIER0), load_shop_classifier(TIER0)
    version = json.loads(path.read_text("utf-8"))["version"]
    doubtful = "could you do something about the thing from last time please"
    assert shop.classify(doubtful).model_version == f"{plain.model_version}+{version}"
    assert dict(_shares(shop, doubtful))["refund_request"] > dict(_shares(plain, doubtful)).get("refund_request", 0.0)
    threat = "I will see you in court, my lawyer will contact you"
    assert shop.classify(threat).intents == plain.classify(threat).intents
    assert shop.classify(threat).risk_flags == {"legal_threat"}


def _shares(classifier: EmbeddedClassifier, text: str) -> list[tuple[str, float]]:
    return [(intent.label, intent.confidence) for intent in classifier.classify(text).intents]


def test_a_new_model_refuses_the_old_correction(tmp_path: Path) -> None:
    """The checksum of the weights is part of what a correction is made for."""
    path = _for_the_shipped_model(tmp_path)
    content = bytearray(MODEL_FILE.read_bytes())
    content[-1] ^= 1
    from zlib import crc32

    header = json.loads(content[12 : 12 + int.from_bytes(content[8:12], "little")])
    body = bytes(content[12 + int.from_bytes(content[8:12], "little") :])
    words = json.dumps(header | {"crc32": crc32(body)}, separators=(",", ":")).encode()
    other = tmp_path / "intents.bin"
    other.write_bytes(content[:8] + len(words).to_bytes(4, "little") + words + body)
    with pytest.raises(ConfigurationError, match="made for model"):
        EmbeddedClassifier(TIER0, other, path)
