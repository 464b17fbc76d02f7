"""`python -m tools.intent [SEED]`: plan every stack of every environment offline and hold it against the intent.

What `make tf` does too, without its other checks; --plans FOLDER keeps the plans there and takes them from there again.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.intent.check import check_mutations, check_plans
from tools.intent.make import Plans, make_plans
from tools.intent.plans import Planned, Schemas
from tools.tf.checks import report
from tools.tf.environments import fill_in, state_buckets
from tools.tf.workspace import TerraformMissingError, open_workspace


def _saved(plans: Plans, schemas: Schemas) -> dict[str, Any]:
    listed = [
        {"environment": one.environment, "stack": one.stack, "document": one.document, "store": one.store}
        | {"kept": None if one.kept is None else sorted(one.kept)}
        for stacks in plans.values()
        for one in stacks.values()
    ]
    used = {resource.type for stacks in plans.values() for one in stacks.values() for resource in one.resources}
    return {"plans": listed, "schemas": {name: schemas.types[name] for name in sorted(used)}}


def _restored(content: Mapping[str, Any]) -> tuple[Plans, Schemas]:
    plans: Plans = {}
    for one in content["plans"]:
        kept = None if one["kept"] is None else frozenset(one["kept"])
        planned = Planned(one["environment"], one["stack"], one["document"], one["store"], kept)
        plans.setdefault(one["environment"], {})[one["stack"]] = planned
    return plans, Schemas(content["schemas"])


def _plans(file: Path | None) -> tuple[Plans, Schemas]:
    if file is not None and file.exists():
        return _restored(json.loads(file.read_text("utf-8")))
    workspace = open_workspace()
    try:
        fill_in(workspace)
        with state_buckets(workspace):
            plans, schemas = make_plans(workspace)
    finally:
        workspace.remove()
    if file is not None:
        file.write_text(json.dumps(_saved(plans, schemas)), "utf-8")
    return plans, schemas


def main() -> int:
    """0 if every plan is as intended and the mistakes made in it are seen."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tools.intent")
    parser.add_argument("seed", nargs="?", type=int, help="of the mistakes; another one each time if left out")
    parser.add_argument("--count", type=int, default=400, help="how many mistakes are made in the plans")
    parser.add_argument("--plans", type=Path, help="file to keep the plans in, or to take them from")
    options = parser.parse_args()
    try:
        plans, schemas = _plans(options.plans)
    except TerraformMissingError as missing:
        print(f"intent left out: {missing}")
        return 1
    checks = [*check_plans(plans, schemas), check_mutations(plans, schemas, options.seed, options.count)]
    for check in checks:
        report(check)
    failed = sum(not check.passed for check in checks)
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
