"""`rp-mw backtest` as a support lead runs it: exports in, figures out, no word of a customer anywhere."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from rp_mw_ops.cli import main
from tests.unit.ops.backtest.exports import (
    CANARY,
    TICKETS,
    Written,
    write_csv,
    write_gorgias,
    write_richpanel,
    write_zendesk,
)

WRITERS = {"zendesk": write_zendesk, "gorgias": write_gorgias, "richpanel": write_richpanel}


def report_of(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> dict:
    assert main(["backtest", *map(str, arguments), "--json", "--processes", "1"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("helpdesk", WRITERS)
def test_the_three_helpdesks_exports_give_the_same_figures(helpdesk, tmp_path, capsys):
    report = report_of(capsys, WRITERS[helpdesk](tmp_path / "export.json"))
    assert (report["tickets"], report["judged"], report["left_out"]) == (5, 4, {"merged": 1})
    assert report["languages"] == {"en": 3, "de": 1}
    assert report["escalated"] == 1
    assert report["teams"]["Leadership"] == 1
    assert report["agreement"]["teams_not_known"] == {"other names": 1}
    assert report["agreement"]["tickets"] == 3


def test_the_command_says_whose_export_it_read(tmp_path, capsys):
    main(["backtest", str(write_gorgias(tmp_path / "export.json")), "--processes", "1"])
    assert "read as gorgias's tickets" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("separator", "encoding"), [(",", "utf-8"), (";", "cp1252"), ("\t", "utf-16"), ("|", "utf-8-sig")]
)
def test_separators_encodings_quoted_line_ends_and_rows_in_any_order(separator, encoding, tmp_path, capsys):
    path = write_csv(tmp_path / "export.csv", separator=separator, encoding=encoding)
    report = report_of(capsys, path, "--yes")
    assert (report["tickets"], report["judged"], report["escalated"]) == (5, 4, 1)
    assert report["unreadable_rows"] == 0


def test_no_output_holds_a_customers_word(tmp_path, capsys):
    page, sample = tmp_path / "report.html", tmp_path / "sample.csv"
    export = write_zendesk(tmp_path / "export.jsonl")
    assert main(["backtest", str(export), "--html", str(page), "--sample", str(sample), "--processes", "1"]) == 0
    said = capsys.readouterr()
    assert CANARY in export.read_text("utf-8")
    for output in (said.out, said.err, page.read_text("utf-8"), sample.read_text("utf-8")):
        assert output
        assert CANARY.casefold() not in output.casefold()
        assert "caught fire" not in output


def test_a_guess_is_shown_and_not_acted_on_without_consent(tmp_path, capsys):
    assert main(["backtest", str(write_csv(tmp_path / "export.csv"))]) == 2
    said = capsys.readouterr()
    assert "  team: Group" in said.err
    assert "dates: day_first" in said.err
    assert "--mapping FILE" in said.err
    assert said.out == ""


class Terminal(io.StringIO):
    """A person at a terminal, who types this."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("typed", "code"), [("y\n", 0), ("Yes\n", 0), (" y \n", 0), ("n\n", 2), ("\n", 2), ("", 2), ("yellow\n", 2)]
)
def test_a_person_at_a_terminal_is_asked_about_the_guess(typed, code, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    export = write_csv(tmp_path / "export.csv", TICKETS[:1])
    assert main(["backtest", str(export), "--json", "--processes", "1"]) == code
    said = capsys.readouterr()
    assert said.err.index("  team: Group") < said.err.index("Is that right? [y/N]")
    assert ('"judged"' in said.out) is (code == 0)
    assert ("--mapping FILE, or say --yes" in said.err) is (code == 2)


def test_nobody_at_a_pipe_is_asked(tmp_path, capsys, monkeypatch):
    """What a pipe holds is no consent."""
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert main(["backtest", str(write_csv(tmp_path / "export.csv", TICKETS[:1]))]) == 2
    assert "Is that right?" not in capsys.readouterr().err


def test_the_shown_mapping_can_be_given_back_corrected(tmp_path, capsys):
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text("columns:\n  team: Tags\nteams:\n  refund: Returns Admin\n", "utf-8")
    report = report_of(capsys, write_csv(tmp_path / "export.csv"), "--mapping", mapping)
    assert report["agreement"]["tickets"] == 1
    assert report["agreement"]["same_team"] == 1


@pytest.mark.parametrize(
    ("mapping", "complaint"),
    [
        ("columns:\n  team: Nowhere\n", "has no column 'Nowhere'"),
        ("columns:\n  colour: Group\n", "'colour' is none of"),
        ("dates: sometimes\n", "write day_first or month_first"),
        ("people: 3\n", "may hold 'columns', 'dates' and 'teams'"),
    ],
)
def test_a_wrong_mapping_is_refused_in_words(mapping, complaint, tmp_path, capsys):
    file = tmp_path / "mapping.yaml"
    file.write_text(mapping, "utf-8")
    assert main(["backtest", str(write_csv(tmp_path / "export.csv")), "--mapping", str(file)]) == 2
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "is empty"),
        ("hello\n", "no header of columns"),
        ("Number,Colour\n1,red\n", "no column for body"),
        ('[{"colour": "red"}]', "holds no tickets of"),
        ('{"count": 0}', "holds no"),
        ("A,A\n1,2\n", "there twice"),
    ],
)
def test_a_file_that_is_no_export_is_refused_in_words(content, complaint, tmp_path, capsys):
    file = tmp_path / "export"
    file.write_text(content, "utf-8")
    assert main(["backtest", str(file), "--yes", "--processes", "1"]) == 2
    assert complaint in capsys.readouterr().err


def test_a_file_that_breaks_off_is_named_as_that(tmp_path, capsys):
    path = write_richpanel(tmp_path / "export.json")
    path.write_bytes(path.read_bytes()[:-40])
    assert main(["backtest", str(path), "--processes", "1"]) == 2
    assert "breaks off" in capsys.readouterr().err


def test_rows_that_cannot_be_read_are_counted(tmp_path, capsys):
    path = write_csv(tmp_path / "export.csv")
    path.write_text(path.read_text("utf-8") + "17,only two\n", "utf-8")
    assert report_of(capsys, path, "--yes")["unreadable_rows"] == 1


def test_labels_give_accuracy_with_an_interval(tmp_path, capsys):
    export, sample = write_zendesk(tmp_path / "export.jsonl"), tmp_path / "sample.csv"
    report_of(capsys, export, "--sample", sample)
    with sample.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["ticket"] for row in rows} == {"11", "12", "13", "14"}
    right = [{**row, "label": row["predicted"]} for row in rows]
    right[0]["label"] = next(row["predicted"] for row in rows if row["predicted"] != rows[0]["predicted"])
    with sample.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(right)
    accuracy = report_of(capsys, export, "--labels", sample)["accuracy"]
    assert (accuracy["rows"], accuracy["right"], accuracy["accuracy"]) == (4, 3, 0.75)
    # Wilson's interval of 3 in 4, worked out by hand.
    assert (round(accuracy["low"], 3), round(accuracy["high"], 3)) == (0.301, 0.954)


def test_a_sample_without_labels_tells_nothing(tmp_path, capsys):
    export, sample = write_zendesk(tmp_path / "export.jsonl"), tmp_path / "sample.csv"
    report_of(capsys, export, "--sample", sample)
    assert main(["backtest", str(export), "--labels", str(sample)]) == 2
    assert "no row has a label yet" in capsys.readouterr().err


def test_savings_follow_from_the_assumptions_that_are_shown(tmp_path, capsys):
    asked = [Written(str(number), "Where is my order #1001?", "Email Support") for number in range(10)]
    export = write_zendesk(tmp_path / "export.jsonl", asked)
    report = report_of(capsys, export, "--minutes", "6", "--dollars", "30", "--lookups-answered", "1")
    assert report["order_lookups"] == 10
    assert report["saved"] == {"touches": 10.0, "hours": 1.0, "dollars": 30}


def test_two_processes_tell_what_one_tells(tmp_path, capsys):
    many = [
        Written(f"{number}-{ticket.number}", ticket.words, ticket.team) for number in range(40) for ticket in TICKETS
    ]
    export = write_zendesk(tmp_path / "export.jsonl", many)
    alone = report_of(capsys, export)
    assert main(["backtest", str(export), "--json", "--processes", "2"]) == 0
    assert json.loads(capsys.readouterr().out) == alone
