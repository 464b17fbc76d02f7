"""Mistakes made in plans, from a seed: values dropped, flipped, scaled; policies widened; resources removed."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tools.intent.compare import COMPUTED_OR_SET, Comparison, relations
from tools.intent.matching import TOLERANT, word_of
from tools.intent.plans import Planned, Schemas, is_set, raw_resources
from tools.intent.wrong import CannotError, wrong_value

Undo = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Trial:
    """One mistake: what was done, whether it was seen, and if not why the intent allows it."""

    words: str
    caught: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """An argument somewhere in a resource's values: the mapping that holds it, its name, its type, the path to it."""

    holder: dict[str, Any]
    name: str
    about: Any
    path: tuple[str, ...]


def places(block: Mapping[str, Any], values: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[Place]:
    """Every argument and block somebody could have written otherwise."""
    for name, about in block.get("attributes", {}).items():
        if (about.get("optional") or about.get("required")) and name not in COMPUTED_OR_SET:
            yield Place(values, name, about.get("type", "string"), (*path, name))
    for name, inner in block.get("block_types", {}).items():
        if values.get(name):
            yield Place(values, name, "block", (*path, name))
            found = values[name] if isinstance(values[name], list) else [values[name]]
            for one in found:
                yield from places(inner["block"], one, (*path, name))


class Mutator:
    """Makes one mistake at a time in the plans, and takes it back."""

    def __init__(
        self, intent: Mapping[str, Any], schemas: Schemas, plans: Mapping[str, Mapping[str, Planned]], seed: int
    ):
        self.random = random.Random(seed)
        self.intent = intent
        self.schemas = schemas
        self.plans = {name: {stack: copied(one) for stack, one in stacks.items()} for name, stacks in plans.items()}

    def trial(self) -> Trial:
        """Make a mistake, look whether it is seen, undo it."""
        stacks = self.random.choice(list(self.plans.values()))
        planned = self.random.choice(list(stacks.values()))
        resources = raw_resources(planned.document)
        resource = self.random.choice(resources)
        dice = self.random.random()
        if dice < 0.06:
            return self._look(stacks, planned, resource, (), *self._remove(planned, resource))
        if dice < 0.10:
            return self._look(stacks, planned, resource, (), *self._add(planned, resource))
        while True:
            place = self.random.choice(self._places(resource))
            try:
                words, undo = self._change(place)
            except CannotError:
                continue
            return self._look(stacks, planned, resource, place.path, f"{'.'.join(place.path)}: {words}", undo)

    def _places(self, resource: dict[str, Any]) -> list[Place]:
        """What is written twice as often as what is left out."""
        found = list(places(self.schemas.types[resource["type"]], resource["values"]))
        written = [place for place in found if is_set(place.holder.get(place.name))]
        return written * 6 + found if written else found

    def _change(self, place: Place) -> tuple[str, Undo]:
        before = place.holder.get(place.name)
        after = wrong_value(self.random, copy.deepcopy(before), place.about)
        place.holder[place.name] = after

        def undo() -> None:
            place.holder[place.name] = before

        return f"{_short(before)} -> {_short(after)}", undo

    def _remove(self, planned: Planned, resource: dict[str, Any]) -> tuple[str, Undo]:
        holder = _holder(planned.document["planned_values"]["root_module"], resource)
        index = next(number for number, one in enumerate(holder) if one is resource)
        holder.pop(index)
        return "removed", lambda: holder.insert(index, resource)

    def _add(self, planned: Planned, resource: dict[str, Any]) -> tuple[str, Undo]:
        holder = _holder(planned.document["planned_values"]["root_module"], resource)
        double = copy.deepcopy(resource) | {"address": resource["address"] + "-again"}
        holder.append(double)
        return "there twice", lambda: holder.remove(double)

    def _look(
        self,
        stacks: Mapping[str, Planned],
        planned: Planned,
        resource: dict[str, Any],
        path: tuple[str, ...],
        words: str,
        undo: Undo,
    ) -> Trial:
        comparison = Comparison(self.intent, self.schemas, planned)
        caught = any(comparison.differences()) or any(relations(self.intent, self.schemas, stacks))
        undo()
        why = "" if caught else allowed_by(comparison, resource, path)
        return Trial(f"{planned.environment} {planned.stack} {resource['address']} {words}", caught, why)


def allowed_by(comparison: Comparison, resource: dict[str, Any], path: tuple[str, ...]) -> str:
    """The tolerant words by which the intent takes more than one value at a path, or nothing."""
    for want in comparison.wanted:
        if want.type == resource["type"] and want.name == str(resource["values"].get(want.called, "")):
            found: list[Any] = [want.values]
            for step in path:
                found = [value for one in found for value in _step(one, step)]
            said = [f"the intent says {word} {one[word]}" for one in found if (word := tolerance(one)) is not None]
            if said:
                return said[0]
    return ""


def tolerance(expected: Any) -> str | None:
    """The tolerant word of an expectation, if it is one."""
    word = word_of(expected)
    return word if word in TOLERANT else None


def _step(expected: Any, name: str) -> Iterator[Any]:
    """What an expectation says of an argument, in whichever of its blocks."""
    if tolerance(expected) is not None:
        yield expected
    elif isinstance(expected, list):
        for one in expected:
            yield from _step(one, name)
    elif isinstance(expected, Mapping) and name in expected:
        yield expected[name]


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:28]}…{text[-28:]}"


def copied(planned: Planned) -> Planned:
    """A plan whose document can be changed without changing the first."""
    return Planned(planned.environment, planned.stack, copy.deepcopy(planned.document), planned.store, planned.kept)


def _holder(module: dict[str, Any], resource: dict[str, Any]) -> list[dict[str, Any]]:
    """The list of the plan that holds a resource."""
    found: list[dict[str, Any]] = module.get("resources", [])
    if any(one is resource for one in found):
        return found
    for child in module.get("child_modules", []):
        if inner := _holder(child, resource):
            return inner
    return []


def run_trials(
    intent: Mapping[str, Any], schemas: Schemas, plans: Mapping[str, Mapping[str, Planned]], seed: int, count: int
) -> list[Trial]:
    """As many mistakes as asked for, the same ones for the same seed and plans."""
    mutator = Mutator(intent, schemas, plans, seed)
    return [mutator.trial() for _ in range(count)]
