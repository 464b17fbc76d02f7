"""Every stack applied and planned again in every environment of a scratch copy."""

from __future__ import annotations

from tools.intent.expected import kept_types, load
from tools.intent.plans import Planned, Schemas
from tools.intent.take import take, take_schemas, with_kept
from tools.tf.commands import FIRST, STACKS, apply, begin, plan
from tools.tf.environments import ENVIRONMENTS
from tools.tf.workspace import Workspace

Plans = dict[str, dict[str, Planned]]


def make_plans(workspace: Workspace) -> tuple[Plans, Schemas]:
    """Apply everything and plan it again; the states' buckets must be there."""
    plans: Plans = {environment: {} for environment in ENVIRONMENTS}
    types = kept_types(load())
    for environment in ENVIRONMENTS:
        for stack in STACKS:
            for outcome in (begin(workspace, stack, environment), apply(workspace, stack, environment)):
                if not outcome.ok:
                    raise SystemExit(f"{stack} cannot be applied in {environment}:\n{outcome.text[-3000:]}")
            plan(workspace, stack, environment)
            taken = take(workspace, stack, environment)
            plans[environment][stack] = with_kept(workspace, taken, types) if environment == FIRST else taken
    return plans, take_schemas(workspace)
