"""`rp-mw eval` and `classify` with the vendor's model: the real adapter and SDK, over HTTP, to a simulated one."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rp_mw_local.simulators.openai import OpenAISimulator
from rp_mw_ops.cli import main

ROWS = [
    {"id": "sure", "text": "Please cancel my order", "intent": "cancel_order", "source": "one"},
    {"id": "law", "text": "My lawyer will see you in court", "intent": "legal_threat", "source": "one"},
    {"id": "unsure", "text": "the strap thing went off, jane@example.com", "intent": "damaged_item", "source": "two"},
    {"id": "vague", "text": "about the thing from last time", "intent": "unknown_other", "source": "two"},
]


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAISimulator]:
    """A running model, and an environment that leads to it; a million tokens cost 1 dollar in and 10 out."""
    simulator = OpenAISimulator("key")
    simulator.start()
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    monkeypatch.setenv("OPENAI_BASE_URL", f"{simulator.url}/v1")
    monkeypatch.setenv("OPENAI_INPUT_USD_PER_MILLION", "1")
    monkeypatch.setenv("OPENAI_OUTPUT_USD_PER_MILLION", "10")
    yield simulator
    simulator.stop()


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Four rows; the embedded classifier is sure of the first two."""
    path = tmp_path / "labelled.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return path


def measured(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """The JSON of a run that went well."""
    assert main(["eval", *arguments, "--json"]) == 0
    return dict(json.loads(capsys.readouterr().out))


def calls(model: OpenAISimulator) -> int:
    """Calls the simulated model answered."""
    return len(model.requests)


def test_the_model_is_asked_about_every_row_and_its_cost_is_counted(
    model: OpenAISimulator, labelled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Four calls, tokens at the prices of the environment, nothing saved, redacted text only."""
    head = measured(capsys, str(labelled), "--classifier", "openai")["headline"]
    assert calls(model) == 4
    assert (head["model_asked"], head["failures"], head["saved_dollars_per_1000"]) == (1.0, 0.0, 0.0)
    assert head["cost_dollars_per_1000"] > 0
    assert head["accuracy"] >= 0.75
    assert model.violations == []


def test_the_cascade_asks_only_where_it_is_unsure_and_tells_what_that_saves(
    model: OpenAISimulator, labelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two of four rows; the saving is what the other two would have cost; in text, JSON and on the page."""
    page = tmp_path / "report.html"
    head = measured(capsys, str(labelled), "--classifier", "cascade", "--html", str(page))["headline"]
    assert calls(model) == 2
    assert head["model_asked"] == 0.5
    assert head["saved_dollars_per_1000"] == pytest.approx(head["cost_dollars_per_1000"], abs=1e-4)
    assert "saved by not asking" in page.read_text("utf-8")
    assert main(["eval", str(labelled), "--classifier", "cascade"]) == 0
    assert "saved_dollars_per_1000" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("refusal", "model_refused"),
        ("truncated", "model_incomplete"),
        ("wrong_enum", "model_answer_invalid"),
        ("wrong_type", "model_answer_invalid"),
        ("broken_json", "model_answer_invalid"),
        ("html_200", "model_answer_invalid"),
        ("failed", "model_failed"),
        ("insufficient_quota", "model_quota"),
        ("bad_key", "model_unauthorized"),
    ],
)
def test_a_failure_of_the_model_is_an_abstention_not_a_crash(
    model: OpenAISimulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kind: str, code: str
) -> None:
    """The row is answered with the reason and goes to people; the next one is as ever, in order."""
    model.arm(kind)
    lines = [json.dumps({"id": number, "text": "where is my parcel, please"}) for number in (7, 3)]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines)))
    assert main(["classify", "--classifier", "openai"]) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["id"], first["failure"], first["abstained"], first["intents"]) == (7, code, True, [])
    assert first["route"] == "Email Support"
    assert (second["id"], second["intents"][0]["label"]) == (3, "order_status_tracking")
    assert "failure" not in second


@pytest.mark.parametrize(
    ("kind", "code"), [("rate_limited", "model_throttled"), ("internal_error", "model_unavailable")]
)
def test_what_passes_is_asked_once_more(
    model: OpenAISimulator, capsys: pytest.CaptureFixture[str], kind: str, code: str
) -> None:
    """One failure is made good; two in a row are the row's failure."""
    model.arm(kind, retry_after="10ms")
    assert main(["classify", "where is my parcel", "--classifier", "openai", "--json"]) == 0
    assert "failure" not in json.loads(capsys.readouterr().out)
    for _ in range(2):
        model.arm(kind, retry_after="10ms")
    assert main(["classify", "where is my parcel", "--classifier", "openai", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["failure"] == code


def test_failures_are_counted_and_gates_can_hold_them(
    model: OpenAISimulator, labelled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A refused row is wrong, abstained, paid for, and shows as a failure."""
    model.arm("refusal")
    result = measured(capsys, str(labelled), "--classifier", "openai")
    assert result["headline"]["failures"] == 0.25
    assert result["headline"]["model_asked"] == 1.0
    assert result["answers"]["sure"] == "unknown_other"


def test_a_slow_model_meets_the_deadline(
    model: OpenAISimulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The row ends as timed out."""
    monkeypatch.setattr("rp_mw_ops.eval.classifiers.SECONDS_PER_MESSAGE", 0.5)
    model.arm("slow", seconds=3)
    assert main(["classify", "where is my parcel", "--classifier", "openai", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["failure"] == "model_timeout"


@pytest.mark.parametrize("command", [["classify", "hello"], ["eval", "FILE"]])
def test_without_a_key_one_line_says_what_is_missing(
    labelled: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    """Before anything is read or asked."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    arguments = [str(labelled) if word == "FILE" else word for word in command]
    assert main([*arguments, "--classifier", "openai"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "OPENAI_API_KEY" in line
