"""`make tf-selftest`: each deliberate mistake of seeded_mistakes.yaml is made in a scratch copy and must be caught."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import yaml

from tools.tf.checks import check_root
from tools.tf.contracts import check_contracts
from tools.tf.workspace import RealProviderError, TerraformMissingError, Workspace, open_workspace


def _caught(workspace: Workspace, caught_by: str) -> bool:
    if caught_by == "contract":
        return any(not check.passed for check in check_contracts(workspace.folder))
    return any(not check.passed for check in check_root(workspace, caught_by))


def _try(workspace: Workspace, mistake: dict[str, str]) -> str:
    """Make one mistake, see whether it is caught, undo it; returns `caught`, `MISSED` or `NOT FOUND`."""
    path = workspace.folder / mistake["file"]
    before = path.read_text("utf-8")
    if mistake["find"] not in before:
        return "NOT FOUND"
    path.write_text(before.replace(mistake["find"], mistake["put"]), "utf-8")
    try:
        return "caught" if _caught(workspace, mistake["caught_by"]) else "MISSED"
    finally:
        path.write_text(before, "utf-8")


def main() -> int:
    mistakes = yaml.safe_load((Path(__file__).with_name("seeded_mistakes.yaml")).read_text("utf-8"))
    started = time.monotonic()
    try:
        workspace = open_workspace()
    except TerraformMissingError as missing:
        in_ci = os.environ.get("CI") == "true"
        print(f"terraform self-test {'failed' if in_ci else 'left out'}: {missing}")
        return 1 if in_ci else 0
    try:
        clean = [check.name for check in check_contracts(workspace.folder) if not check.passed]
        if clean:
            print(f"the tree is not clean to begin with: {clean}")
            return 1
        outcomes = []
        for mistake in mistakes:
            outcomes.append(_try(workspace, mistake))
            print(f"  {outcomes[-1]:9} {mistake['name']} ({mistake['caught_by']})", flush=True)
    except RealProviderError as refused:
        print(f"terraform self-test refused: {refused}")
        return 1
    finally:
        workspace.remove()
    caught = outcomes.count("caught")
    print(f"{caught} passed, {len(outcomes) - caught} failed in {time.monotonic() - started:.0f} s")
    return 0 if caught == len(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
