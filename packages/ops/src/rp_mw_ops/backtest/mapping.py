"""Which column of a CSV holds what: guessed from the header, shown, and put right by a mapping file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from rp_mw_ops.backtest.csv_export import CsvExport, Row
from rp_mw_ops.backtest.formats import FIELDS, fold, load_formats
from rp_mw_ops.backtest.header import to_shown
from rp_mw_ops.backtest.times import has_local_dates, is_day_first
from rp_mw_ops.errors import UsageError

NEEDED = ("ticket", "body")
DATES = ("day_first", "month_first")


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Our field to a column's name, the order of local dates, and the shop's team names to the policy's."""

    columns: Mapping[str, str]
    day_first: bool
    is_dates_guessed: bool
    teams: Mapping[str, str]

    def lines(self) -> list[str]:
        """Return the mapping for people, and as the mapping file that would say the same."""
        said = [f"  {name}: {column}" for name, column in self.columns.items()]
        dates = "day_first" if self.day_first else "month_first"
        doubt = "   # a guess: no date of the file tells; please check" if self.is_dates_guessed else ""
        return ["columns:", *said, f"dates: {dates}{doubt}"]


def guess(export: CsvExport, given: Path | None) -> ColumnMapping:
    """Return the mapping: what the file `given` says, the rest guessed. Raises UsageError where it cannot be known."""
    told = _load(given) if given else {}
    columns = {**_guess_columns(export.layout.header), **_checked_columns(told, export.layout.header, given)}
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        raise UsageError(
            f"no column for {' and '.join(missing)} among {to_shown(export.layout.header)}. Write a file with"
            f" 'columns:' and a line such as '  {missing[0]}: your column', and give it as --mapping FILE"
        )
    ordered = {name: columns[name] for name in FIELDS if name in columns}
    return _with_dates(
        ColumnMapping(ordered, day_first=False, is_dates_guessed=False, teams=_teams(told)), export, told
    )


def load_teams(given: Path | None) -> Mapping[str, str]:
    """Return the mapping file's team names alone, which a JSON export takes too."""
    return _teams(_load(given)) if given else {}


def _guess_columns(header: Sequence[str]) -> dict[str, str]:
    folded = {fold(column): column for column in reversed(header)}
    found: dict[str, str] = {}
    for name, words in load_formats().columns.items():
        column = next((folded[word] for word in map(fold, words) if word in folded), None)
        if column is not None and column not in found.values():
            found[name] = column
    return found


def _with_dates(mapping: ColumnMapping, export: CsvExport, told: Mapping[str, object]) -> ColumnMapping:
    if told.get("dates") is not None:
        return replace(mapping, day_first=told["dates"] == "day_first")
    column = mapping.columns.get("time")
    samples = [row[column] for row in export.samples()] if column else []
    order = is_day_first(samples)
    # A separator that is no comma comes from a place that writes the day first.
    return replace(
        mapping,
        day_first=export.layout.separator == ";" if order is None else order,
        is_dates_guessed=order is None and has_local_dates(samples),
    )


def _load(path: Path) -> dict[str, object]:
    try:
        told = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"{path}: cannot be read as YAML ({type(error).__name__})") from None
    if not isinstance(told, dict) or not set(told) <= {"columns", "dates", "teams"}:
        raise UsageError(f"{path}: may hold 'columns', 'dates' and 'teams', nothing else")
    if told.get("dates") not in (None, *DATES):
        raise UsageError(f"{path}: dates: write {' or '.join(DATES)}")
    return told


def _checked_columns(told: Mapping[str, object], header: Sequence[str], path: Path | None) -> dict[str, str]:
    columns = told.get("columns") or {}
    if not isinstance(columns, dict):
        raise UsageError(f"{path}: columns: write one line 'field: column' for each")
    for name, column in columns.items():
        if name not in FIELDS:
            raise UsageError(f"{path}: columns: {name!r} is none of {', '.join(FIELDS)}")
        if column not in header:
            raise UsageError(f"{path}: columns: {name}: the file has no column {column!r}; it has {to_shown(header)}")
    return columns


def _teams(told: Mapping[str, object]) -> dict[str, str]:
    teams = told.get("teams") or {}
    return {str(theirs): str(ours) for theirs, ours in teams.items()} if isinstance(teams, dict) else {}


def value(row: Row, mapping: ColumnMapping, name: str) -> str:
    """Return the row's value of our field, empty where there is no column for it."""
    column = mapping.columns.get(name)
    return row[column].strip() if column else ""
