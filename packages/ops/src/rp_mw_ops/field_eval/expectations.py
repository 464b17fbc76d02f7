"""From a row's expected words to checks: the written mapping is `expectations.yaml`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from rp_mw_ops.limits import load_yaml
from rp_mw_shared.errors import ConfigurationError

UNSERVED = "unserved_languages"
_FILE = Path(__file__).parent / "expectations.yaml"


@dataclass(frozen=True, slots=True)
class Check:
    """A check's name and what it is about, such as the order numbers to be found."""

    name: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Entry:
    texts: frozenset[str]
    pattern: re.Pattern[str] | None
    kinds: tuple[str, ...]
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Expectations:
    """The mapping, in order, and the kinds that each figure counts, as beginnings of their names."""

    entries: tuple[_Entry, ...]
    figures: dict[str, tuple[str, ...]]
    unserved_ids: re.Pattern[str]

    def find_checks(self, expected: str, kind: str = "") -> tuple[Check, ...]:
        """Return the checks of the first entry that fits, () when none does: then a person judges the row."""
        for entry in self.entries:
            if not kind.startswith(entry.kinds):
                continue
            if expected in entry.texts:
                return entry.checks
            match = entry.pattern.fullmatch(expected) if entry.pattern else None
            if match is not None:
                values = _values(match[1])
                return tuple(Check(check.name, check.values or values) for check in entry.checks)
        return ()

    def find_figures(self, kind: str, row_id: str = "") -> tuple[str, ...]:
        """Return the names of the figures that count a row."""
        if self.unserved_ids.fullmatch(row_id):
            return (UNSERVED,)
        return tuple(name for name, begins in self.figures.items() if kind.startswith(begins))


@cache
def load_expectations() -> Expectations:
    """Return the shipped mapping. Raises ConfigurationError for a check that does not exist."""
    from rp_mw_ops.field_eval.checks import CHECKS

    document = load_yaml(_FILE)
    found = Expectations(
        tuple(_to_entry(entry) for entry in document["expectations"]),
        {name: tuple(begins) for name, begins in document["figures"].items()},
        re.compile(document["unserved_ids"]),
    )
    unknown = {check.name for entry in found.entries for check in entry.checks} - set(CHECKS)
    if unknown:
        raise ConfigurationError([f"{_FILE.name}: no such check: {name}" for name in sorted(unknown)])
    return found


def _to_entry(entry: dict[str, Any]) -> _Entry:
    says = entry.get("says", [])
    texts = frozenset([says] if isinstance(says, str) else says)
    pattern = re.compile(entry["like"], re.DOTALL) if "like" in entry else None
    return _Entry(texts, pattern, tuple(entry.get("kinds", [""])), tuple(_to_checks(entry["check"])))


def _to_checks(written: Iterable[str | dict[str, list[str]]]) -> Iterable[Check]:
    for item in written:
        if isinstance(item, str):
            yield Check(item)
        else:
            yield from (Check(name, tuple(values)) for name, values in item.items())


def _values(written: str) -> tuple[str, ...]:
    """Return what a group shows: a list or a text in Python's spelling, else the text as it is."""
    if written[:1] not in {"[", "'", '"'}:
        return (written,)
    found = ast.literal_eval(written)
    return tuple(found) if isinstance(found, list) else (str(found),)
