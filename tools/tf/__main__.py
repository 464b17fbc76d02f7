"""`make tf`: every check of the Terraform code that this machine can make. Exit code 0 only if all of them pass.

    make tf                             with the provider stand-in; nothing plans or applies with the real provider
    make tf ARGS=--without-stand-in     what needs the real provider's schema at most, and no account

Without Terraform it says so in one line and exits 0, with CI=true 1. Without the stand-in it makes the checks that need
no provider and names the others; with CI=true it exits 1, unless --without-stand-in says that this is meant.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable

from tools.tf.checks import Check, check_all_roots, check_files, check_format, report, roots
from tools.tf.contracts import check_contracts
from tools.tf.lifecycle import check_lifecycle
from tools.tf.workspace import (
    ROOT,
    RealProviderError,
    StandInMissingError,
    TerraformMissingError,
    Workspace,
    is_mocked,
    open_without_stand_in,
    open_workspace,
)

# In words, for whoever reads a green run without the stand-in.
NEEDS_THE_STAND_IN = (
    "the plans and applies of every stack in three environments, and the refusals",
    "the planned values against tests/infrastructure/intent.yaml",
)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make tf", description="Check the Terraform code.")
    told = "make the checks that need no account, with the real provider's schema from a registry, and no others"
    parser.add_argument("--without-stand-in", action="store_true", help=told)
    options = parser.parse_args(arguments)
    try:
        return _without_stand_in() if options.without_stand_in else _with_stand_in()
    except StandInMissingError as missing:
        return _left_out(str(missing)) or _without_any_provider()
    except TerraformMissingError as missing:
        return _left_out(str(missing))


def _left_out(reason: str) -> int:
    in_ci = os.environ.get("CI") == "true"
    print(f"terraform checks {'failed' if in_ci else 'left out'}: {reason}")
    return 1 if in_ci else 0


def _with_stand_in() -> int:
    return _judge(open_workspace(), _without_providers, _of_roots, _of_lifecycle)


def _without_stand_in() -> int:
    code = _judge(open_without_stand_in(), _without_providers, _of_roots)
    _say_left_out(f"the tests of {root}" for root in roots() if not is_mocked(ROOT / root))
    return code


def _without_any_provider() -> int:
    code = _judge(open_without_stand_in(), _without_providers)
    _say_left_out(("validate and the tests of every module and stack",))
    return code


def _say_left_out(named: Iterable[str]) -> None:
    for one in (*named, *NEEDS_THE_STAND_IN):
        print(f"  left out: {one}")


def _without_providers(workspace: Workspace) -> list[Check]:
    checks = [check_format(workspace), *check_files(), *check_contracts()]
    for check in checks:
        report(check)
    return checks


def _of_roots(workspace: Workspace) -> list[Check]:
    return check_all_roots(workspace, report)


def _of_lifecycle(workspace: Workspace) -> list[Check]:
    return check_lifecycle(workspace, report)


def _judge(workspace: Workspace, *steps: Callable[[Workspace], list[Check]]) -> int:
    """Make the checks of each step, which reports them; 0 if all of them pass."""
    started = time.monotonic()
    try:
        print(f"terraform checks, providers from {workspace.providers}")
        results = [check for step in steps for check in step(workspace)]
    except RealProviderError as refused:
        print(f"terraform checks refused: {refused}")
        return 1
    finally:
        workspace.remove()
    failed = [check.name for check in results if not check.passed]
    print(f"{len(results) - len(failed)} passed, {len(failed)} failed in {time.monotonic() - started:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
