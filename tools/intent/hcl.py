"""Mistakes made in the Terraform code itself, from a seed: a line dropped, flipped, scaled, renamed or widened.

Only lines of resources, data sources and locals: what a variable refuses is the modules' own tests' business.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ARGUMENT = re.compile(r"^(\s+)([a-z_0-9]+)(\s*=\s*)(.+?)\s*$")
OPENING = re.compile(r"^\s+(?:dynamic \")?(statement|condition|lifecycle|notification|rule|metric_query)\b.*\{\s*$")
LEFT_OUT = {"variables.tf", "outputs.tf", "versions.tf", "moved.tf", "environment.tf", "release.tf", "contract.tf"}
# Words for people and the drawing of what they look at; where a module is, which only `init` finds out
LEFT_ALONE = {
    *("description", "error_message", "meaning", "alarm_description", "sid", "label", "title", "query", "query_string"),
    *("source", "content_type"),
}
# The stack whose plan shows a module; what every service uses is planned in the worker's
PLANNED_IN = {"service": "worker", "function_inputs": "worker", "alarms": "ingress", "webhook_api": "ingress"}
CONSUMER = "consumer"  # called by the stacks of one file, of which there may be none


@dataclass(frozen=True, slots=True)
class Mistake:
    """One change of one file of the copy, and the stack whose plan must show it."""

    file: str
    line: int
    stack: str
    before: str
    after: str
    words: str


def _flip(_: random.Random, text: str) -> str | None:
    flipped = {"true": "false", "false": "true"}
    return flipped.get(text)


def _scale(rng: random.Random, text: str) -> str | None:
    if not text.isdigit():
        return None
    number = int(text)
    return str(rng.choice([one for one in (number * 2, number * 10, number + 1, number // 10, 0) if one != number]))


def _rename(rng: random.Random, text: str) -> str | None:
    if not re.fullmatch(r'"[^"]{2,}"', text):
        return None
    return rng.choice([f'{text[:-1]}-x"', f'"x{text[1:]}'])


def _narrow(rng: random.Random, text: str) -> str | None:
    if not re.fullmatch(r"\[.*\]", text) or text == "[]":
        return None
    parts = re.split(r",\s*(?![^\[({]*[\])}])", text[1:-1])
    parts.pop(rng.randrange(len(parts)))
    return f"[{', '.join(parts)}]"


def _widen(_: random.Random, text: str) -> str | None:
    return '["*"]' if text.startswith("[") and text != '["*"]' and text.endswith("]") else None


OPERATORS: tuple[Callable[[random.Random, str], str | None], ...] = (_flip, _scale, _rename, _narrow, _widen)


def _stack_of(folder: Path, path: Path) -> str | None:
    """The stack whose plan shows a file, or None where no stack calls its module."""
    if "stacks" in path.parts:
        return path.parts[path.parts.index("stacks") + 1]
    module = path.parts[path.parts.index("modules") + 1]
    if module == CONSUMER:
        return next((file.parent.name for file in sorted(folder.glob("terraform/stacks/*/main.tf"))), None)
    return PLANNED_IN.get(module, "foundation")


def _files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Each file to make mistakes in, and the stack whose plan shows it."""
    found = [*folder.glob("terraform/modules/*/*.tf"), *folder.glob("terraform/stacks/*/resources/*.tf")]
    for path in sorted(path for path in found if path.name not in LEFT_OUT):
        if (stack := _stack_of(folder, path)) is not None:
            yield path, stack


def _inside(lines: list[str]) -> Iterator[int]:
    """Numbers of the lines within resources, data sources, locals and calls of modules."""
    within = False
    for number, line in enumerate(lines):
        if re.match(r"^(resource|data|locals|module|removed|variable|output)\b", line):
            within = bool(re.match(r"^(resource|data|locals|module)\b", line))
        elif within:
            yield number


def _block_end(lines: list[str], start: int) -> int:
    depth = 0
    for number in range(start, len(lines)):
        depth += lines[number].count("{") - lines[number].count("}")
        if depth == 0:
            return number
    return start


class HclMutator:
    """Finds mistakes to make in a copy of the tree."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.folder = folder
        self.places = [
            (path, stack, number)
            for path, stack in _files(folder)
            for lines in [path.read_text("utf-8").splitlines()]
            for number in _inside(lines)
            if self._can(lines[number])
        ]

    @staticmethod
    def _can(line: str) -> bool:
        argument = ARGUMENT.match(line)
        if argument is not None:
            written = argument[4]
            ends = written.count("{") == written.count("}") and written.count("[") == written.count("]")
            return argument[2] not in LEFT_ALONE and ends and written.count("(") == written.count(")")
        return OPENING.match(line) is not None

    def mistake(self) -> Mistake:
        """Another one, of a place nobody has tried before."""
        path, stack, number = self.places.pop(self.random.randrange(len(self.places)))
        before = path.read_text("utf-8")
        lines = before.splitlines()
        line = lines[number]
        argument = ARGUMENT.match(line)
        if argument is None:
            lines[number : _block_end(lines, number) + 1] = []
            words = f"without the block {line.strip()}"
        else:
            changed = self._changed(argument)
            lines[number : number + 1] = [] if changed is None else [changed]
            words = f"{line.strip()} -> {'dropped' if changed is None else changed.strip()}"
        file = str(path.relative_to(self.folder))
        return Mistake(file, number + 1, stack, before, "\n".join(lines) + "\n", words)

    def _changed(self, argument: re.Match[str]) -> str | None:
        """The line with another value, or None for no line at all."""
        values = [after for operator in OPERATORS if (after := operator(self.random, argument[4])) is not None]
        chosen = self.random.choice([None, *values, *values])
        return None if chosen is None else f"{argument[1]}{argument[2]}{argument[3]}{chosen}"
