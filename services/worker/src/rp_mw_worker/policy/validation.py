"""Checks the policy files as a person wrote them, and says file, line and fix for every mistake at once.

`policy.plain_yaml` reads values and lines, pydantic checks the shapes; the rules that join values and files are in
`policy.consistency`. None of this is loaded where a compiled policy is at hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from rp_mw_shared.errors import ConfigurationError
from rp_mw_worker.policy.files import file_shape
from rp_mw_worker.policy.plain_yaml import read_plain_yaml

Path = tuple[str | int, ...]
_VERSION = r"^\d+\.\d+\.\d+$"


@dataclass(frozen=True, slots=True)
class Document:
    """One parsed file with the way back to its lines."""

    file: str
    value: dict[str, Any]
    root: yaml.Node

    def line(self, path: Path) -> int:
        """Return the 1-based line of the deepest existing part of `path`."""
        node, line = self.root, self.root.start_mark.line + 1
        for step in path:
            found = _find_child(node, step)
            if found is None:
                break
            node, line = found
        return line

    def problem(self, path: Path, wrong: str, fix: str) -> str:
        """Return the one-line message for a mistake at `path`."""
        place = ".".join(str(step) for step in path)
        return _on_one_line(f"{self.file}:{self.line(path)}: {place}: {wrong}; {fix}")


def validate_documents(sources: dict[str, bytes]) -> dict[str, Any]:
    """Return each file's values by its name without `.yaml`; raises ConfigurationError with every mistake found."""
    problems: list[str] = []
    documents: dict[str, Document] = {}
    for file, content in sources.items():
        document = _find_document(file, content, problems)
        if document is not None:
            documents[file.removesuffix(".yaml")] = document
    unread = {problem.split(": ", 1)[0] for problem in problems}
    for name, document in documents.items():
        found = _shape_problems(name, document)
        problems.extend(problem for problem in found if problem.split(": ", 1)[0] not in unread)
    if not problems:
        from rp_mw_worker.policy.consistency import find_problems

        problems.extend(find_problems(documents))
    if problems:
        raise ConfigurationError(problems)
    return {name: document.value for name, document in documents.items()}


def _find_document(file: str, content: bytes, problems: list[str]) -> Document | None:
    reading = read_plain_yaml(content)
    problems.extend(f"{file}:{line}: {_on_one_line(wrong)}" for line, wrong in reading.problems)
    if isinstance(reading.value, dict) and reading.root is not None:
        return Document(file, reading.value, reading.root)
    if not reading.problems:
        problems.append(f"{file}:1: the file is not a mapping; start it with `version: 1.0.0`")
    return None


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _find_child(node: yaml.Node, step: str | int) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            if key.value == str(step):
                return child, key.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step].start_mark.line + 1
    return None


def _shape_problems(name: str, document: Document) -> list[str]:
    import re

    problems = []
    value = dict(document.value)
    version = value.pop("version", None)
    if not isinstance(version, str) or not re.match(_VERSION, version):
        problems.append(document.problem(("version",), "is not a version", "write it as `version: 1.2.3`"))
    body, prefix = (value, ()) if name != "intents" else (value.pop("intents", None), ("intents",))
    if name == "intents" and value:
        problems.extend(document.problem((key,), "is unknown", "remove it") for key in value)
    problems.extend(_pydantic_problems(name, document, body, prefix))
    return problems


def _pydantic_problems(name: str, document: Document, body: Any, prefix: Path) -> list[str]:
    from pydantic import ValidationError
    from pydantic_core import to_json

    try:
        _adapter(name).validate_json(to_json(body), strict=True)
    except ValidationError as error:
        return [
            document.problem((*prefix, *place["loc"]), _wording(place), _fix(place))
            for place in error.errors(include_url=False, include_context=True)
        ]
    return []


@cache
def _adapter(name: str) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(file_shape(name))


_FIXES = {
    "missing": ("is missing", "add it"),
    "unexpected_keyword_argument": ("is not a known key", "remove it or correct its spelling"),
    "extra_forbidden": ("is not a known key", "remove it or correct its spelling"),
    "string_type": ("is not text", "put it in quotes"),
    "bool_type": ("is not true or false", "write true or false"),
    "int_type": ("is not a whole number", "write a whole number"),
    "int_from_float": ("is not a whole number", "write a whole number"),
    "float_type": ("is not a number", "write a number such as 0.60"),
    "tuple_type": ("is not a list", "write it as [first, second]"),
    "dict_type": ("is not a mapping", "write it as indented `name: value` lines"),
    "dataclass_type": ("is not a mapping", "write it as indented `name: value` lines"),
    "too_long": ("has too many entries", "write exactly two numbers: [least, most]"),
}


def _wording(place: Any) -> str:
    known = _FIXES.get(place["type"])
    return known[0] if known else str(place["msg"])


def _fix(place: Any) -> str:
    return _FIXES.get(place["type"], ("", "correct it"))[1]
