"""Checks the policy files as a person wrote them, and says file, line and fix for every mistake at once.

PyYAML gives the lines, pydantic the shapes; the rules that join files are in `policy.consistency`. None of this is
loaded where a compiled policy is at hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from rp_mw_shared.errors import ConfigurationError
from rp_mw_worker.policy.files import file_shape

Path = tuple[str | int, ...]
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
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
        return f"{self.file}:{self.line(path)}: {place}: {wrong}; {fix}"


def validate_documents(sources: dict[str, bytes]) -> dict[str, Any]:
    """Return each file's values by its name without `.yaml`; raises ConfigurationError with every mistake found."""
    problems: list[str] = []
    documents: dict[str, Document] = {}
    for file, content in sources.items():
        document = _find_document(file, content, problems)
        if document is not None:
            documents[file.removesuffix(".yaml")] = document
    for name, document in documents.items():
        problems.extend(_shape_problems(name, document))
    if not problems:
        from rp_mw_worker.policy.consistency import find_problems

        problems.extend(find_problems(documents))
    if problems:
        raise ConfigurationError(problems)
    return {name: document.value for name, document in documents.items()}


def _find_document(file: str, content: bytes, problems: list[str]) -> Document | None:
    try:
        text = content.decode("utf-8")
        root = yaml.compose(text, Loader=_LOADER)
        value = yaml.load(text, Loader=_LOADER)  # noqa: S506  a safe loader, chosen above
    except UnicodeDecodeError:
        problems.append(f"{file}:1: the file is not UTF-8; save it as UTF-8")
        return None
    except yaml.YAMLError as error:
        problems.append(_yaml_problem(file, error))
        return None
    if not isinstance(value, dict) or root is None:
        problems.append(f"{file}:1: the file is not a mapping; start it with `version: 1.0.0`")
        return None
    problems.extend(_duplicate_keys(file, root))
    return Document(file, value, root)


def _yaml_problem(file: str, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    line = mark.line + 1 if mark else 1
    wrong = getattr(error, "problem", None) or "not YAML"
    return f"{file}:{line}: {wrong}; check the indentation and the quotes around this line"


def _duplicate_keys(file: str, node: yaml.Node) -> list[str]:
    """YAML readers keep the last of two equal keys in silence; a policy must not."""
    problems: list[str] = []
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            problems.extend(_duplicate_keys(file, item))
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, item in node.value:
            if key.value in seen:
                problems.append(f"{file}:{key.start_mark.line + 1}: {key.value} is there twice; remove one")
            seen.add(key.value)
            problems.extend(_duplicate_keys(file, item))
    return problems


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
