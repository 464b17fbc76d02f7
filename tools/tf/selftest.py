"""`make tf-selftest`: deliberate mistakes, each made in a scratch copy or in a plan, and each to be caught.

Those of seeded_mistakes.yaml are caught by the modules' own tests and the contracts; those of
tests/infrastructure/mistakes.yaml, and those made from a seed, by tests/infrastructure/intent.yaml.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from tools.intent.check import new_seed
from tools.intent.make import make_plans
from tools.intent.selftest import check_all
from tools.tf.checks import Check, check_root, report
from tools.tf.contracts import check_contracts
from tools.tf.environments import fill_in, state_buckets
from tools.tf.workspace import (
    RealProviderError,
    TerraformMissingError,
    Workspace,
    open_without_stand_in,
    open_workspace,
)

SEEDED = Path(__file__).with_name("seeded_mistakes.yaml")
CONTRACT = "contract"  # caught by reading the tree


def _caught(workspace: Workspace, caught_by: str) -> bool:
    if caught_by == CONTRACT:
        return any(not check.passed for check in check_contracts(workspace.folder))
    return any(not check.passed for check in check_root(workspace, caught_by))


def _try(workspace: Workspace, mistake: dict[str, str]) -> Check:
    """Make one mistake, see whether it is caught, undo it."""
    name = f"caught: {mistake['name']} ({mistake['caught_by']})"
    path = workspace.folder / mistake["file"]
    before = path.read_text("utf-8")
    if mistake["find"] not in before:
        return Check(name, False, f"{mistake['file']} no longer holds the text to replace: write the mistake anew")
    path.write_text(before.replace(mistake["find"], mistake["put"]), "utf-8")
    try:
        return Check(name, _caught(workspace, mistake["caught_by"]), "MISSED: every check passed")
    finally:
        path.write_text(before, "utf-8")


def load_mistakes() -> list[dict[str, str]]:
    """The mistakes of seeded_mistakes.yaml."""
    loaded: list[dict[str, str]] = yaml.safe_load(SEEDED.read_text("utf-8"))
    return loaded


def seeded(workspace: Workspace, mistakes: Iterable[dict[str, str]]) -> Iterator[Check]:
    """The mistakes, one after the other, in a tree that is clean to begin with."""
    clean = [check.name for check in check_contracts(workspace.folder) if not check.passed]
    yield Check("the tree is clean to begin with", not clean, "\n".join(clean))
    for mistake in mistakes:
        yield _try(workspace, mistake)


def against_intent(seed: int) -> list[Check]:
    """The mistakes that the intent must see, in a copy of their own; nothing here reaches an account."""
    workspace = open_workspace()
    try:
        fill_in(workspace)
        with state_buckets(workspace):
            plans, schemas = make_plans(workspace)
            return check_all(workspace, schemas, plans, seed, report)
    finally:
        workspace.remove()


def against_tests(workspace: Workspace, mistakes: Iterable[dict[str, str]]) -> list[Check]:
    """The mistakes that the modules' own tests and the contracts must catch; the copy is gone afterwards."""
    results = []
    try:
        for check in seeded(workspace, mistakes):
            report(check)
            results.append(check)
    finally:
        workspace.remove()
    return results


def against_contracts() -> list[Check]:
    """The mistakes that the contracts must catch, which need no provider; says how many others there are."""
    mistakes = load_mistakes()
    chosen = [mistake for mistake in mistakes if mistake["caught_by"] == CONTRACT]
    others = len(mistakes) - len(chosen)
    print(f"  left out: {others} mistakes that a module's tests catch, and all that the intent must see")
    return against_tests(open_without_stand_in(), chosen)


def _run(options: argparse.Namespace) -> list[Check]:
    if options.without_stand_in:
        return against_contracts()
    results = [] if options.only == "seeded" else against_intent(options.seed)
    return results if options.only == "intent" else results + against_tests(open_workspace(), load_mistakes())


def main(arguments: list[str] | None = None) -> int:
    """0 if every mistake is caught, and of those made from a seed nearly every one."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tools.tf.selftest")
    parser.add_argument("--seed", type=int, default=new_seed(), help="of the mistakes that are made up")
    parser.add_argument("--only", choices=["seeded", "intent"], help="one half of it")
    parser.add_argument("--without-stand-in", action="store_true", help="the mistakes that need no provider")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    try:
        print(f"terraform self-test, seed {options.seed}", flush=True)
        results = _run(options)
    except TerraformMissingError as missing:
        in_ci = os.environ.get("CI") == "true"
        print(f"terraform self-test {'failed' if in_ci else 'left out'}: {missing}")
        return 1 if in_ci else 0
    except RealProviderError as refused:
        print(f"terraform self-test refused: {refused}")
        return 1
    failed = sum(not check.passed for check in results)
    print(f"{len(results) - failed} passed, {failed} failed in {time.monotonic() - started:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
