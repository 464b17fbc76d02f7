"""Times as exports write them, and that a local date's order changes what a ticket is judged by."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rp_mw_ops.backtest.times import has_local_dates, is_day_first, to_epoch_ms
from rp_mw_ops.cli import main

BOTH = (True, False)


def utc(*parts: int) -> int:
    """Epoch milliseconds."""
    return round(datetime(*parts, tzinfo=UTC).timestamp() * 1000)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("text", "day_first", "month_first"),
    [
        ("02/03/2026 10:00", utc(2026, 3, 2, 10), utc(2026, 2, 3, 10)),
        ("2/3/26 10:00", utc(2026, 3, 2, 10), utc(2026, 2, 3, 10)),
        ("02.03.2026", utc(2026, 3, 2), utc(2026, 2, 3)),
        ("02-03-2026 10:00:05", utc(2026, 3, 2, 10, 0, 5), utc(2026, 2, 3, 10, 0, 5)),
        ("02/03/2026 01:30 PM", utc(2026, 3, 2, 13, 30), utc(2026, 2, 3, 13, 30)),
        (" 02/03/2026 10:00", utc(2026, 3, 2, 10), utc(2026, 2, 3, 10)),
        ("12/11/2026", utc(2026, 11, 12), utc(2026, 12, 11)),
    ],
)
def test_a_local_date_is_read_in_the_order_that_was_decided(text: str, day_first: int, month_first: int) -> None:
    """The same text is another day in the other order."""
    assert to_epoch_ms(text, day_first=True) == day_first
    assert to_epoch_ms(text, day_first=False) == month_first


@pytest.mark.parametrize("day_first", BOTH)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("13/03/2026", utc(2026, 3, 13)),
        ("03/13/2026", utc(2026, 3, 13)),
        ("05/05/2026", utc(2026, 5, 5)),
        ("2026-03-02", utc(2026, 3, 2)),
        ("2026-03-02T10:00:00Z", utc(2026, 3, 2, 10)),
        ("2026-03-02T10:00:00+02:00", utc(2026, 3, 2, 8)),
        ("2026-03-02 10:00:00.250", utc(2026, 3, 2, 10) + 250),
        ("2026/03/02 10:00", utc(2026, 3, 2, 10)),
        ("2 March 2026 10:00", utc(2026, 3, 2, 10)),
        ("March 2, 2026", utc(2026, 3, 2)),
        ("1772445600", 1_772_445_600_000),
        ("1772445600123", 1_772_445_600_123),
        (1_772_445_600, 1_772_445_600_000),
    ],
)
def test_what_names_its_day_is_the_same_in_either_order(text: object, expected: int, day_first: bool) -> None:
    """A value above twelve, a year in front, a month's name, an epoch."""
    assert to_epoch_ms(text, day_first=day_first) == expected


@pytest.mark.parametrize("day_first", BOTH)
@pytest.mark.parametrize("text", ["", None, "12:30", "soon enough", "45/45/2026", "99999999999999999999"])
def test_what_is_no_time_is_none(text: object, day_first: bool) -> None:
    """Nothing is guessed."""
    assert to_epoch_ms(text, day_first=day_first) is None


@pytest.mark.parametrize(
    ("samples", "order"),
    [
        (["02/03/2026", "13/03/2026"], True),
        (["02/03/2026", "03/13/2026"], False),
        (["13.03.2026 10:00"], True),
        (["02/03/2026", "05/05/2026"], None),
        (["2026-03-13", "1772445600", ""], None),
        ([], None),
    ],
)
def test_a_value_above_twelve_decides_the_order(samples: list[str], order: bool | None) -> None:
    """The first that tells; None where none does."""
    assert is_day_first(samples) is order


def test_only_local_dates_have_an_order() -> None:
    """A file of others is not asked about."""
    assert has_local_dates(["2026-03-02", "2/3/2026"])
    assert not has_local_dates(["2026-03-02T10:00:00Z", "1772445600", ""])


# By day first it was asked, answered, and then the lamp burned; by month first the burning lamp came first of all.
MESSAGES = (
    ("1", "Customer", "Where is my order #1001?", "02/01/2026 10:00"),
    ("1", "Agent", "It is on its way.", "05/01/2026 10:00"),
    ("1", "Customer", "My lamp caught fire and burned my hand", "01/02/2026 10:00"),
)


def report_of(
    capsys: pytest.CaptureFixture[str], path: Path, *further: str, flags: tuple[str, ...] = ("--yes",)
) -> Any:
    """The report of the messages and one further ticket of each date in `further`, and what was said of the columns."""
    rows = [*MESSAGES, *((str(place), "Customer", "Hello there", date) for place, date in enumerate(further, 2))]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("Ticket ID", "Author", "Message", "Created At"), *rows])
    assert main(["backtest", str(path), *flags, "--json", "--processes", "1"]) == 0
    said = capsys.readouterr()
    return json.loads(said.out), said.err


@pytest.mark.parametrize(("order", "escalated"), [("day_first", 0), ("month_first", 1)])
def test_the_order_that_the_mapping_tells_decides_which_words_came_first(
    order: str, escalated: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two dates change places with the reading, and with them what the ticket is judged by."""
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(f"dates: {order}\n", "utf-8")
    report, said = report_of(capsys, tmp_path / "export.csv", flags=("--mapping", str(mapping)))
    assert (report["judged"], report["escalated"]) == (1, escalated)
    assert f"dates: {order}\n" in said


@pytest.mark.parametrize(
    ("further", "order", "escalated"), [("13/01/2026", "day_first", 0), ("01/13/2026", "month_first", 1)]
)
def test_one_date_of_the_file_decides_the_order_of_all(
    further: str, order: str, escalated: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another ticket's, below."""
    report, said = report_of(capsys, tmp_path / "export.csv", further)
    assert (report["judged"], report["escalated"]) == (2, escalated)
    assert f"dates: {order}\n" in said


def test_an_order_that_nothing_tells_is_said_to_be_a_guess(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A comma between the columns is a place that writes the month first."""
    report, said = report_of(capsys, tmp_path / "export.csv")
    assert report["escalated"] == 1
    assert "dates: month_first   # a guess" in said
