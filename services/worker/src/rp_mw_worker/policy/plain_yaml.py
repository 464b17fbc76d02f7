"""Reads a policy file: the plain part of YAML that every reader takes for the same, and a problem for the rest.

    bytes --compose (PyYAML, pure Python on every machine)--> nodes --here--> text, true/false, numbers, lists, mappings

YAML 1.1 and 1.2 disagree about `010`, `yes`, `1:30` and more, and a reader keeps the last of two equal keys in silence.
None of that is guessed at: such a line is a mistake. Quoted text is always text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml

_INT = re.compile(r"-?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")
_WORDS = {"true": True, "false": False, "null": None}
# Source: YAML 1.1 types bool, null, int, float, merge and value; YAML 1.2 core schema.
_DISPUTED = re.compile(
    r"y|yes|n|no|on|off|true|false|null|~|=|<<|[-+]?\.inf|\.nan"
    r"|[-+]?0(x[0-9a-f_]+|o[0-7_]+|b[01_]+)"
    r"|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])*(\.[0-9_]*)?"
    r"|[-+]?\.[0-9][0-9_]*"
    r"|[-+]?([0-9][0-9_]*\.?[0-9_]*|\.[0-9_]+)e[-+]?[0-9]+",
    re.IGNORECASE,
)
_QUOTE = "put it in quotes where it is text"
_REMEMBERED_FILES = 64


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file holds. `problems` are by line: each is the line's number (from 1) and `what is wrong; the mend`."""

    value: Any
    root: yaml.Node | None
    problems: tuple[tuple[int, str], ...] = ()


@lru_cache(maxsize=_REMEMBERED_FILES)
def read_plain_yaml(content: bytes) -> Reading:
    """Return what `content` holds. The same bytes give the same object again: its value is read-only by agreement."""
    try:
        root = _Composer(content.decode("utf-8-sig")).get_single_node()
    except UnicodeDecodeError:
        return Reading(None, None, ((1, "the file is not UTF-8; save it as UTF-8"),))
    except yaml.YAMLError as error:
        return Reading(None, None, (_syntax_problem(error),))
    problems: list[tuple[int, str]] = []
    value = None if root is None else _to_value(root, problems)
    return Reading(value, root, tuple(problems))


class _Composer(yaml.SafeLoader):
    """Makes nodes; a tag, an anchor or an alias would make a line mean what does not stand on it."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  the base class has it so: plain text stays text

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Return the next node."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        for name in ("tag", "anchor"):
            if getattr(event, name, None):
                raise yaml.MarkedYAMLError(
                    problem=f"a YAML {name} ({getattr(event, name)}); write the value out, without & * and !",
                    problem_mark=event.start_mark,
                )
        return super().compose_node(parent, index)


def _syntax_problem(error: yaml.YAMLError) -> tuple[int, str]:
    mark = getattr(error, "problem_mark", None)
    wrong = getattr(error, "problem", None) or "not YAML"
    mend = "" if ";" in wrong else "; check the indentation and the quotes around this line"
    return (mark.line + 1 if mark else 1), f"{wrong}{mend}"


def _to_value(node: yaml.Node, problems: list[tuple[int, str]]) -> Any:
    if isinstance(node, yaml.MappingNode):
        return dict(_items(node, problems))
    if isinstance(node, yaml.SequenceNode):
        return [_to_value(item, problems) for item in node.value]
    return _to_scalar(node, problems)


def _items(node: yaml.MappingNode, problems: list[tuple[int, str]]) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for key, item in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            problems.append((line, "a list or mapping stands where a name belongs; write a name"))
            continue
        if key.value in seen:
            problems.append((line, f"{key.value} is there twice; remove one"))
        seen.add(key.value)
        if key.style is None and _DISPUTED.fullmatch(key.value):
            problems.append((line, f"{key.value} is not the same to every reader of YAML; put it in quotes"))
        yield key.value, _to_value(item, problems)


def _to_scalar(node: Any, problems: list[tuple[int, str]]) -> Any:
    text = node.value
    if node.style is not None:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    line = node.start_mark.line + 1
    if not text:
        problems.append((line, "a value is missing; write one, or null for none"))
    elif _DISPUTED.fullmatch(text):
        problems.append((line, f"{text} is not the same to every reader of YAML; {_mend(text)}"))
    return text


def _mend(text: str) -> str:
    if text.lower() in {"y", "yes", "on", "true"}:
        return f"write true, or {_QUOTE}"
    if text.lower() in {"n", "no", "off", "false"}:
        return f"write false, or {_QUOTE}"
    return f"write a number in plain digits such as 10 or 0.6, or {_QUOTE}"
