"""The embedded classifier: the same answer always, nothing crashes it, a damaged file is told at the start."""

from __future__ import annotations

import ast
import json
import struct
import sys
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rp_mw_shared.errors import ConfigurationError
from rp_mw_worker.classifiers import embedded, embedded_features, embedded_model
from rp_mw_worker.classifiers.embedded import MODEL_FILE, EmbeddedClassifier, to_classification
from rp_mw_worker.classifiers.embedded_features import MAX_WORDS, character_buckets, normalise, to_words, word_buckets
from rp_mw_worker.classifiers.embedded_model import MAGIC, Table, load_model
from rp_mw_worker.domain.policy import UNKNOWN_INTENT
from tests.fakes.policy import load_policy

MAX_MODEL_BYTES = 3_000_000
TIER0 = load_policy().tier0_labels
CLEAR_MESSAGES = {
    "Where is my order 1001? It shipped on Tuesday.": "order_status_tracking",
    "please cancel my order": "cancel_order",
    "tracking says delivered but I never got the parcel": "delivered_not_received",
    "the mug arrived broken": "damaged_item",
    "I will see you in court, my lawyer will contact you": "legal_threat",
    "I am filing a chargeback with my bank": "chargeback_dispute",
    "someone hacked my account and placed an order": "fraud_suspected",
    "I forgot my password and cannot log in": "technical_support",
    "my promo code does not work": "promo_discount_issue",
    "cancel my subscription": "cancel_subscription",
    "I ordered on TikTok Shop and nothing came": "tiktok_support_request",
    "hello": "unknown_other",
}


@pytest.fixture(scope="module")
def classifier() -> EmbeddedClassifier:
    """The shipped model, read once."""
    return EmbeddedClassifier(TIER0)


@pytest.mark.parametrize(("text", "label"), CLEAR_MESSAGES.items())
def test_a_plain_message_gets_its_label(classifier: EmbeddedClassifier, text: str, label: str) -> None:
    """Messages that leave no doubt are named right."""
    assert classifier.classify(text).intents[0].label == label


def test_the_same_text_gives_the_same_answer_in_any_instance(classifier: EmbeddedClassifier) -> None:
    """Two readings of the file and two calls agree to the last digit."""
    text = "My order is late and I want a refund, please call me"
    assert classifier.classify(text) == classifier.classify(text) == EmbeddedClassifier(TIER0).classify(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\t",
        "🙂",
        "😡😡😡",
        "???",
        "\x00\x01",
        "\ud800",
        "ﷺ",
        "1234",
        "<script>",
        "{{7*7}}",
        "а" * 5000,
        "?!" * 900,
        "Ω≈ç√∫˜µ≤≥÷",
        "田中さんにあげて下さい",
        "ثم نفس سقطت",
        "\u202etest\u202d",
        "'; DROP TABLE users;--",
        "[EMAIL_1]",
    ],
)
def test_no_text_breaks_it(classifier: EmbeddedClassifier, text: str) -> None:
    """Empty, enormous, foreign and hostile texts get one to three intents like any other."""
    assert 1 <= len(classifier.classify(text).intents) <= 3


@given(st.text(max_size=400))
def test_confidences_are_sorted_shares(text: str) -> None:
    """Confidence is in [0, 1], best first, and all labels together make one."""
    classifier = _shared()
    confidences = [intent.confidence for intent in classifier.classify(text).intents]
    assert confidences == sorted(confidences, reverse=True)
    assert all(0.0 <= value <= 1.0 for value in confidences)
    assert sum(classifier.probabilities(text)) == pytest.approx(1.0)


def test_its_labels_are_distinct_and_it_can_say_that_it_does_not_know(classifier: EmbeddedClassifier) -> None:
    """Where model and policy know different labels, `rp-mw policy check` says so."""
    assert len(set(classifier.labels)) == len(classifier.labels)
    assert UNKNOWN_INTENT in classifier.labels


def test_what_is_a_risk_is_what_the_policy_says(classifier: EmbeddedClassifier) -> None:
    """The same message is a risk or none by the policy's tiers alone."""
    text = "I will see you in court, my lawyer will contact you"
    assert classifier.classify(text).risk_flags == {"legal_threat"}
    assert EmbeddedClassifier(TIER0 - {"legal_threat"}).classify(text).risk_flags == frozenset()
    assert EmbeddedClassifier(TIER0 | {"damaged_item"}).classify("the mug arrived broken").risk_flags == {
        "damaged_item"
    }


def test_a_likely_tier0_label_is_a_risk_even_after_another_guess() -> None:
    """A quarter's chance of a legal threat is reported, a tenth is not."""
    labels = ("legal_threat", "refund_request", "unknown_other")
    assert to_classification([0.25, 0.7, 0.05], labels, TIER0, "v").risk_flags == {"legal_threat"}
    assert to_classification([0.1, 0.85, 0.05], labels, TIER0, "v").risk_flags == frozenset()


def test_a_faint_second_guess_is_left_out() -> None:
    """A second label under a tenth says nothing and would only stop automation."""
    found = to_classification([0.91, 0.06, 0.03], ("cancel_order", "refund_request", "unknown_other"), TIER0, "v")
    assert [intent.label for intent in found.intents] == ["cancel_order"]


def test_a_nearly_even_answer_lists_three() -> None:
    """At most three labels are given, ties in the order of their names."""
    found = to_classification([0.25, 0.25, 0.25, 0.25], ("d", "c", "b", "a"), TIER0, "v")
    assert [intent.label for intent in found.intents] == ["a", "b", "c"]


def test_placeholders_and_plain_values_are_the_same_word() -> None:
    """Redacted and plain text mean the same to the model."""
    assert to_words("order [ORDER_1] to [EMAIL_1]") == to_words("order #1042-77 to a.b@example.com")
    assert normalise("I paid $49.99").split() == normalise("I paid 49 dollars").split()


def test_work_is_bounded_for_any_length() -> None:
    """A message of any length costs at most a fixed number of words and pieces."""
    words = to_words("abcdefghij " * 100_000)
    assert len(words) <= MAX_WORDS
    assert len(character_buckets(words, 15)) <= 1 << 15


def test_summing_rows_as_integers_is_summing_rows() -> None:
    """The trick with 16-bit lanes gives what adding numbers gives, past the 256 rows a lane holds."""
    width, bits = 5, 9
    rows = bytes(200 + (index * 37 + 11) % 56 for index in range(width << bits))
    table = Table(bits, width, (0.5, 1.0, 2.0, 0.25, 1.0), memoryview(rows))
    buckets = list(range(0, 512))
    expected = [
        sum(rows[bucket * width + column] - 128 for bucket in buckets) * scale / len(buckets) ** 0.5
        for column, scale in enumerate(table.scale)
    ]
    assert table.mean(buckets) == pytest.approx(expected)
    assert table.mean([]) == [0.0] * width


def test_word_order_counts() -> None:
    """Neighbours are features: `not received` differs from `received not`."""
    assert word_buckets(["not", "received"], 20) != word_buckets(["received", "not"], 20)
    assert word_buckets([], 20) == []


def _damaged(content: bytes) -> dict[str, bytes]:
    (header_bytes,) = struct.unpack_from("<I", content, len(MAGIC))
    start = len(MAGIC) + 4
    header = json.loads(content[start : start + header_bytes])
    body = content[start + header_bytes :]

    def packed(changed: dict[str, object], rows: bytes) -> bytes:
        text = json.dumps(header | changed | {"crc32": crc32(rows)}).encode()
        return MAGIC + struct.pack("<I", len(text)) + text + rows

    return {
        "empty": b"",
        "foreign": b"PK\x03\x04" + content,
        "cut": content[: len(content) // 2],
        "one bit": content[:-1] + bytes([content[-1] ^ 1]),
        "short table": packed({}, body[:-100]),
        "no labels": packed({"labels": []}, body),
        "other labels": packed({"labels": header["labels"][:-1]}, body),
        "no header": MAGIC + struct.pack("<I", 2) + b"{}",
    }


@pytest.mark.parametrize("kind", sorted(_damaged(MODEL_FILE.read_bytes())))
def test_a_damaged_model_file_is_a_configuration_error(tmp_path: Path, kind: str) -> None:
    """Whatever is wrong with the file, the process does not start and says what to do."""
    path = tmp_path / "intents.bin"
    path.write_bytes(_damaged(MODEL_FILE.read_bytes())[kind])
    with pytest.raises(ConfigurationError, match=r"intents\.bin"):
        EmbeddedClassifier(TIER0, path)


def test_a_missing_model_file_is_a_configuration_error(tmp_path: Path) -> None:
    """No file, no start."""
    with pytest.raises(ConfigurationError, match="reinstall"):
        EmbeddedClassifier(TIER0, tmp_path / "intents.bin")


def test_the_file_is_small_and_what_its_provenance_says() -> None:
    """The budget as structure: one small file that is read whole, whose hash is on record."""
    import hashlib

    record = json.loads(MODEL_FILE.with_suffix(".provenance.json").read_text("utf-8"))
    content = MODEL_FILE.read_bytes()
    assert len(content) <= MAX_MODEL_BYTES
    assert record["model_sha256"] == hashlib.sha256(content).hexdigest()
    assert all(source["licence"] for source in record["public_rows"]["sources"].values())


@pytest.mark.parametrize("module", [embedded, embedded_features, embedded_model])
def test_inference_needs_the_standard_library_only(module: object) -> None:
    """A cold start pays for no numeric library."""
    tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))  # type: ignore[attr-defined]
    names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    roots = {str(name).partition(".")[0] for name in names}
    assert roots <= set(sys.stdlib_module_names) | {"rp_mw_shared", "rp_mw_worker"}


def test_the_model_reads_as_it_was_written() -> None:
    """Every table has a row for each bucket and a column for each label."""
    model = load_model(MODEL_FILE)
    assert set(model.tables) == {"word", "piece"}
    assert all(table.width == len(model.labels) for table in model.tables.values())
    assert model.temperature > 0


_cache: list[EmbeddedClassifier] = []


def _shared() -> EmbeddedClassifier:
    if not _cache:
        _cache.append(EmbeddedClassifier(TIER0))
    return _cache[0]
