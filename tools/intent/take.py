"""Plans of applied stacks as JSON, taken with the stand-in in a scratch copy: no account, no key, no registry."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from tools.intent.plans import Planned, Schemas
from tools.tf.commands import of_environment, plain, planned
from tools.tf.workspace import Workspace

KEPT = re.compile(r"Resource (\S+) has\s+lifecycle\.prevent_destroy\s+set")


def _json(text: str) -> Any:
    return json.loads(text[text.index("{") :])


def take_schemas(workspace: Workspace) -> Schemas:
    """Every type's arguments, as the provider of the first stack says."""
    return Schemas.of(_json(plain(workspace, "foundation", "providers", "schema", "-json").text))


def _store(workspace: Workspace, stack: str, environment: str) -> Mapping[str, Any]:
    """The state's store as `init` recorded it."""
    folder = of_environment(environment).get("TF_DATA_DIR", ".terraform")
    path = workspace.folder / "terraform" / "stacks" / stack / folder / "terraform.tfstate"
    found: Mapping[str, Any] = json.loads(path.read_text("utf-8"))["backend"]
    return {"type": found["type"], "config": found["config"]}


def take(workspace: Workspace, stack: str, environment: str) -> Planned:
    """The plan that `plan` left in plan.bin, with its store."""
    return Planned(environment, stack, planned(workspace, stack, environment), _store(workspace, stack, environment))


def _refused(workspace: Workspace, stack: str, environment: str, *arguments: str) -> set[str]:
    """Addresses that a plan refuses to destroy."""
    outcome = plain(workspace, stack, "plan", *arguments, env=of_environment(environment))
    return set(KEPT.findall(re.sub(r"[\n│]+", " ", outcome.text)))


def with_kept(workspace: Workspace, plan: Planned, types: Collection[str]) -> Planned:
    """The plan, and which of its resources of some types Terraform refuses to destroy.

    A plan to destroy everything stops at what refuses, and never comes to what that depends on: the rest is asked for
    by planning its replacement, until no more is found.
    """
    kept = _refused(workspace, plan.stack, plan.environment, "-destroy")
    asked = {resource.address for resource in plan.resources if resource.type in types}
    found = kept
    while found and asked - kept:
        replacing = [f"-replace={address}" for address in sorted(asked - kept)]
        found = _refused(workspace, plan.stack, plan.environment, *replacing) - kept
        kept = kept | found
    return dataclasses.replace(plan, kept=frozenset(kept))
