"""No output of a backtest holds what may be a customer's words: not the report, and not the refusal of a file."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from rp_mw_ops.backtest.header import is_header
from rp_mw_ops.cli import main
from tests.unit.ops.backtest.exports import CANARY, TICKETS, Written, write_csv, write_gorgias

ROW = ("11", "email", f"my lamp burned, {CANARY}", f"{CANARY}@example.com")
SHORT_ROW = ("11", "email", CANARY, "Jane Doe")
SENTENCE = f"please call {CANARY} after the burglary"


def write_rows(path: Path, *rows: tuple[str, ...]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    assert main(["backtest", *map(str, arguments)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    return said.err


@pytest.mark.parametrize("row", [ROW, SHORT_ROW])
def test_a_file_without_a_header_is_refused_without_its_words(row, tmp_path, capsys):
    told = refusal(capsys, write_rows(tmp_path / "export.csv", row, row))
    assert "no column for ticket and body among its 4 columns" in told
    assert not any(cell in told for cell in (*row, CANARY) if cell not in {"11", "email"})


def test_cells_that_are_there_twice_are_not_shown(tmp_path, capsys):
    told = refusal(capsys, write_rows(tmp_path / "export.csv", (CANARY, CANARY, "11")))
    assert "there twice" in told
    assert CANARY not in told


def test_a_mapping_for_a_file_without_a_header_shows_none_of_its_cells(tmp_path, capsys):
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text("columns:\n  body: Words\n", "utf-8")
    told = refusal(capsys, write_rows(tmp_path / "export.csv", ROW), "--mapping", mapping)
    assert "has no column 'Words'" in told
    assert CANARY not in told


def test_a_headers_columns_are_shown(tmp_path, capsys):
    told = refusal(
        capsys, write_rows(tmp_path / "export.csv", ("Number", "Colour", "Was sagt der Kunde"), ("1", "", ""))
    )
    assert "no column for body among its columns: Number, Colour, Was sagt der Kunde" in told
    told = refusal(capsys, write_rows(tmp_path / "export.csv", ("Subject", "Colour", "Colour"), ("1", "", "")))
    assert "'Colour' is there twice" in told


@pytest.mark.parametrize(
    ("cells", "is_one"),
    [
        (("Number", "Colour"), True),
        (("Conversation no", "First message", "Assigned group"), True),
        (("Colour", "Size"), False),
        (("id", "it burned my hand and I want to go home"), False),
        (("id", "where is it?"), False),
        (("id", "jane@example.com"), False),
        (("id", "1001"), False),
        (("id", "02/03/2026 10:00"), False),
        (("email", "Jane Doe"), False),
        (("id", "x" * 31), False),
    ],
)
def test_a_header_is_short_names_of_which_one_is_known(cells, is_one):
    assert is_header(cells) is is_one


@pytest.mark.parametrize("write", [write_csv, write_gorgias])
@pytest.mark.parametrize("form", ["text", "json"])
def test_free_text_in_the_teams_column_is_a_number(write, form, tmp_path, capsys):
    """A sentence, and a short word of one ticket, are counted; a name of three tickets is shown."""
    odd = [Written("91", "Hello, where is it?", SENTENCE), Written("92", "Where is my order?", CANARY)]
    odd += [Written(f"93{at}", "Where is my order?", SENTENCE) for at in range(3)]
    named = [Written(f"94{at}", "Where is my order?", "Night shift") for at in range(3)]
    export, page = write(tmp_path / "export", [*TICKETS[:1], *odd, *named]), tmp_path / "report.html"
    flags = ["--json"] if form == "json" else []
    command = ["backtest", str(export), "--yes", "--html", str(page), "--processes", "1", *flags]
    assert main(command) == 0
    said = capsys.readouterr()
    assert ('"other names": 5' if flags else "Night shift (3), other names (5)") in said.out
    for output in (said.out, said.err, page.read_text("utf-8")):
        assert CANARY not in output
        assert "burglary" not in output


def test_free_text_in_a_label_column_is_not_in_the_sample(tmp_path, capsys):
    """Only an intent of the policy is written as the export's label."""
    rows = [
        ("ticket", "body", "intent"),
        ("1", "Where is my order?", CANARY),
        ("2", "Hello there", "order_status_tracking"),
    ]
    sample = tmp_path / "sample.csv"
    command = ["backtest", str(write_rows(tmp_path / "export.csv", *rows)), "--yes", "--sample", str(sample)]
    assert main([*command, "--processes", "1"]) == 0
    capsys.readouterr()
    written = sample.read_text("utf-8")
    assert CANARY not in written
    assert written.count(",order_status_tracking\n") + written.count(",order_status_tracking\r\n") >= 1
