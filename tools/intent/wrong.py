"""Another value than the one that is there, of a kind that people get wrong."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

ENVIRONMENTS = ("dev", "staging", "prod")
# Actions nobody here needs, each of some service that policies name
SURPLUS = (
    "dynamodb:Scan",
    "sqs:PurgeQueue",
    "kms:ScheduleKeyDeletion",
    "secretsmanager:PutSecretValue",
    "s3:*",
    "iam:PassRole",
    "*",
)


class CannotError(Exception):
    """There is nothing to get wrong here."""


def _number(rng: random.Random, value: float) -> Any:
    choices = [value * 2, value * 10, value // 10, value + 1, value - 1, 0]
    return rng.choice([one for one in choices if one != value])


def _environment(rng: random.Random, value: str) -> str:
    (here,) = [name for name in ENVIRONMENTS if name in value][:1]
    return value.replace(here, rng.choice([name for name in ENVIRONMENTS if name != here]))


def _text(rng: random.Random, value: str) -> Any:
    content = _decoded(value)
    if isinstance(content, dict | list):
        return json.dumps(wrong_content(rng, content))
    if value.replace(".", "", 1).isdigit():
        return str(_number(rng, float(value) if "." in value else int(value)))
    choices: list[Callable[[], Any]] = [lambda: None, lambda: f"{value}-x", lambda: "*", lambda: value[:-1] or None]
    if any(name in value for name in ENVIRONMENTS):
        choices.append(lambda: _environment(rng, value))
    return rng.choice(choices)()


def _decoded(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return None


def _list(rng: random.Random, value: list[Any]) -> list[Any]:
    index = rng.randrange(len(value))
    dice = rng.random()
    if dice < 0.4:
        return value[:index] + value[index + 1 :]
    if dice < 0.6 and isinstance(value[0], str):
        return [*value, "one-more"]
    if dice < 0.7:
        return [*value, value[index]] if isinstance(value[index], dict) else []
    if isinstance(value[index], dict):
        raise CannotError  # the arguments of a block have places of their own
    value[index] = _different(rng, value[index])
    return value


def _mapping(rng: random.Random, value: dict[str, Any]) -> dict[str, Any]:
    key = rng.choice(sorted(value))
    dice = rng.random()
    if dice < 0.3:
        return {name: one for name, one in value.items() if name != key}
    if dice < 0.45:
        return value | {"ADDED": "x"}
    return value | {key: _different(rng, value[key])}


def _different(rng: random.Random, value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return _number(rng, value)
    if isinstance(value, str):
        return _text(rng, value) if value else "x"
    if isinstance(value, list):
        return _list(rng, value) if value else ["x"]
    if isinstance(value, dict):
        return _mapping(rng, value) if value else {"ADDED": "x"}
    raise CannotError


def _invented(about: Any) -> Any:
    """A value for an argument that nobody wrote, by the type the provider says it has."""
    by_type: dict[Any, Any] = {"bool": True, "number": 7, "string": "x"}
    if isinstance(about, list) and about[0] in {"list", "set"} and about[1] == "string":
        return ["x"]
    if isinstance(about, list) and about[0] == "map" and about[1] == "string":
        return {"x": "x"}
    if isinstance(about, str) and about in by_type:
        return by_type[about]
    raise CannotError


def wrong_value(rng: random.Random, value: Any, about: Any) -> Any:
    """What somebody might have written instead; raises CannotError where nothing comes to mind."""
    if value is None or value in ("", [], {}):
        return _invented(about)
    return _different(rng, value)


def wrong_content(rng: random.Random, content: Any) -> Any:
    """A JSON document with one mistake; a policy gets those of policies."""
    statements = content.get("Statement") if isinstance(content, dict) else None
    if statements:
        statement = rng.choice(statements)
        return rng.choice(POLICY_MISTAKES)(rng, content, statement)
    return _different(rng, content)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _drop_statement(_: random.Random, policy: Any, statement: Any) -> Any:
    return policy | {"Statement": [one for one in policy["Statement"] if one is not statement]}


def _widen(rng: random.Random, policy: Any, statement: Any) -> Any:
    surplus = [action for action in SURPLUS if action not in _listed(statement["Action"])]
    statement["Action"] = [*_listed(statement["Action"]), rng.choice(surplus)]
    return policy


def _lose_action(rng: random.Random, policy: Any, statement: Any) -> Any:
    actions = _listed(statement["Action"])
    actions.remove(rng.choice(actions))
    statement["Action"] = actions
    return policy


def _every_resource(_: random.Random, policy: Any, statement: Any) -> Any:
    if statement.get("Resource") in (None, "*"):
        raise CannotError
    statement["Resource"] = "*"
    return policy


def _other_resource(rng: random.Random, policy: Any, statement: Any) -> Any:
    if statement.get("Resource") in (None, "*"):
        raise CannotError
    resources = _listed(statement["Resource"])
    index = rng.randrange(len(resources))
    resources[index] = _text(rng, resources[index]) or "arn:aws:s3:::elsewhere"
    statement["Resource"] = resources
    return policy


def _everybody(_: random.Random, policy: Any, statement: Any) -> Any:
    if statement.get("Principal") in (None, "*"):
        raise CannotError
    statement["Principal"] = "*"
    return policy


def _unconditional(_: random.Random, policy: Any, statement: Any) -> Any:
    if "Condition" not in statement:
        raise CannotError
    del statement["Condition"]
    return policy


def _other_condition(rng: random.Random, policy: Any, statement: Any) -> Any:
    if "Condition" not in statement:
        raise CannotError
    test = rng.choice(sorted(statement["Condition"]))
    statement["Condition"][test] = _mapping(rng, statement["Condition"][test])
    return policy


def _other_effect(_: random.Random, policy: Any, statement: Any) -> Any:
    statement["Effect"] = "Deny" if statement["Effect"] == "Allow" else "Allow"
    return policy


def _all_but(_: random.Random, policy: Any, statement: Any) -> Any:
    statement["NotAction"] = statement.pop("Action")
    return policy


POLICY_MISTAKES = (
    _drop_statement,
    _widen,
    _lose_action,
    _every_resource,
    _other_resource,
    _everybody,
    _unconditional,
    _other_condition,
    _other_effect,
    _all_but,
)
