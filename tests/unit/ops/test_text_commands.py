"""The commands on texts: JSONL in the same order, figures that mean something, gates that gate."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from rp_mw_ops.cli import main
from rp_mw_ops.text_eval import measures

EXIT_GATE_BROKEN = 1


def run_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str, rows: list[Any]
) -> Any:
    """What the command answers to JSONL on standard input."""
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(json.dumps(row) + "\n" for row in rows)))
    assert main([command, "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_clean_answers_every_row_in_order(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The customer's own words of a plain or an HTML body; of both the plain one that is not empty."""
    rows = [
        {"id": "a", "text": "Hi\nAm I late?\n\nOn 2026-11-23 15:00, Shop wrote:\n> no"},
        {"id": 7, "text": "", "html": "<p>Hi</p><blockquote type='cite'>no</blockquote>"},
        {"html": "a < b"},
    ]
    assert run_lines(monkeypatch, capsys, "clean", rows) == [
        {"id": "a", "text": "Hi\nAm I late?"},
        {"id": 7, "text": "Hi"},
        {"id": 3, "text": "a < b"},
    ]


def test_redact_answers_every_row_in_order(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """With spans as offsets, and values of the row masked."""
    rows = [
        {"id": "a", "text": "mail jane@example.com"},
        {"id": 2, "text": "hello anna", "known_values": ["Anna Berg"]},
        {"id": "c", "text": "nothing here"},
    ]
    assert run_lines(monkeypatch, capsys, "redact", rows) == [
        {"id": "a", "redacted": "mail [EMAIL]", "spans": [{"start": 5, "end": 21, "type": "email"}]},
        {"id": 2, "redacted": "hello [NAME]", "spans": [{"start": 6, "end": 10, "type": "person_name"}]},
        {"id": "c", "redacted": "nothing here", "spans": []},
    ]


def test_extract_answers_every_row_in_order(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the shipped policy's order numbers."""
    rows = [{"id": "a", "text": "order #1001"}, {"id": "b", "text": "hello"}]
    assert run_lines(monkeypatch, capsys, "extract", rows) == [
        {"id": "a", "entities": [{"type": "order_number", "value": "1001", "start": 7, "end": 11}]},
        {"id": "b", "entities": []},
    ]


def test_one_text_is_shown_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    """Without JSON."""
    assert main(["redact", "I am at home, jane@example.com", "--known", "home"]) == 0
    assert capsys.readouterr().out == "I am at [NAME], [EMAIL]\n"
    assert main(["extract", "order #1001"]) == 0
    assert capsys.readouterr().out.split() == ["order_number", "1001"]


@pytest.mark.parametrize("line", ["not json", "[]", '{"id": 1}', '{"text": 5}', '{"text": "a", "known_values": "b"}'])
def test_a_bad_line_is_named_by_its_number_without_its_content(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run ends there, with exit code 1."""
    monkeypatch.setattr("sys.stdin", io.StringIO('{"id": 1, "text": "ok"}\n' + line + "\n"))
    assert main(["redact"]) == 1
    assert "line 2" in capsys.readouterr().err


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """A directory of labelled rows: one e-mail that is masked, one label that nothing can find."""
    (tmp_path / "pii").mkdir()
    rows = [
        {"text": "mail a@example.com", "spans": [{"type": "EMAIL_ADDRESS", "start": 5, "end": 18}]},
        {"text": "just words", "spans": [{"type": "PHONE_NUMBER", "start": 0, "end": 4}]},
        {"text": "clean words", "spans": []},
    ]
    (tmp_path / "pii" / "spans.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def test_eval_text_measures_what_is_there(labelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Files that are not there give no figure."""
    assert main(["eval-text", str(labelled), "--json", "--show-missed", "1"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["figures"]["email"] == {"share": 1.0, "found": 1, "typed": 1, "total": 1}
    assert answer["figures"]["phone"]["share"] == 0.0
    assert "just" in answer["missed"]["phone"][0]
    assert set(answer["figures"]) == {"email", "phone", "false_words_span_free"}


@pytest.mark.parametrize(
    ("gates", "code"),
    [
        ("email: {min: 0.9}", 0),
        ("phone: {min: 0.9}", EXIT_GATE_BROKEN),
        ("email: {max: 0.5}", EXIT_GATE_BROKEN),
        ("never_measured: {min: 0.1}", EXIT_GATE_BROKEN),
        ("email: {least: 1}", 1),
        ("[", 1),
    ],
)
def test_a_broken_gate_ends_the_run_with_its_own_code(gates: str, code: int, labelled: Path, tmp_path: Path) -> None:
    """A gate on a figure that was not measured is broken, and a file of gates that says nothing is a mistake."""
    path = tmp_path / "gates.yaml"
    path.write_text(gates)
    assert main(["eval-text", str(labelled), "--gates", str(path)]) == code


def test_the_shipped_gates_name_figures_that_exist() -> None:
    """A misspelt figure would be broken for ever."""
    import yaml

    gates = yaml.safe_load((Path(__file__).parents[3] / "eval-text.yaml").read_text("utf-8"))
    named = {*measures.LABELS, "email_edge", "phone_regions", "tracking_valid", "tracking_invalid"}
    figures = {"order_number", "order_number_precision", "false_words_support", "false_words", "prose"}
    assert set(gates) <= named | figures


def test_a_word_masked_for_nothing_counts_once() -> None:
    """Words with digits are what redaction is for; others are false."""
    tally = measures.measure_false_redactions(["My name is Anna, order 100200"], lambda *_: None, "x")
    assert (tally.found, tally.total) == (1, 6)


def test_a_value_is_covered_only_with_all_its_letters_and_digits() -> None:
    """Half an address is a leak."""
    from rp_mw_shared.redaction import Span

    assert measures.is_covered("ab-cd", 0, 5, [Span(0, 2, "number"), Span(3, 5, "number")])
    assert not measures.is_covered("ab-cd", 0, 5, [Span(0, 2, "number")])


def test_phone_orders_and_tracking_are_measured_in_sentences() -> None:
    """Own rows, every figure of its own."""
    phones = measures.measure_in_sentences(["06 12 34 56 78"], measures.PHONE_SENTENCES, "phone", lambda *_: None)
    assert phones.share == 1.0
    numbers = [{"number": "1Z999AA10123456784", "valid": True}, {"number": "1Z999AA10123456785", "valid": False}]
    tracking = measures.measure_tracking(numbers, lambda *_: None)
    assert (tracking["tracking_valid"].share, tracking["tracking_invalid"].share) == (1.0, 0.0)
    rows = [{"text": "order 100200", "entities": [{"type": "order_id", "start": 6, "end": 12}]}]
    orders = measures.measure_orders(rows, lambda *_: None)
    assert (orders["order_number"].share, orders["order_number_precision"].share) == (1.0, 1.0)
