"""The mistakes of tests/infrastructure/mistakes.yaml, each made in a plan."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from tools.intent.compare import Comparison, called_by_type, relations
from tools.intent.mutations import Trial, copied
from tools.intent.plans import Planned, Schemas, raw_resources
from tools.tf.workspace import ROOT

MISTAKES = ROOT / "tests" / "infrastructure" / "mistakes.yaml"


class NotFoundError(Exception):
    """A mistake speaks of what no plan holds; the message names it."""


def load_mistakes(path: Path = MISTAKES) -> list[dict[str, Any]]:
    """The mistakes as they are written."""
    found: list[dict[str, Any]] = yaml.safe_load(path.read_text("utf-8"))
    return found


def _place(values: dict[str, Any], path: str) -> tuple[dict[str, Any], str]:
    """The mapping that holds an argument, and the argument's name there."""
    *steps, last = path.split(".")
    for step in steps:
        inner = values[step]
        values = inner[0] if isinstance(inner, list) else inner
    return values, last


def _without(statement: dict[str, Any], action: str) -> dict[str, Any]:
    actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    return statement | {"Action": [one for one in actions if one != action]}


def _allow(statements: list[dict[str, Any]], told: list[Any]) -> list[dict[str, Any]]:
    more = dict(zip(("Action", "Resource", "Principal"), told, strict=True)) | {"Effect": "Allow"}
    return [*statements, {key: value for key, value in more.items() if value is not None}]


def _lose(statements: list[dict[str, Any]], action: str) -> list[dict[str, Any]]:
    left = [_without(one, action) for one in statements]
    return [one for one in left if one["Action"]]


def _bare(statements: list[dict[str, Any]], _: Any) -> list[dict[str, Any]]:
    return [{key: value for key, value in one.items() if key != "Condition"} for one in statements]


IN_POLICIES: Mapping[str, Callable[[list[dict[str, Any]], Any], list[dict[str, Any]]]] = {
    "allow": _allow,
    "lose": _lose,
    "bare": _bare,
}


def _change(values: dict[str, Any], mistake: Mapping[str, Any]) -> None:
    """Make one mistake in a resource's values."""
    for path, value in mistake.get("set", {}).items():
        holder, name = _place(values, path)
        holder[name] = value
    for path, changes in mistake.get("json", {}).items():
        holder, name = _place(values, path)
        holder[name] = json.dumps(json.loads(holder[name]) | changes)
    for path, (written, instead) in mistake.get("text", {}).items():
        holder, name = _place(values, path)
        if written not in holder[name]:
            raise NotFoundError(f"{mistake['name']}: {path} does not hold {written}")
        holder[name] = holder[name].replace(written, instead)
    for kind, change in IN_POLICIES.items():
        for argument, told in mistake.get(kind, {}).items():
            policy = json.loads(values[argument])
            policy["Statement"] = change(policy["Statement"], told)
            values[argument] = json.dumps(policy)


def _make(intent: Mapping[str, Any], planned: Planned, mistake: Mapping[str, Any]) -> None:
    root = planned.document["planned_values"]["root_module"]
    if "add" in mistake:
        added = {"mode": "managed", "address": f"{mistake['add']['type']}.added"} | copy.deepcopy(mistake["add"])
        root.setdefault("resources", []).append(added)
        return
    kind, written = mistake["of"]
    name = written.replace("<env>", planned.environment)
    called = called_by_type(intent)[kind]
    for resource in raw_resources(planned.document):
        if resource["type"] == kind and str(resource["values"].get(called, "")) == name:
            if mistake.get("remove"):
                resource["mode"] = "gone"
            _change(resource["values"], mistake)
            return
    raise NotFoundError(f"{mistake['name']}: no {kind} is called {name}")


def try_by_hand(
    intent: Mapping[str, Any], schemas: Schemas, plans: Mapping[str, Mapping[str, Planned]], mistake: Mapping[str, Any]
) -> Trial:
    """Make one mistake in a copy of the plan and look whether the intent sees it."""
    stacks = dict(plans[mistake.get("env", "prod")])
    planned = copied(stacks[mistake["in"]])
    stacks[mistake["in"]] = planned
    _make(intent, planned, mistake)
    seen = [*Comparison(intent, schemas, planned).differences(), *relations(intent, schemas, stacks)]
    return Trial(mistake["name"], bool(seen), str(seen[0]) if seen else "")
