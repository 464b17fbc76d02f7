"""`make tf`: every check of the Terraform code that this machine can make. Exit code 0 only if all of them pass.

Without Terraform, or without the provider stand-in, it says so in one line and exits 0; with CI=true it exits 1.
Nothing here plans or applies with the real provider.
"""

from __future__ import annotations

import os
import sys
import time

from tools.tf.checks import Check, check_all_roots, check_files, check_format
from tools.tf.contracts import check_contracts
from tools.tf.lifecycle import check_lifecycle
from tools.tf.workspace import RealProviderError, TerraformMissingError, open_workspace


def _report(check: Check) -> None:
    print(f"  {'ok  ' if check.passed else 'FAIL'} {check.name}", flush=True)
    if not check.passed and check.detail:
        print("\n".join(f"       {line}" for line in check.detail.strip().splitlines()), flush=True)


def _left_out(reason: str) -> int:
    in_ci = os.environ.get("CI") == "true"
    print(f"terraform checks {'failed' if in_ci else 'left out'}: {reason}")
    return 1 if in_ci else 0


def main() -> int:
    started = time.monotonic()
    try:
        workspace = open_workspace()
    except TerraformMissingError as missing:
        return _left_out(str(missing))
    try:
        print(f"terraform checks, providers from {workspace.providers}")
        first = [check_format(workspace), *check_files(), *check_contracts()]
        for check in first:
            _report(check)
        results = first + check_all_roots(workspace, _report) + check_lifecycle(workspace, _report)
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
