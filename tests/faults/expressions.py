"""The part of DynamoDB's expression and PartiQL grammar that the product uses, on typed attributes.

Anything else is refused with ValueError, so that a new kind of statement in the product fails loudly here.
Source: Amazon DynamoDB Developer Guide, "Condition and filter expressions", "Update expressions", "PartiQL".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

Attribute = dict[str, Any]
Item = dict[str, Attribute]
Condition = Callable[[Item, Mapping[str, str], Mapping[str, Attribute]], bool]

_TOKEN = re.compile(r"\s*(attribute_not_exists|attribute_exists|AND|OR|IN|<=|>=|<>|=|<|>|\(|\)|,|[#:]\w+)")
_SET_CLAUSE = re.compile(r"^(#\w+) = (?:(:\w+)|if_not_exists\((#\w+), (:\w+)\))$")
_INSERT = re.compile(r'^INSERT INTO "([^"]+)" VALUE \{(.*)\}$')
_UPDATE = re.compile(r'^UPDATE "([^"]+)" (.*) WHERE (.*)$')
_QUOTED = re.compile(r'"([^"]+)"')


def plain(attribute: Attribute) -> Any:
    """Return a typed attribute's value for comparing: numbers as numbers."""
    ((kind, value),) = attribute.items()
    return float(value) if kind == "N" else (kind, repr(value))


@cache
def parse_condition(text: str) -> Condition:
    """Return the condition as a function of item, names and values; raises ValueError for unknown grammar."""
    tokens = list(_tokens(text))
    condition, rest = _either(tokens)
    if rest:
        raise ValueError(f"condition not understood near {rest[0]!r}: {text}")
    return condition


def _tokens(text: str) -> Iterator[str]:
    place = 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise ValueError(f"condition not understood: {text[place:]}")
        yield found.group(1)
        place = found.end()


def _either(tokens: list[str]) -> tuple[Condition, list[str]]:
    left, rest = _both(tokens)
    while rest[:1] == ["OR"]:
        left, rest = _joined(any, left, *_both(rest[1:]))
    return left, rest


def _both(tokens: list[str]) -> tuple[Condition, list[str]]:
    left, rest = _single(tokens)
    while rest[:1] == ["AND"]:
        left, rest = _joined(all, left, *_single(rest[1:]))
    return left, rest


def _joined(
    how: Callable[[Iterator[bool]], bool], left: Condition, right: Condition, rest: list[str]
) -> tuple[Condition, list[str]]:
    return lambda item, names, values: how(part(item, names, values) for part in (left, right)), rest


def _single(tokens: list[str]) -> tuple[Condition, list[str]]:
    if tokens[0] == "(":
        inner, rest = _either(tokens[1:])
        return inner, rest[1:]
    if tokens[0] in {"attribute_not_exists", "attribute_exists"}:
        is_wanted, name = tokens[0] == "attribute_exists", tokens[2]
        return lambda item, names, values: (names[name] in item) is is_wanted, tokens[4:]
    name, operator = tokens[0], tokens[1]
    if operator == "IN":
        end = tokens.index(")")
        choices = [token for token in tokens[3:end] if token != ","]
        return _is_among(name, choices), tokens[end + 1 :]
    return _compares(name, operator, tokens[2]), tokens[3:]


def _is_among(name: str, choices: list[str]) -> Condition:
    def holds(item: Item, names: Mapping[str, str], values: Mapping[str, Attribute]) -> bool:
        kept = item.get(names[name])
        return kept is not None and any(plain(kept) == plain(values[choice]) for choice in choices)

    return holds


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda one, other: one == other,
    "<>": lambda one, other: one != other,
    "<=": lambda one, other: one <= other,
    ">=": lambda one, other: one >= other,
    "<": lambda one, other: one < other,
    ">": lambda one, other: one > other,
}


def _compares(name: str, operator: str, value: str) -> Condition:
    compare = _COMPARE[operator]

    def holds(item: Item, names: Mapping[str, str], values: Mapping[str, Attribute]) -> bool:
        kept = item.get(names[name])
        return kept is not None and compare(plain(kept), plain(values[value]))

    return holds


def apply_update(text: str, item: Item, names: Mapping[str, str], values: Mapping[str, Attribute]) -> Item:
    """Return the item after an update expression of SET and ADD clauses; raises ValueError for other grammar."""
    changed = dict(item)
    sets, _, adds = text.removeprefix("SET ").partition(" ADD ")
    for clause in re.split(r", (?=#)(?![^()]*\))", sets):
        found = _SET_CLAUSE.match(clause)
        if found is None:
            raise ValueError(f"update not understood: {clause}")
        name, value, _, default = found.groups()
        if value is not None:
            changed[names[name]] = values[value]
        else:
            changed.setdefault(names[name], values[default])
    for clause in adds.split(", ") if adds else []:
        name, value = clause.split(" ")
        before = int(changed.get(names[name], {"N": "0"})["N"])
        changed[names[name]] = {"N": str(before + int(values[value]["N"]))}
    return changed


@dataclass(frozen=True, slots=True)
class Insert:
    """INSERT: the whole item."""

    table: str
    item: Item


@dataclass(frozen=True, slots=True)
class Update:
    """UPDATE: what is set and removed, and what every named field of the item must equal."""

    table: str
    sets: Item
    removes: tuple[str, ...]
    where: Item


def parse_statement(text: str, parameters: list[Attribute]) -> Insert | Update:
    """Return the PartiQL statement with its parameters in place; raises ValueError for unknown grammar."""
    inserted = _INSERT.match(text)
    if inserted:
        fields = re.findall(r"'([^']+)': \?", inserted.group(2))
        return Insert(inserted.group(1), dict(zip(fields, parameters, strict=True)))
    updated = _UPDATE.match(text)
    if updated is None:
        raise ValueError(f"statement not understood: {text}")
    table, clauses, conditions = updated.groups()
    sets = re.findall(r'SET "([^"]+)" = \?', clauses)
    where = _QUOTED.findall(conditions)
    if text.count("?") != len(sets) + len(where):
        raise ValueError(f"statement not understood: {text}")
    return Update(
        table,
        dict(zip(sets, parameters[: len(sets)], strict=True)),
        tuple(re.findall(r'REMOVE "([^"]+)"', clauses)),
        dict(zip(where, parameters[len(sets) :], strict=True)),
    )
