"""The checks of single modules and stacks: format, validate, and each one's own tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import Any

from tools.tf.workspace import ROOT, Outcome, Workspace, is_mocked

PARALLEL = 2
NOT_PASSED = ("failed", "errored", "skipped")
MODULE_FILES = ("main.tf", "variables.tf", "outputs.tf", "versions.tf", "README.md", "examples/basic/main.tf", "tests")


@dataclass(frozen=True, slots=True)
class Check:
    """One named check and how it came out."""

    name: str
    passed: bool
    detail: str = ""
    listed: bool = False  # whether the detail is told of a passed check too


def report(check: Check) -> None:
    """Print one check as it comes in; of a passed one the detail too, where there is some: survivors, say."""
    print(f"  {'ok  ' if check.passed else 'FAIL'} {check.name}", flush=True)
    if check.detail and (not check.passed or check.listed):
        print("\n".join(f"       {line}" for line in check.detail.strip().splitlines()), flush=True)


def roots() -> list[str]:
    """Every module and every stack's resources, as paths below the checkout."""
    terraform = ROOT / "terraform"
    folders = sorted((terraform / "modules").iterdir()) + sorted((terraform / "stacks").glob("*/resources"))
    return [str(folder.relative_to(ROOT)) for folder in folders if (folder / "main.tf").exists()]


def stacks_of_one_file() -> list[str]:
    """The stacks of plain consumers, as paths below the checkout; what they make is in the module `consumer`."""
    files = sorted((ROOT / "terraform" / "stacks").glob("*/main.tf"))
    return [str(file.parent.relative_to(ROOT)) for file in files]


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


def _told(message: Mapping[str, Any]) -> str:
    """An error's words, with its place and detail where it has them."""
    found = message.get("diagnostic", {})
    place = found.get("range", {})
    where = f"{place['filename']}:{place['start']['line']}: " if place else ""
    return f"{where}{message['@message']} {found.get('detail', '')}".strip()


def judge_tests(root: str, outcome: Outcome) -> Check:
    """Read what `terraform test -json` printed, a message a line: some passed, none failed, errored or was skipped."""
    messages = [json.loads(line) for line in outcome.text.splitlines() if line.startswith("{")]
    summaries = [message["test_summary"] for message in messages if message.get("type") == "test_summary"]
    counted = summaries[-1] if summaries else {}
    passed = outcome.ok and counted.get("passed", 0) > 0 and not any(counted.get(one) for one in NOT_PASSED)
    told = [_told(message) for message in messages if message.get("@level") == "error"]
    return Check(f"{root}: test", passed, "\n".join(told) or outcome.text[-2000:])


def check_root(workspace: Workspace, root: str) -> list[Check]:
    """Initialise, validate and test one module or a stack's resources; validate the module's example or the stack.

    Without the stand-in only the tests that mock the provider are run.
    """
    initialised = workspace.run("terraform", "init", "-backend=false", where=root)
    if not initialised.ok:
        return [Check(f"{root}: init", False, _summary(initialised))]
    validated = workspace.run("terraform", "validate", where=root)
    checks = [Check(f"{root}: validate", validated.ok, _summary(validated))]
    if workspace.has_stand_in or is_mocked(workspace.folder / root):
        tested = workspace.run("terraform", "test", "-json", where=root, env={"TF_WORKSPACE": "dev"})
        checks.append(judge_tests(root, tested))
    beside = f"{root}/examples/basic" if (ROOT / root / "examples").exists() else root.removesuffix("/resources")
    return [*checks, check_whole(workspace, beside)]


def check_whole(workspace: Workspace, folder: str) -> Check:
    """Initialise and validate an example or a stack, with all it calls."""
    workspace.run("terraform", "init", "-backend=false", where=folder)
    outcome = workspace.run("terraform", "validate", where=folder)
    return Check(f"{folder}: validate", outcome.ok, _summary(outcome))


def check_all_roots(workspace: Workspace, report: Callable[[Check], None]) -> list[Check]:
    """Check every module and stack, a few at a time, reporting each as it comes in."""
    at_a_time = PARALLEL if workspace.has_stand_in else 1  # Terraform's cache of packages takes one writer
    results = []
    with ThreadPoolExecutor(at_a_time) as pool:
        of_roots = pool.map(lambda root: check_root(workspace, root), roots())
        of_stacks = pool.map(lambda stack: [check_whole(workspace, stack)], stacks_of_one_file())
        for checks in chain(of_roots, of_stacks):
            for check in checks:
                report(check)
            results += checks
    return results
