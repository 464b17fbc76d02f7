"""`rp-mw eval` and `rp-mw classify` from the command line: figures, comparison, gates, report, bad input."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest

from rp_mw_ops.cli import main
from rp_mw_ops.eval.classifiers import make_classifier
from rp_mw_ops.eval.costs import cost_dollars
from rp_mw_ops.eval.gates import find_broken
from rp_mw_ops.eval.metrics import Prediction
from rp_mw_ops.eval.openai_settings import Prices
from rp_mw_ops.eval.result import compare
from rp_mw_shared.errors import ConfigurationError

ROWS = [
    {"id": "1", "text": "where is my order?", "intent": "order_status_tracking", "source": "one"},
    {"id": "2", "text": "please cancel my order", "intent": "cancel_order", "source": "one"},
    {"id": "3", "text": "I will sue you, my lawyer will write", "intent": "legal_threat", "source": "two"},
    {"id": "4", "text": "the mug arrived broken", "intent": "technical_support", "source": "two"},
]


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Four rows, the last with a label nobody would give."""
    path = tmp_path / "labelled.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return path


def _gates(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "eval.yaml"
    path.write_text(f"profiles:\n  shipped:\n{text}", encoding="utf-8")
    return path


def test_the_figures_are_printed_as_json(labelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Three of four right, by source 1 and 1/2, no cost, tier 0 found."""
    assert main(["eval", str(labelled), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["headline"]["accuracy"] == 0.75
    assert {name: score["accuracy"] for name, score in result["sources"].items()} == {"one": 1.0, "two": 0.5}
    assert result["headline"]["tier0_recall"] == 1.0
    assert result["headline"]["cost_dollars_per_1000"] == 0.0


def test_people_get_a_table(labelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Headline, sources and labels."""
    assert main(["eval", str(labelled)]) == 0
    out = capsys.readouterr().out
    assert re.search(r"accuracy\s+75\.0 %", out)
    assert re.search(r"two\s+2\s+0\.500", out)


def test_a_broken_gate_is_named_and_ends_with_its_own_code(
    labelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 1, the figure, its value and its limit on standard error; gates that hold are not mentioned."""
    gates = _gates(tmp_path, "    - {figure: accuracy, min: 0.9}\n    - {figure: ece, max: 1}\n")
    assert main(["eval", str(labelled), "--gates", str(gates)]) == 1
    assert capsys.readouterr().err == "rp-mw eval: gate broken: accuracy 0.75 is below 0.9\n"


def test_gates_that_hold_end_with_zero(labelled: Path, tmp_path: Path) -> None:
    """A gate can be about one source."""
    gates = _gates(tmp_path, "    - {figure: accuracy, scope: sources, name: one, min: 1.0}\n")
    assert main(["eval", str(labelled), "--gates", str(gates)]) == 0


def test_a_figure_that_is_not_there_breaks_its_gate() -> None:
    """A gate on a label without rows must not hold by silence."""
    gate = {"figure": "recall", "scope": "labels", "name": "fraud_suspected", "min": 0.5}
    assert find_broken({"labels": {}}, [gate]) == ["labels fraud_suspected: recall: not measured"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("    - {figure: accuracy}\n", "needs a number as min or max"),
        ("    - {figure: accuracy, minimum: 1, max: 1}\n", "unknown key"),
        ("    - {figure: accuracy, scope: rows, min: 1}\n", "scope is none of"),
        ("    - accuracy\n", "names no figure"),
    ],
)
def test_a_gate_that_says_nothing_is_refused(
    labelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    """A misspelt gate must not hold."""
    assert main(["eval", str(labelled), "--gates", str(_gates(tmp_path, text))]) == 1
    assert said in capsys.readouterr().err


def test_an_earlier_run_is_compared(labelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same run again differs in nothing but time."""
    main(["eval", str(labelled), "--json"])
    baseline = tmp_path / "run.json"
    baseline.write_text(capsys.readouterr().out, encoding="utf-8")
    assert main(["eval", str(labelled), "--json", "--baseline", str(baseline)]) == 0
    comparison = json.loads(capsys.readouterr().out)["comparison"]
    assert comparison["headline"]["accuracy"] == 0.0
    assert comparison["changed_rows"] == []
    assert comparison["common_rows"] == 4


def test_the_comparison_names_what_changed() -> None:
    """One answer of two is another one, accuracy fell by a half, the worst label comes first."""
    now = {
        "headline": {"accuracy": 0.5},
        "labels": {"a": {"f1": 0.2}, "b": {"f1": 1.0}},
        "answers": {"1": "a", "2": "b"},
    }
    then = {
        "about": {},
        "headline": {"accuracy": 1.0},
        "labels": {"a": {"f1": 1.0}, "b": {"f1": 1.0}},
        "answers": {"1": "a", "2": "a"},
    }
    compared = compare(now, then)
    assert compared["headline"] == {"accuracy": -0.5}
    assert compared["changed_rows"] == ["2"]
    assert next(iter(compared["label_f1"].items())) == ("a", -0.8)


def test_a_baseline_that_is_none_is_refused(labelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The labelled file itself is no earlier run."""
    assert main(["eval", str(labelled), "--baseline", str(labelled)]) == 1
    assert "not a result" in capsys.readouterr().err


def test_the_report_is_one_page_that_loads_nothing(labelled: Path, tmp_path: Path) -> None:
    """Four plots inside, no address of anything outside, texts of customers nowhere."""
    page = tmp_path / "report.html"
    assert main(["eval", str(labelled), "--html", str(page)]) == 0
    html = page.read_text("utf-8")
    assert html.count("<svg") == 4
    assert "@@" not in html
    assert not re.search(r"<script|<link|<img|url\(|(?:src|href)=", html)
    assert not any(row["text"] in html for row in ROWS)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("not json", "line 2: not JSON"),
        ("[1]", "line 2: not an object"),
        ('{"id": "x"}', 'line 2: "text" is missing'),
        ('{"text": "x"}', 'line 2: "id" is missing'),
        ('{"id": true, "text": "x"}', 'line 2: "id" is missing'),
        ('{"id": "x", "text": "x", "intent": "nonsense"}', "'nonsense' is none of the "),
    ],
)
def test_a_bad_labelled_line_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, said: str) -> None:
    """The error has the line's number and what is wrong with it."""
    path = tmp_path / "bad.jsonl"
    path.write_text(json.dumps(ROWS[0]) + "\n" + line + "\n", encoding="utf-8")
    assert main(["eval", str(path)]) == 1
    assert said in capsys.readouterr().err


def test_classify_answers_every_line_in_order(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ids come back as they were given, in the same order; blank lines are no rows."""
    lines = [json.dumps({"id": number, "text": "please cancel my order"}) for number in range(50)]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n\n".join(lines) + "\n"))
    assert main(["classify"]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer["id"] for answer in answers] == list(range(50))
    assert answers[0]["intents"][0]["label"] == "cancel_order"
    assert (answers[0]["route"], answers[0]["abstained"]) == ("Backend", False)


def test_classify_stops_at_a_bad_line_and_names_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What came before is answered, the bad line is told by number."""
    monkeypatch.setattr("sys.stdin", io.StringIO('{"id": "a", "text": "hello"}\n{"id": "b"}\n'))
    assert main(["classify"]) == 1
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == 1
    assert "line 2" in captured.err


def test_a_doubtful_text_is_marked_as_abstained(capsys: pytest.CaptureFixture[str]) -> None:
    """Below the routing threshold the general team gets it."""
    assert main(["classify", "xqz wvb", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["abstained"] is True
    assert answer["route"] == "Email Support"


def test_the_vendors_model_without_a_key_is_told_before_the_first_row() -> None:
    """The missing variable is named."""
    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY"):
        make_classifier("cascade", {})


def test_tokens_cost_what_the_prices_say() -> None:
    """1,000 in at 2 dollars a million and 500 out at 10 are 0.007 dollars."""
    row = Prediction("r", "a", "", "a", 1.0, 1.0, abstained=False, input_tokens=1000, output_tokens=500)
    assert cost_dollars([row], Prices(input_usd=2.0, output_usd=10.0)) == pytest.approx(0.007)
