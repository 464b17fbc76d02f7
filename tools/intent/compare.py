"""Plans held against the intent: every difference as one line that says where and what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.intent.expected import Filler, Wanted, readable, wanted
from tools.intent.matching import differences
from tools.intent.plans import Planned, Resource, Schemas

COMPUTED_OR_SET = {"id"}  # an argument in the schema for the provider's own sake; nobody sets it


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a plan is not what was meant, and how."""

    environment: str
    stack: str
    subject: str
    path: str
    words: str

    def __str__(self) -> str:
        where = f"{self.subject} {self.path}".strip()
        return f"{self.environment} {self.stack}: {where} {self.words}"


class Comparison:
    """One stack's plan and what is wanted of it."""

    def __init__(self, intent: Mapping[str, Any], schemas: Schemas, planned: Planned) -> None:
        self.planned = planned
        self.schemas = schemas
        self.intent = intent
        self.filler = Filler(intent, planned)
        self.wanted = wanted(self.filler)

    def _say(self, subject: str, path: str, words: str) -> Difference:
        return Difference(self.planned.environment, self.planned.stack, subject, path, words)

    def differences(self) -> Iterator[Difference]:
        """Everything in the stack's plan that is not as intended."""
        yield from self._resources()
        yield from self._reads()
        yield from self._surroundings()

    def _resources(self) -> Iterator[Difference]:
        called = self._called()
        left: dict[tuple[str, str], list[Resource]] = {}
        for resource in self.planned.resources:
            if resource.type not in called:
                yield self._say(resource.address, "", f"is a {resource.type}, a type the intent does not know")
                continue
            left.setdefault((resource.type, self._name(called, resource)), []).append(resource)
        for want in self.wanted:
            found = left.get((want.type, want.name), [])
            if not found:
                yield self._say(f"{want.type} {want.name!r}", "", "is missing")
                continue
            yield from self._resource(want, found.pop(0))
        for (kind, name), resources in left.items():
            yield from (self._say(f"{kind} {name!r}", "", f"({one.address}) is not intended") for one in resources)

    def _called(self) -> dict[str, str]:
        """By type the argument that tells its resources apart."""
        return {want.type: want.called for want in self.wanted}

    @staticmethod
    def _name(called: Mapping[str, str], resource: Resource) -> str:
        argument = called[resource.type]
        return str(resource.values.get(argument)) if argument else ""

    def _resource(self, want: Wanted, resource: Resource) -> Iterator[Difference]:
        found = self.schemas.settable(resource)
        arguments = self.schemas.types[resource.type].get("attributes", {})
        expected = dict(want.values)
        if "region" in arguments:
            expected["region"] = self.filler.names["region"]
        if "tags_all" in arguments:
            expected["tags_all"] = self.filler.fill(self.intent["tags"])
        seen = {name: value for name, value in found.items() if name not in COMPUTED_OR_SET}
        for path, words in differences(expected, seen):
            yield self._say(f"{want.type} {want.name!r}", path, words)
        if want.kept and self.planned.kept is not None and resource.address not in self.planned.kept:
            yield self._say(f"{want.type} {want.name!r}", "", "may be destroyed: it has no prevent_destroy")

    def _reads(self) -> Iterator[Difference]:
        types, named = readable(self.filler)
        for read in self.planned.reads:
            if read.type not in types and read.type not in named:
                yield self._say(read.address, "", f"reads a {read.type}, which the intent does not name")
            for argument, names in named.get(read.type, {}).items():
                if read.values.get(argument) not in names:
                    words = f"is {read.values.get(argument)!r}: the stack has no business with it"
                    yield self._say(read.address, argument, words)

    def _surroundings(self) -> Iterator[Difference]:
        store = {
            "type": self.planned.store.get("type"),
            "config": {key: value for key, value in self.planned.store.get("config", {}).items() if value is not None},
        }
        for path, words in differences(self.filler.fill(self.intent["store"]), store):
            yield self._say("the state's store", path, words)
        about = self.intent["provider"]
        version = self.planned.provider.get("version_constraint")
        for _, words in differences(about["version_constraint"], version):
            yield self._say("the provider's version", "", words)
        missing = set(about["guards"]) - set(self.planned.provider.get("expressions", {}))
        yield from (self._say("the provider", name, "is not set") for name in sorted(missing))


def value_at(schemas: Schemas, planned: Planned, place: Sequence[str], called: Mapping[str, str]) -> float | None:
    """The number that a relation speaks of, or None where there is none."""
    _, kind, name, path = place
    for resource in planned.resources:
        if resource.type == kind and str(resource.values.get(called.get(kind, ""), "")) == name:
            value: Any = schemas.settable(resource)
            for step in path.split("."):
                value = value[0] if isinstance(value, list) and value else value
                value = value.get(step) if isinstance(value, Mapping) else None
            try:
                return float(value)
            except (TypeError, ValueError):
                return None
    return None


def relations(intent: Mapping[str, Any], schemas: Schemas, stacks: Mapping[str, Planned]) -> Iterator[Difference]:
    """What does not hold between values of one environment's stacks."""
    any_stack = next(iter(stacks.values()))
    filler = Filler(intent, any_stack)
    called = called_by_type(intent)
    for relation in intent["relations"]:
        sides = []
        for side in ("left", "right"):
            place = filler.fill(relation[side])
            number = value_at(schemas, stacks[place[0]], place, called) if isinstance(place, list) else float(place)
            sides.append((" ".join(place[1:]) if isinstance(place, list) else str(place), number))
        (left_name, left), (right_name, right) = sides
        plus, times = relation.get("plus", 0), relation["times"]
        if left is None or right is None or left < plus + times * right:
            words = f"is {left}, less than {plus} + {times} x {right} of {right_name}"
            yield Difference(any_stack.environment, "all", left_name, "", words)


def called_by_type(intent: Mapping[str, Any]) -> dict[str, str]:
    """By type the argument that tells its resources apart."""
    alarms = {"aws_cloudwatch_metric_alarm": "alarm_name", "aws_cloudwatch_composite_alarm": "alarm_name"}
    return alarms | {entry["type"]: entry.get("called", "") for entry in intent["resources"]}


def compare(intent: Mapping[str, Any], schemas: Schemas, stacks: Mapping[str, Planned]) -> list[Difference]:
    """Every difference between one environment's plans, by stack, and the intent."""
    found = [one for planned in stacks.values() for one in Comparison(intent, schemas, planned).differences()]
    return found + list(relations(intent, schemas, stacks))
