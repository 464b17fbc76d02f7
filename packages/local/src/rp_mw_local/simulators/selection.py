"""Enough GraphQL to answer exactly the fields a query asks for, and to refuse the ones that do not exist.

Reads the selection set and the arguments; fragments, directives and nested input objects are out of scope: the
product's queries use none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\$?[A-Za-z_][A-Za-z0-9_]*|-?[0-9]+(?:\.[0-9]+)?|[{}():,!=\[\]]')


class SelectionError(ValueError):
    """The query is not one this reader understands."""


class UndefinedFieldError(ValueError):
    """The query asks for a field the schema does not have."""


@dataclass(slots=True)
class Field:
    """One selected field; `name` without alias, arguments with variables filled in."""

    name: str
    alias: str
    arguments: dict[str, Any] = field(default_factory=dict)
    fields: list[Field] = field(default_factory=list)


def parse_selection(query: str, variables: dict[str, Any]) -> list[Field]:
    """The top-level fields of a query; raises SelectionError."""
    tokens = _TOKEN.findall(re.sub(r"#[^\n\"]*$", "", query, flags=re.MULTILINE))
    if not tokens or "{" not in tokens:
        raise SelectionError("no selection")
    return _Reader(tokens, tokens.index("{"), variables).read_fields()


@dataclass(slots=True)
class _Reader:
    tokens: list[str]
    at: int
    variables: dict[str, Any]

    def _next(self) -> str:
        if self.at >= len(self.tokens):
            raise SelectionError("unexpected end")
        self.at += 1
        return self.tokens[self.at - 1]

    def _peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def read_fields(self) -> list[Field]:
        if self._next() != "{":
            raise SelectionError("expected {")
        found = []
        while self._peek() != "}":
            found.append(self._read_field())
        self._next()
        return found

    def _read_field(self) -> Field:
        name = alias = self._next()
        if self._peek() == ":":
            self._next()
            name = self._next()
        if not name.isidentifier():
            raise SelectionError(f"unexpected {name}")
        read = Field(name, alias)
        if self._peek() == "(":
            read.arguments = self._read_arguments()
        if self._peek() == "{":
            read.fields = self.read_fields()
        return read

    def _read_arguments(self) -> dict[str, Any]:
        self._next()
        arguments = {}
        while self._peek() != ")":
            name = self._next()
            if self._next() != ":":
                raise SelectionError("expected :")
            arguments[name] = self._value(self._next())
            if self._peek() == ",":
                self._next()
        self._next()
        return arguments

    def _value(self, text: str) -> Any:
        if text.startswith("$"):
            return self.variables.get(text[1:])
        if text.startswith('"'):
            return text[1:-1].replace('\\"', '"')
        if text in {"true", "false"}:
            return text == "true"
        return int(text) if text.lstrip("-").isdigit() else text


def project(value: Any, fields: list[Field]) -> Any:
    """The value reduced to the selected fields; raises UndefinedFieldError for one it does not have."""
    if isinstance(value, list):
        return [project(entry, fields) for entry in value]
    if not fields or value is None:
        return value
    shown = {}
    for selected in fields:
        if selected.name not in value:
            raise UndefinedFieldError(selected.name)
        shown[selected.alias] = project(_cut(value[selected.name], selected), selected.fields)
    return shown


def _cut(value: Any, selected: Field) -> Any:
    """A plain list is cut to `first` and says nothing of the rest."""
    first = selected.arguments.get("first")
    return value[:first] if isinstance(value, list) and isinstance(first, int) else value
