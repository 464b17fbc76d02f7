"""The checks of single modules and stacks: format, validate, and each one's own tests."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tools.tf.workspace import ROOT, Outcome, Workspace

PARALLEL = 2
MODULE_FILES = ("main.tf", "variables.tf", "outputs.tf", "versions.tf", "README.md", "examples/basic/main.tf", "tests")


@dataclass(frozen=True, slots=True)
class Check:
    """One named check and how it came out."""

    name: str
    passed: bool
    detail: str = ""


def roots() -> list[str]:
    """Every module and stack, as paths below the checkout."""
    terraform = ROOT / "terraform"
    folders = sorted((terraform / "modules").iterdir()) + sorted((terraform / "stacks").glob("*/resources"))
    return [str(folder.relative_to(ROOT)) for folder in folders if (folder / "main.tf").exists()]


def check_format(workspace: Workspace) -> Check:
    outcome = workspace.run("terraform", "fmt", "-check", "-recursive", "-diff")
    return Check("format", outcome.ok, outcome.text)


def check_files() -> Iterator[Check]:
    """Every module has its full set of files."""
    for root in roots():
        if root.startswith("terraform/modules/"):
            missing = [name for name in MODULE_FILES if not (ROOT / root / name).exists()]
            yield Check(f"{root}: files", not missing, f"missing: {', '.join(missing)}")


def _summary(outcome: Outcome) -> str:
    return "" if outcome.ok else outcome.text[-4000:]


def check_root(workspace: Workspace, root: str) -> list[Check]:
    """Initialise, validate and test one module or a stack's resources; validate the module's example or the stack."""
    initialised = workspace.run("terraform", "init", "-backend=false", where=root)
    if not initialised.ok:
        return [Check(f"{root}: init", False, _summary(initialised))]
    validated = workspace.run("terraform", "validate", where=root)
    tested = workspace.run("terraform", "test", where=root, env={"TF_WORKSPACE": "dev"})
    checks = [
        Check(f"{root}: validate", validated.ok, _summary(validated)),
        Check(
            f"{root}: test",
            tested.ok and bool(re.search(r"[1-9]\d* passed, 0 failed", tested.text)),
            _summary(tested) or tested.text[-500:],
        ),
    ]
    beside = f"{root}/examples/basic" if (ROOT / root / "examples").exists() else root.removesuffix("/resources")
    workspace.run("terraform", "init", "-backend=false", where=beside)
    outcome = workspace.run("terraform", "validate", where=beside)
    checks.append(Check(f"{beside}: validate", outcome.ok, _summary(outcome)))
    return checks


def check_all_roots(workspace: Workspace, report: Callable[[Check], None]) -> list[Check]:
    """Check every module and stack, a few at a time, reporting each as it comes in."""
    with ThreadPoolExecutor(PARALLEL) as pool:
        results = []
        for checks in pool.map(lambda root: check_root(workspace, root), roots()):
            for check in checks:
                report(check)
            results += checks
    return results
